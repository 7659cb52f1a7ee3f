"""What is wrong with the rows of a list, in words that never quote a cell."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

# Reason → Chinese and English. None quotes the cell: faults are kept and shown where rows aren't.
REASONS: Final = {
    "missing": ("未填写", "is empty"),
    "too_long": ("过长", "is too long"),
    "unseen_character": ("含有不可见字符", "holds a control character"),
    "not_18_characters": ("应为18位", "has not 18 characters"),
    "not_digits": ("含有非数字字符", "holds something that is no digit"),
    "wrong_check_character": ("校验位不正确", "has a wrong check character"),
    "no_such_date": ("出生日期不存在", "holds a date that does not exist"),
    "unknown_word": ("不是可选的内容", "is none of the known words"),
    "not_a_date": ("不是日期", "is not a date"),
    "not_a_month": ("不是年月", "is not a month"),
    "not_an_amount": ("不是金额", "is not an amount"),
    "not_a_phone": ("不是电话号码", "is not a phone number"),
    "not_4_digits": ("只填账号后四位", "must be the last four digits alone"),
    "not_a_village_code": ("不是12位村级代码", "is not a village's code of 12 digits"),
    "in_future": ("晚于今天", "lies in the future"),
    "before_birth": ("早于出生", "lies before the birth"),
    "date_missing": ("有认证方式但没有认证日期", "is a method without its date"),
    "region_unknown": ("系统中没有这个村", "is no village known here"),
    "region_over": ("该村已撤销", "is a village that has ended"),
    "other_county": ("不属于本县", "lies in another county"),
    "kind_missing": ("缺少名单类别", "has no kind, and none was given for the list"),
    "twice": ("同一险种内身份证号重复", "comes twice in one insurance"),
    "listed_twice": ("身份证号重复", "comes twice"),
    "cannot_work": ("丧失劳动能力的人没有就业意愿", "can't be wished by who is unable to work"),
    "before_leaving": ("早于外出时间", "lies before the leaving"),
    "too_young": ("未满16周岁，不能新增", "is of somebody too young to be added"),
    "too_old": ("超过劳动年龄，不能新增", "is of somebody past working age"),
    "cells_beyond_header": ("单元格多于表头", "has more cells than the header"),
    "other_name": ("与系统中或前面的行姓名不同", "is of somebody of another name"),
    "of_elsewhere": ("这个手机号是外县人员的", "belongs to somebody of another county"),
    "row_twice": ("与前面的行重复", "repeats a row before it"),
    "not_a_mobile": ("不是手机号", "is not a mobile number"),
    "not_a_code": ("不是12位区划代码", "is not a code of 12 digits"),
    "role_level": ("这一级没有这个角色", "is at a level that has no such role"),
    "below_level": ("代码比级别更低", "names something below its level"),
    "no_number": ("代码在这一级没有编号", "has no number at its level"),
    "known_elsewhere": ("系统中是另一级别", "is known at another level"),
    "not_the_parent": ("与代码的上级不符", "is not what the code belongs to"),
    "parent_unknown": ("上级不在表中，系统中也没有", "is neither in the list nor known"),
}


@dataclass(frozen=True, slots=True, order=True)
class RowFault:
    """What is wrong with one field of one line; "" is the row as a whole."""

    line: int
    field: str
    reason: str


def told(faults: Iterable[RowFault], titles: Mapping[str, str], language: str = "zh") -> str:
    """All faults of a row in one cell, with the titles its columns have in the file."""
    at = 1 if language == "en" else 0
    gap, join = (" ", "; ") if at else ("", "；")
    parts = [
        f"{titles.get(fault.field, fault.field)}{gap}{REASONS[fault.reason][at]}".strip()
        for fault in faults
    ]
    return join.join(parts)

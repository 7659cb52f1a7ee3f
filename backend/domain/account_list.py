"""A row of a list of people to be given accounts: who, by which phone, in which post, where."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from backend.domain.certification.cells import is_plain
from backend.domain.phones import is_mobile
from backend.domain.refusal import Refusal
from backend.domain.regions import key_of
from backend.domain.roles import POSTED_AT, Role
from backend.domain.row_faults import RowFault

KIND: Final = "accounts"
HEADINGS: Final = {
    "name": "name",
    "姓名": "name",
    "phone": "phone",
    "手机号": "phone",
    "联系电话": "phone",
    "role": "role",
    "角色": "role",
    "岗位": "role",
    "region_code": "region_code",
    "区划代码": "region_code",
    "行政区划代码": "region_code",
    "is_backup": "is_backup",
    "是否备岗": "is_backup",
    "是否b角": "is_backup",
    "b角": "is_backup",
}
NEEDED: Final = ("name", "phone", "role", "region_code")
_ROLES: Final = {each.value: each for each in Role} | {
    "联络员": Role.LIAISON,
    "驻村工作站": Role.STATION,
    "人社所审核员": Role.REVIEWER,
    "审核员": Role.REVIEWER,
    "人社所负责人": Role.OFFICE_LEAD,
    "县级经办": Role.COUNTY_OPS,
    "县级监测": Role.COUNTY_MONITOR,
    "基金稽核": Role.FUND_AUDIT,
    "系统管理员": Role.SYSADMIN,
    "上级查看": Role.UPPER_VIEWER,
}
_YES_OR_NO: Final = {"": False, "否": False, "no": False, "是": True, "yes": True, "b角": True}
_LONGEST_NAME: Final = 60


@dataclass(frozen=True, slots=True)
class AccountRow:
    """A post for somebody; `region` is the key of a code at a level the role is posted at."""

    line: int
    name: str
    phone: str
    role: Role
    region: str
    is_backup: bool


def read_row(line: int, values: Mapping[str, str]) -> AccountRow | list[RowFault]:
    """The row of a line, or everything that is wrong with it.

    Whether the region exists, and whose the phone is, is not seen from one row.
    """
    role = _ROLES.get(values.get("role", "").lower())
    backup = _YES_OR_NO.get(values.get("is_backup", "").lower())
    phone = values.get("phone", "").replace(" ", "")
    region, misplaced = _region(values.get("region_code", ""), role)
    wrong = {
        "name": _name_fault(values.get("name", "")),
        "phone": "" if is_mobile(phone) else "not_a_mobile",
        "role": "" if role else "unknown_word",
        "region_code": misplaced,
        "is_backup": "" if backup is not None else "unknown_word",
    }
    wrong |= {name: "missing" for name in NEEDED if not values.get(name)}
    faults = [RowFault(line, name, reason) for name, reason in wrong.items() if reason]
    if faults or role is None or backup is None:
        return faults
    return AccountRow(line, values["name"], phone, role, region, backup)


def _name_fault(name: str) -> str:
    if len(name) > _LONGEST_NAME:
        return "too_long"
    return "" if is_plain(name) else "unseen_character"


def _region(code: str, role: Role | None) -> tuple[str, str]:
    """The key, or why there is none. Of a role posted at several levels the highest that fits."""
    if role is None:
        return "", ""
    reason = ""
    for level in sorted(POSTED_AT[role], key=lambda each: each.digits):
        try:
            return key_of(code, level), ""
        except Refusal as refused:
            reason = refused.params["reason"]
    return "", "not_a_code" if reason == "not_12_digits" else "role_level"

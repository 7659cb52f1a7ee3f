"""A row of a sheet of the ledger: checked whole, so that all its faults are told at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from backend.domain.identity_numbers import IdNumber, parse_id_number
from backend.domain.ledger.fields import EMPTY, REQUIRED, faults_of, value_of
from backend.domain.ledger.words import CHANGE_TYPES, ChangeType
from backend.domain.refusal import Refusal
from backend.domain.regions import Level, key_of
from backend.domain.row_faults import RowFault

# Heading → field. The English ones are the fields of the exchange format.
HEADINGS: Final = {name: name for name in EMPTY} | {
    "id_no": "id_no",
    "region_code": "region_code",
    "change_type": "change_type",
    "household_id": "household",
    "work_place_type": "work_place",
    "work_region_code": "work_region",
    "姓名": "name",
    "身份证号": "id_no",
    "身份证号码": "id_no",
    "公民身份号码": "id_no",
    "区划代码": "region_code",
    "行政区划代码": "region_code",
    "联系电话": "phone",
    "手机号": "phone",
    "村民小组": "group_no",
    "户号": "household",
    "户编号": "household",
    "与户主关系": "relation",
    "文化程度": "education",
    "健康状况": "health",
    "劳动能力": "work_ability",
    "就业状态": "status",
    "就业状况": "status",
    "就业单位": "employer",
    "所属行业": "industry",
    "行业": "industry",
    "岗位": "job",
    "工种": "job",
    "务工地类型": "work_place",
    "务工地点": "work_region",
    "务工地": "work_region",
    "外出时间": "leave_date",
    "返乡时间": "return_date",
    "月收入": "monthly_income",
    "技能证书": "skill_cert",
    "培训意愿": "train_wish",
    "培训工种": "train_type",
    "就业意愿": "job_wish",
    "人员类别": "tags",
    "变更类型": "change_type",
}
NEEDED: Final = ("id_no", "region_code", *REQUIRED)
COLUMNS: Final = ("name", "id_no", "region_code", *(name for name in EMPTY if name != "name"))


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One person; `said` holds the fields that the list has columns for, and no others."""

    line: int
    number: IdNumber
    village: str
    said: Mapping[str, Any]
    kind: ChangeType | None


def read_row(
    line: int, values: Mapping[str, str], listed: Collection[str], today: date
) -> LedgerRow | list[RowFault]:
    """The row of a line, or everything that is wrong with it. An empty cell says "nothing".

    Whether the village exists, and who is known already, is not seen from one row.
    """
    faults = [RowFault(line, name, "missing") for name in ("id_no", "region_code")
              if not values.get(name)]  # fmt: skip
    said: dict[str, Any] = {}
    for name in EMPTY:
        if name in listed:
            try:
                text = values.get(name, "")
                said[name] = value_of(name, text) if text else EMPTY[name]
            except Refusal as refusal:
                faults.append(RowFault(line, name, refusal.params["reason"]))
                said[name] = EMPTY[name]
    number, village = _number(line, values, today, faults), _village(line, values, faults)
    kind = CHANGE_TYPES.get(values.get("change_type", "").lower())
    if values.get("change_type") and kind is None:
        faults.append(RowFault(line, "change_type", "unknown_word"))
    known_bad = {fault.field for fault in faults}
    faults += [
        RowFault(line, fault.field, fault.reason)
        for fault in faults_of({**EMPTY, **said})
        if fault.field in listed and fault.field not in known_bad
    ]
    if faults or number is None or village is None:
        return faults
    return LedgerRow(line, number, village, said, kind)


def _number(
    line: int, values: Mapping[str, str], today: date, faults: list[RowFault]
) -> IdNumber | None:
    text = values.get("id_no", "")
    if not text:
        return None
    try:
        number = parse_id_number(text)
    except Refusal as refusal:
        faults.append(RowFault(line, "id_no", refusal.params["reason"]))
        return None
    if number.born_on > today:
        faults.append(RowFault(line, "id_no", "in_future"))
        return None
    return number


def _village(line: int, values: Mapping[str, str], faults: list[RowFault]) -> str | None:
    text = values.get("region_code", "")
    if not text:
        return None
    try:
        return key_of(text, Level.VILLAGE)
    except Refusal:
        faults.append(RowFault(line, "region_code", "not_a_village_code"))
        return None

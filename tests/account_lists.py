"""Lists of people to be given accounts, and of regions, for tests."""

from collections.abc import Iterable, Mapping

from tests.rosters import roster_bytes
from tests.world import TOWN, VILLAGE

ACCOUNT_COLUMNS = ("name", "phone", "role", "region_code", "is_backup")
REGION_COLUMNS = ("code", "name", "level", "parent_code")


def newcomer(order: int, **changes: str) -> dict[str, str]:
    """Somebody who is to report for 王家庄, unlike the others by the order."""
    phone = f"1391000{order:04}"
    row = {"name": f"新人{order}", "phone": phone, "role": "联络员", "region_code": VILLAGE}
    return {**row, "is_backup": "否", **changes}


def account_bytes(rows: Iterable[Mapping[str, str]]) -> bytes:
    return roster_bytes(rows, ACCOUNT_COLUMNS)


def hamlet(order: int, **changes: str) -> dict[str, str]:
    """A village of 城关镇 that nobody knows yet."""
    code = f"{TOWN}{order:03}"
    row = {"code": code, "name": f"新村{order}", "level": "村", "parent_code": f"{TOWN}000"}
    return {**row, **changes}


def region_bytes(rows: Iterable[Mapping[str, str]]) -> bytes:
    return roster_bytes(rows, REGION_COLUMNS)

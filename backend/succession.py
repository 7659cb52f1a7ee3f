"""Merging and re-coding villages: who answers for what was owed before."""

from collections.abc import Sequence
from datetime import datetime

from backend.domain.calendar import local_day
from backend.domain.regions import Level, code_of, contains, key_of, level_of, parent_key
from backend.problems import Problem
from backend.store import beneficiaries, duties, regions, residents, rosters


async def succeed(
    old: str, new: str, new_name: str | None, scopes: Sequence[str], now: datetime
) -> int:
    """Lets village `new` take over from `old`; gives how many duties it now answers for.

    With `new_name` the village goes on under a new code, which is created; without, it joins a
    village that exists. Problems: not_found, region_over, region_exists, region_levels_differ.
    """
    await rosters.hold(old[: Level.COUNTY.digits])
    await duties.hold_openings()
    await regions.lock(old, new)
    known = await regions.known([old, new])
    if old not in known or not any(contains(scope, new) for scope in scopes):
        raise Problem("not_found")
    if level_of(new) is not Level.VILLAGE or known[old]["level"] != Level.VILLAGE or old == new:
        raise Problem("region_levels_differ")
    if new_name is not None:
        await _create(new, new_name, known)
    elif new not in known:
        raise Problem("not_found")
    if known[old]["valid_to"] is not None or (new in known and known[new]["valid_to"] is not None):
        raise Problem("region_over")
    today = local_day(now)
    await beneficiaries.follow(old, new, today, now)
    await residents.follow(old, new, now)
    return await regions.succeed(old, new, today, now)


async def _create(key: str, name: str, known: dict[str, object]) -> None:
    if key in known:
        raise Problem("region_exists")
    parent = parent_key(key)
    assert parent is not None
    if parent not in await regions.known([parent]):
        raise Problem("not_found")
    code = code_of(key)
    key_of(code, Level.VILLAGE)
    await regions.upsert([(key, code, name, Level.VILLAGE.value, parent)])

"""What tests of certification duties share: a county's cycle, lists, and the duties of pensioners.

Pensioner n is 张桂n of 王家庄, born in June 1948, unless told otherwise.
"""

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from backend import match_import
from backend.domain.calendar import local_day
from backend.domain.certification.matches import HitKind
from backend.lists import Report
from backend.store.database import fetch, fetch_value
from tests.http.tools import done
from tests.rosters import bring, id_number, pensioner, roster_file
from tests.world import COUNTY, World


async def set_cycle(
    world: World, mode: str = "calendar_year", insurance: str = "resident", **rule: Any
) -> None:
    """The county takes a cycle up today."""
    body = {"starts_on": local_day(world.clock.now).isoformat(), "rule": {"mode": mode, **rule}}
    path = f"/certification/cycles/{insurance}"
    await done(world.as_("county"), "PUT", path, 200, json=body)


async def roster(world: World, rows: Iterable[Mapping[str, str]], **more: Any) -> Report:
    """A roster arrives, and the rounds follow."""
    with tempfile.TemporaryDirectory() as folder:
        report = await bring(world, roster_file(Path(folder), rows), gone_ok=True, **more)
    await world.certify()
    return report


async def matched(world: World, orders: Iterable[int], kind: str, day: str) -> Report:
    """Another office's list names pensioners, and the rounds follow."""
    rows = [{"id_no": id_number(n), "kind": kind, "date": day} for n in orders]
    with tempfile.TemporaryDirectory() as folder:
        path = roster_file(Path(folder), rows, ("id_no", "kind", "date"))
        ask = match_import.Ask(path, COUNTY, world.clock.now, source="民政火化", kind=HitKind(kind))
        report = await match_import.import_match(ask, world.vault, lambda done, total: None)
    await world.certify()
    return report


async def person(world: World, order: int) -> UUID:
    """The pensioner's number."""
    index = world.vault.id_number_index(id_number(order))
    found: UUID = await fetch_value("SELECT id FROM beneficiary WHERE id_number_index = $1", index)
    return found


async def duties(world: World, order: int) -> list[dict[str, Any]]:
    """The certification duties of a pensioner, oldest first."""
    found = await fetch(
        """SELECT o.*, p.key FROM obligation o JOIN period p ON p.id = o.period
        WHERE o.beneficiary = $1 ORDER BY o.id""",
        await person(world, order),
    )
    return [dict(row) for row in found]


async def duty(world: World, order: int) -> dict[str, Any]:
    """The pensioner's only duty."""
    [only] = await duties(world, order)
    return only


__all__ = ["duties", "duty", "matched", "pensioner", "person", "roster", "set_cycle"]

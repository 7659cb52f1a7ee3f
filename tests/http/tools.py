"""What the HTTP tests share: problems, batches, counting rows, undoing one try."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx

from backend.problems import CATALOGUE
from backend.store import database
from tests.world import Client, World, weekly


def checked_problem(response: httpx.Response) -> dict[str, Any]:
    """The problem document of an answer that must be one of the catalogue."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    found: dict[str, Any] = response.json()
    entry = CATALOGUE[found["code"]]
    assert (response.status_code, found["status"]) == (entry.status, entry.status)
    assert found["type"] == f"urn:cunbao:problem:{found['code']}"
    assert response.headers["content-language"] in ("zh", "en")
    assert "…" not in found["title"], found
    return found


async def refused(client: Client, method: str, path: str, code: str, **more: Any) -> dict[str, Any]:
    """Asks for something that must fail with this problem; gives its params."""
    found = checked_problem(await client.ask(method, path, **more))
    assert found["code"] == code, found
    params: dict[str, Any] = found["params"]
    return params


async def done(client: Client, method: str, path: str, status: int, **more: Any) -> Any:
    """Asks for something that must answer `status`; gives the JSON."""
    response = await client.ask(method, path, **more)
    assert response.status_code == status, (response.status_code, response.text)
    return response.json() if response.content else None


def report(duty: int, **changes: Any) -> dict[str, Any]:
    """One item of a batch: the weekly report, filled in soundly."""
    return {"id": str(uuid4()), "obligation": duty, "answers": weekly(), **changes}


async def submit(
    world: World, who: str, items: Sequence[Any], **envelope: Any
) -> list[dict[str, Any]]:
    """Files a batch and gives the outcomes; the device's clock is right unless told."""
    body = {"items": items, "device_time": world.clock.now.isoformat(), **envelope}
    sent = json.dumps(body)  # half an emoji as an escape, as a browser writes it
    headers = {"content-type": "application/json"}
    answer = await done(world.as_(who), "POST", "/submissions", 200, content=sent, headers=headers)
    outcomes: list[dict[str, Any]] = answer["items"]
    assert [each["index"] for each in outcomes] == list(range(len(items)))
    return outcomes


async def decide(world: World, who: str, items: Sequence[Any]) -> list[dict[str, Any]]:
    """Reviews a batch and gives the outcomes."""
    answer = await world.as_(who).post("/reviews", {"items": items}, 200)
    outcomes: list[dict[str, Any]] = answer["items"]
    return outcomes


async def duty_of(world: World, village: str, who: str = "county", **filters: Any) -> int:
    """The obligation of one village."""
    page = await world.as_(who).get("/obligations", region=village, **filters)
    assert len(page["items"]) == 1, page
    number: int = page["items"][0]["id"]
    return number


async def rows(table: str, condition: str = "true", *args: Any) -> int:
    """How many rows a table holds."""
    found: int = await database.fetch_value(
        f"SELECT count(*) FROM {table} WHERE {condition}", *args
    )
    return found


_TABLES = (
    "account, address, adjustment, adjustment_request, attachment, audit_entry, audit_seal,"
    "beneficiary, beneficiary_place, calendar_feed, call_entry, call_note, cert_code, cert_cycle,"
    "circular, circular_version, county_rule,"
    "cert_evidence, cert_round, cert_sample, cert_sample_item, delivery,"
    "export_request, feedback,"
    "feedback_step, form, import_batch, import_before, import_fault,"
    "invitation, ladder, leave, login_failure,"
    "match_hit,"
    "media_object, media_upload, message, notice, notice_file, notice_read, notice_version,"
    "nudge, obligation, obligation_move, pace, period, post, rate_cell, recovery_code, region,"
    "reminder, resident, resident_change, resident_diff, resident_left, retention_day,"
    "reuse_flag, review, roster_change, schedule, session, submission"
)


async def contents() -> dict[str, str]:
    """The number of rows of every table and a digest of them: equal when nothing has changed."""
    parts = [
        f"SELECT '{table}', count(*) || ' ' || md5(coalesce(string_agg(md5(t::text), '' "
        f"ORDER BY md5(t::text)), '')) FROM {table} t"
        for table in map(str.strip, _TABLES.split(","))
    ]
    parts.append("SELECT 'work_calendar', count(*)::text FROM work_calendar")
    return {row[0]: row[1] for row in await database.fetch(" UNION ALL ".join(parts))}


class _Undo(Exception):
    pass


@asynccontextmanager
async def undone() -> AsyncIterator[None]:
    """What the block does to the database is taken back at its end."""
    block = database.transaction()
    await block.__aenter__()
    try:
        yield
    finally:
        await block.__aexit__(_Undo, _Undo(), None)


_WAITING = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'"""


async def waiting_for_a_lock(seconds: float = 5) -> None:
    """Returns once somebody waits for what this transaction holds, or after a while anyway."""
    for _ in range(int(seconds / 0.01)):
        if await database.fetch_value(_WAITING):
            return
        await asyncio.sleep(0.01)

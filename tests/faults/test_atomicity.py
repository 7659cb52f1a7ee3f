"""People who act at the same moment, and a database that fails halfway: all of it or nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from backend.domain.roles import Role
from backend.store.database import fetch
from tests.faults import books
from tests.http.tools import contents, report, rows
from tests.world import NEIGHBOUR, VACANT, VILLAGE, World, add_person

ROUNDS = 6


@pytest.fixture
async def county(real_world: World) -> World:
    """Six reports to file, and a clock that moves on whenever it is looked at."""
    for _ in range(ROUNDS):
        await real_world.schedule()
    await real_world.open()
    ticks = count()

    def clock() -> datetime:
        return real_world.clock.now + timedelta(microseconds=next(ticks))

    real_world.app.state.clock = clock
    return real_world


async def duties_of(village: str) -> list[int]:
    found = await fetch("SELECT id FROM obligation WHERE region = $1 ORDER BY id", village)
    return [row["id"] for row in found]


async def send(world: World, who: str, *items: dict[str, Any]) -> httpx.Response:
    return await world.as_(who).ask("POST", "/submissions", json={"items": items})


async def judge(world: World, submission: str, decision: str) -> str:
    """What became of a decision of the township."""
    defects = [{"text": "核对"}] if decision == "return" else []
    outcome = await world.review("reviewer", submission, decision, defects=defects)
    return str(outcome.get("problem", outcome).get("code", outcome["outcome"]))


def outcomes(response: httpx.Response) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


def words(*responses: httpx.Response) -> list[str]:
    """Outcomes, or the codes of what was refused, in order of the alphabet."""
    items = [item for response in responses for item in outcomes(response)]
    return sorted(item.get("problem", {}).get("code", item["outcome"]) for item in items)


@asynccontextmanager
async def held(url: str, village: str) -> AsyncIterator[None]:
    """Somebody else holds the village's row, so that everybody queues."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute("SELECT 1 FROM region WHERE key = $1 FOR UPDATE", village)
            yield
    finally:
        await connection.close()


async def queued(url: str, number: int) -> None:
    """Waits until so many wait for a lock in this database."""
    connection = await asyncpg.connect(url)
    try:
        async with asyncio.timeout(10):
            while number > await connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND wait_event_type = 'Lock'"
            ):
                await asyncio.sleep(0.01)
    finally:
        await connection.close()


async def test_liaison_and_backup_file_the_same_duty(county: World) -> None:
    for duty in await duties_of(VILLAGE):
        answers = await asyncio.gather(
            *(send(county, who, report(duty)) for who in ("liaison", "backup"))
        )
        assert words(*answers) == ["awaiting_review", "created"]
    await books.check(county.url)


async def test_one_batch_sent_many_times_at_once(county: World) -> None:
    items = [report(duty) for duty in await duties_of(VILLAGE)]
    answers = await asyncio.gather(*(send(county, "liaison", *items) for _ in range(8)))

    assert words(*answers) == ["created"] * ROUNDS + ["duplicate"] * ROUNDS * 7
    receipts = [[item["receipt"] for item in outcomes(answer)] for answer in answers]
    assert receipts == [receipts[0]] * 8
    assert len(set(receipts[0])) == ROUNDS
    assert await rows("submission") == ROUNDS
    await books.check(county.url)


async def test_one_new_id_for_two_villages_at_once(county: World) -> None:
    """A phone that reuses an id is told so; neither report is lost in the other."""
    for mine, other in zip(await duties_of(VILLAGE), await duties_of(NEIGHBOUR), strict=True):
        first, second = report(mine), report(other)
        second["id"] = first["id"]
        await asyncio.gather(send(county, "liaison", first), send(county, "colleague", second))
        said = await asyncio.gather(
            send(county, "liaison", first), send(county, "colleague", second)
        )
        assert words(*said) == ["duplicate", "submission_conflict"]
    await books.check(county.url)


async def test_villages_in_opposite_order_do_not_deadlock(county: World) -> None:
    places, who = (VILLAGE, NEIGHBOUR, VACANT), "filer"
    filer = await add_person(county, who, "钱多", Role.LIAISON, VILLAGE)
    await fetch(
        """INSERT INTO post (id, account, role, region, is_backup, starts_at)
        SELECT gen_random_uuid(), $1::uuid, 'liaison', v, false, '2026-01-01'::timestamptz
        FROM unnest($2::text[]) AS v""",
        filer.account,
        list(places[1:]),
    )
    columns = [await duties_of(place) for place in places]
    batches = [[report(duty) for duty in row] for row in zip(*columns, strict=True)]

    answers = await asyncio.gather(
        *(
            send(county, who, *(batch if turn % 2 else batch[::-1]))
            for turn, batch in enumerate(batches)
        ),
        *(send(county, who, *batch) for batch in batches),
    )

    assert words(*answers) == ["created"] * 3 * ROUNDS + ["duplicate"] * 3 * ROUNDS
    await books.check(county.url)


async def test_filing_against_everything_else(county: World) -> None:
    """Whoever comes first, what is stored is what was answered."""
    for duty in await duties_of(VILLAGE):
        await asyncio.gather(
            send(county, "liaison", report(duty)),
            adjust(county, duty, "extend", due_at="2026-11-09T04:00:00Z"),
            send(county, "backup", report(duty)),
            adjust(county, duty, "exempt"),
            adjust(county, duty, "extend", due_at="2026-11-10T04:00:00Z"),
            adjust(county, duty, "restore"),
        )
    await books.check(county.url)


async def adjust(world: World, duty: int, kind: str, **values: str) -> None:
    body = {"kind": kind, "reason": "停电", "obligations": [duty], **values}
    answer = await world.as_("county").ask("POST", "/adjustments", json=body)
    assert answer.status_code < 500, answer.text


async def withdraw(world: World, submission: str) -> str:
    answer = await world.as_("liaison").ask("POST", f"/submissions/{submission}/withdraw")
    return "done" if answer.status_code == 200 else str(answer.json()["code"])


@pytest.mark.parametrize("decision", ["pass", "return"])
async def test_review_against_withdrawal(county: World, decision: str) -> None:
    for duty in await duties_of(VILLAGE):
        [filed] = outcomes(await send(county, "liaison", report(duty)))
        said = await asyncio.gather(
            judge(county, filed["id"], decision), withdraw(county, filed["id"])
        )
        assert list(said) in (["done", "already_reviewed"], ["not_awaiting_review", "done"]), said
    await books.check(county.url)


async def test_a_withdrawal_begun_before_the_review_but_carried_out_after_it(
    county: World,
) -> None:
    """It read the clock first, then waited: the review is not undone by it."""
    duty = (await duties_of(VILLAGE))[0]
    [filed] = outcomes(await send(county, "liaison", report(duty)))
    before = county.clock.pass_(minutes=1)
    after = county.clock.pass_(seconds=2)
    async with asyncio.TaskGroup() as tasks:
        async with held(county.url, VILLAGE):
            review = tasks.create_task(judge(county, filed["id"], "pass"))
            await queued(county.url, 1)
            county.clock.now = before
            late = tasks.create_task(withdraw(county, filed["id"]))
            await queued(county.url, 2)
        county.clock.now = after
    assert (review.result(), late.result()) == ("done", "already_reviewed")
    await books.check(county.url)


async def test_of_two_extensions_the_one_carried_out_last_is_in_force(county: World) -> None:
    duty = (await duties_of(VILLAGE))[0]
    before = county.clock.pass_(minutes=1)
    after = county.clock.pass_(seconds=2)
    async with asyncio.TaskGroup() as tasks:
        async with held(county.url, VILLAGE):
            county.clock.now = after
            tasks.create_task(adjust(county, duty, "extend", due_at="2026-11-09T04:00:00Z"))
            await queued(county.url, 1)
            county.clock.now = before
            tasks.create_task(adjust(county, duty, "extend", due_at="2026-11-10T04:00:00Z"))
            await queued(county.url, 2)
        county.clock.now = after
    assert await rows("adjustment") == 2
    await books.check(county.url)
    county.clock.pass_(minutes=1)
    detail = await county.as_("county").get(f"/obligations/{duty}")
    assert detail["due_at"] == "2026-11-10T04:00:00Z"


TRIPS = {
    "raises": "RAISE EXCEPTION 'a fault made on purpose'",
    "is cancelled": "PERFORM pg_cancel_backend(pg_backend_pid()); PERFORM pg_sleep(5)",
    "is cut off": "PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5)",
}


@asynccontextmanager
async def tripping(url: str, table: str, how: str, when: str = "BEFORE") -> AsyncIterator[None]:
    """The table fails on insertion, or at the commit after it."""
    at_commit = when == "AFTER"
    kind, timing = ("CONSTRAINT ", "DEFERRABLE INITIALLY DEFERRED ") if at_commit else ("", "")
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            f"""CREATE FUNCTION trip() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN {TRIPS[how]}; RETURN NEW; END $$;
            CREATE {kind}TRIGGER trip {when} INSERT ON {table} {timing}
            FOR EACH ROW EXECUTE FUNCTION trip()"""
        )
        yield
        await connection.execute("DROP FUNCTION trip CASCADE")
    finally:
        await connection.close()


def refused(response: httpx.Response) -> None:
    """An error, and no receipt in it."""
    assert response.status_code in (500, 503), response.text
    assert "receipt" not in response.text


@pytest.mark.parametrize("how", TRIPS)
@pytest.mark.parametrize("table", ["submission", "audit_entry", "message", "delivery"])
async def test_a_fault_in_the_middle_leaves_nothing(county: World, table: str, how: str) -> None:
    items = [report(duty) for duty in await duties_of(VILLAGE)]
    before = await contents()
    async with tripping(county.url, table, how):
        refused(await send(county, "liaison", *items))
    assert await contents() == before
    assert words(await send(county, "liaison", *items)) == ["created"] * ROUNDS
    await books.check(county.url)


@pytest.mark.parametrize("how", ["raises", "is cut off"])
async def test_a_commit_that_fails_gives_no_receipt(county: World, how: str) -> None:
    """More often than the pool has connections: each is given back or replaced."""
    items = [report(duty) for duty in await duties_of(VILLAGE)]
    before = await contents()
    async with tripping(county.url, "submission", how, "AFTER"):
        for _ in range(3):
            tries = (send(county, "liaison", *items) for _ in range(5))
            for answer in await asyncio.gather(*tries):
                refused(answer)
    assert await contents() == before
    answers = await asyncio.gather(*(send(county, "liaison", item) for item in items))
    assert words(*answers) == ["created"] * ROUNDS
    await books.check(county.url)


@pytest.mark.parametrize("table", ["review", "audit_entry", "delivery"])
async def test_a_review_that_fails_in_the_middle_leaves_nothing(county: World, table: str) -> None:
    duty = (await duties_of(VILLAGE))[0]
    [filed] = outcomes(await send(county, "liaison", report(duty)))
    before = await contents()
    item = {
        "id": str(uuid4()),
        "submission": filed["id"],
        "step": "town",
        "decision": "return",
        "defects": [{"text": "核对"}],
    }
    async with tripping(county.url, table, "raises"):
        refused(await county.as_("reviewer").ask("POST", "/reviews", json={"items": [item]}))
    assert await contents() == before
    again = await county.as_("reviewer").post("/reviews", {"items": [item]}, 200)
    assert again["items"][0]["outcome"] == "done"
    await books.check(county.url)

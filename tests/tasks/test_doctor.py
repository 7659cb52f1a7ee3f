"""What the doctor finds when all is well, and when each thing is not."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from backend.channels import open_channels
from backend.clock import system_clock
from backend.doctor import Finding, Level, examine
from backend.piccolo_conf import DB
from backend.settings import Settings, load
from backend.store import audit, health, tasks
from backend.store.audit import Entry
from backend.store.database import fetch
from backend.tasks.scheduler import Job, jobs
from tests.world import COUNTY, SECRET, World


def timetable(world: World) -> list[Job]:
    """All jobs there are with the settings of the test world."""
    return jobs(world.vault, open_channels(world.app.state.settings), None)


@pytest.fixture
async def healthy(world: World, tmp_path: Path) -> Settings:
    """A system in which every task ran ten seconds ago, at noon of a September day."""
    world.clock.set(2026, 9, 30, 12, 0)
    for job in timetable(world):
        await tasks.started(job.name, world.clock.now - timedelta(seconds=10))
        await tasks.finished(job.name, world.clock.now - timedelta(seconds=9), None)
    settings: Settings = world.app.state.settings
    return replace(settings, home=tmp_path)


async def look(config: Settings, world: World, name: str) -> Finding:
    """The one finding of that name. No line holds a secret or is more than one."""
    found = await examine(config, world.clock)
    for finding in found:
        assert "\n" not in finding.line
        assert SECRET not in finding.line
        assert finding.line.endswith((".", "?"))
    (one,) = (finding for finding in found if finding.name == name)
    return one


async def test_all_is_well(world: World, healthy: Settings) -> None:
    world.clock.now = (await health.server())["now"]
    for job in timetable(world):
        await tasks.started(job.name, world.clock.now)
        await tasks.finished(job.name, world.clock.now, None)
    found = {finding.name: finding for finding in await examine(healthy, world.clock)}
    found.pop("calendar")  # depends on the day on which this runs
    assert {finding.level for finding in found.values()} == {Level.OK}, found
    assert list(found) == [
        *("database", "objects", "clock", "audit", "messages"),
        *(job.name for job in timetable(world)),
    ]
    assert "PostgreSQL 18" in found["database"].line


async def test_a_database_that_lacks_migrations(world: World, healthy: Settings) -> None:
    await fetch("DELETE FROM migration")
    found = await examine(healthy, world.clock)
    assert [finding.name for finding in found] == ["database", "objects"]
    assert found[0].level is Level.FAIL
    assert "run cunbao migrate" in found[0].line


@pytest.mark.parametrize("missing", ["server", "database"])
async def test_a_database_out_of_reach(template: str, tmp_path: Path, missing: str) -> None:
    assert DB.pool is None
    url = "postgresql://someone:a-password@127.0.0.1:1/cunbao"
    if missing == "database":
        url = template.rsplit("/", 1)[0] + "/no_such_database"
        if "?" in template:
            url += "?" + template.split("?", 1)[1]
    environment = {"CUNBAO_SECRET_KEY": SECRET, "CUNBAO_DATABASE_URL": url}
    config = replace(load(environment), home=tmp_path)
    found = await examine(config, system_clock)
    assert [(finding.name, finding.level) for finding in found] == [
        ("database", Level.FAIL),
        ("objects", Level.OK),
    ]
    said = {"server": "does not answer", "database": "refuses"}
    assert said[missing] in found[0].line
    assert "a-password" not in found[0].line
    assert DB.pool is None


async def test_it_opens_the_database_for_itself(shared_url: str, tmp_path: Path) -> None:
    config = load({"CUNBAO_SECRET_KEY": SECRET, "CUNBAO_DATABASE_URL": shared_url})
    found = await examine(replace(config, home=tmp_path), system_clock)
    assert found[0].level is Level.OK
    assert len(found) > 6
    assert DB.pool is None


async def test_a_database_that_goes_away_meanwhile(
    world: World, healthy: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(before: datetime) -> int:
        raise ConnectionResetError

    monkeypatch.setattr(health, "unsealed", gone)
    found = await look(healthy, world, "audit")
    assert (found.level, "ConnectionResetError" in found.line) == (Level.FAIL, True)


async def test_an_object_store_that_fails(world: World, healthy: Settings) -> None:
    folder = await look(replace(healthy, home=Path("/proc")), world, "objects")
    assert folder.level is Level.FAIL
    assert "/proc/objects" in folder.line
    stopped = replace(
        healthy,
        objects="s3://papers",
        s3_endpoint="http://127.0.0.1:1",
        s3_access_key="access-of-a-test",
        s3_secret_key=SECRET,
    )
    assert (await look(stopped, world, "objects")).level is Level.FAIL
    wrong = replace(stopped, s3_endpoint=f"https://key:{SECRET}@s3.example")
    assert (await look(wrong, world, "objects")).level is Level.FAIL


@pytest.mark.parametrize(
    ("seconds", "level", "said"),
    [
        (1.5, Level.OK, "agree within 1.5 s"),
        (-1.5, Level.OK, "agree within 1.5 s"),
        (3.5, Level.FAIL, "3 s apart"),
        (-7300, Level.FAIL, "2 h apart"),
        (-40 * 365 * 86_400, Level.FAIL, "it is the year 19"),
    ],
)
async def test_clocks(
    world: World, healthy: Settings, seconds: float, level: Level, said: str
) -> None:
    found = (await examine(healthy, lambda: system_clock() + timedelta(seconds=seconds)))[2]
    assert found.name == "clock"
    assert found.level is level
    assert said in found.line


@pytest.mark.parametrize(
    ("day", "missing"),
    [
        ((2026, 9, 30, 23, 59), ""),
        ((2026, 10, 1, 0, 0), "2027"),
        ((2026, 12, 31, 0, 0), "2027"),
        ((2027, 1, 1, 0, 0), "2027"),
        ((2027, 10, 1, 0, 0), "2027 and 2028"),
    ],
)
async def test_the_calendar(
    world: World, healthy: Settings, day: tuple[int, ...], missing: str
) -> None:
    await fetch("DELETE FROM work_calendar WHERE owner = '' AND date >= '2027-01-01'")
    world.clock.set(*day)
    found = await look(healthy, world, "calendar")
    assert found.level is (Level.WARN if missing else Level.OK)
    if missing:
        assert f"days off of {missing} are not known" in found.line
        assert "Monday to Friday less the fixed holidays" in found.line


async def test_a_task_that_never_ran(world: World, healthy: Settings) -> None:
    await fetch("DELETE FROM task_run WHERE name = 'seal'")
    found = await look(healthy, world, "seal")
    assert (found.level, "never run" in found.line) == (Level.WARN, True)


@pytest.mark.parametrize(
    ("name", "ago", "level"),
    [
        ("seal", 75, Level.OK),
        ("seal", 76, Level.FAIL),
        ("open", 360, Level.OK),
        ("open", 361, Level.FAIL),
        ("forget_failures", 18_060, Level.OK),
        ("forget_failures", 90_000, Level.FAIL),
    ],
)
async def test_a_task_is_stale_after_five_intervals_and_a_minute(
    world: World, healthy: Settings, name: str, ago: int, level: Level
) -> None:
    started = world.clock.now - timedelta(seconds=ago)
    await tasks.started(name, started)
    await tasks.finished(name, started, None)
    found = await look(healthy, world, name)
    assert found.level is level
    assert ("is cunbao serve running?" in found.line) is (level is Level.FAIL)


async def test_a_task_that_failed(world: World, healthy: Settings) -> None:
    await tasks.finished("deliver", world.clock.now, "ConnectionRefusedError")
    found = await look(healthy, world, "deliver")
    assert (found.level, "ConnectionRefusedError" in found.line) == (Level.FAIL, True)


@pytest.mark.parametrize(("ago", "level"), [(30, Level.OK), (3000, Level.WARN)])
async def test_a_task_that_has_not_ended(
    world: World, healthy: Settings, ago: int, level: Level
) -> None:
    await tasks.started("remind", world.clock.now - timedelta(seconds=ago))
    await fetch("UPDATE task_run SET finished_at = started_at - interval '1 hour'")
    found = await look(healthy, world, "remind")
    assert (found.level, "has not ended" in found.line) == (level, True)


@pytest.mark.parametrize(("ago", "level"), [(59, Level.OK), (61, Level.WARN)])
async def test_entries_without_a_seal(
    world: World, healthy: Settings, ago: int, level: Level
) -> None:
    at = world.clock.now - timedelta(seconds=ago)
    await audit.write(Entry(at, None, "region.import", "region:990101", COUNTY))
    found = await look(healthy, world, "audit")
    assert found.level is level
    await audit.seal(world.vault.audit_key, world.clock.now)
    assert (await look(healthy, world, "audit")).level is Level.OK


@pytest.mark.parametrize(("late", "level"), [(-1, Level.OK), (9, Level.OK), (11, Level.WARN)])
async def test_messages_that_wait(world: World, healthy: Settings, late: int, level: Level) -> None:
    since = world.clock.now - timedelta(minutes=late)
    await fetch(
        """WITH m AS (
            INSERT INTO message (id, account, kind, params, slot_at, created_at, change_no)
            VALUES (gen_random_uuid(), $1, 'returned', '{}', $2, $2, 0) RETURNING id)
        INSERT INTO delivery (message, channel, not_before, attempts)
        SELECT id, 'in_app', $2, 0 FROM m""",
        world.people["liaison"].account,
        since,
    )
    found = await look(healthy, world, "messages")
    assert (found.level, found.line.startswith("1 messages wait")) == (level, True)

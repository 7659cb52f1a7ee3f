"""Who did what: the page, the seals, and a chain that shows what was done to it."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from backend.store import audit
from backend.store.database import fetch, fetch_value, transaction
from backend.tasks import housekeeping
from tests.http.tools import duty_of, refused, report, rows, submit, undone
from tests.world import NEIGHBOUR, OTHER_VILLAGE, VACANT, VILLAGE, World


async def week(world: World) -> None:
    """Some work: two reports, a return, a pass, a new person."""
    await world.schedule()
    await world.open()
    for who, village in (("liaison", VILLAGE), ("colleague", NEIGHBOUR)):
        [filed] = await submit(world, who, [report(await duty_of(world, village))])
        decision = {"decision": "pass"} if who == "liaison" else {"decision": "return"}
        more: dict[str, Any] = {} if who == "liaison" else {"defects": [{"text": "请核实"}]}
        await world.review("reviewer", filed["id"], **decision, **more)
    post = {"role": "liaison", "region": VACANT}
    body = {"name": "新人", "phone": "13911112222", "password": "xin-Ren-2026", "post": post}
    await world.as_("lead").post("/accounts", body)


async def actions(world: World, who: str, **params: Any) -> list[str]:
    page = await world.as_(who).get("/audit", **params)
    return [entry["action"] for entry in page["items"]]


async def seal(world: World) -> None:
    while await housekeeping.seal_some(world.vault.audit_key, world.clock.now):
        pass


async def faults(world: World) -> tuple[str, ...]:
    return (await audit.verify(world.vault.audit_key)).faults


async def test_every_write_is_there_with_who_and_what(world: World) -> None:
    await week(world)
    page = await world.as_("auditor").get("/audit")
    found = [(entry["action"], entry["name"], entry["region"]) for entry in page["items"]]
    assert found == [
        ("post.begin", "周涛", VACANT),
        ("account.open", "周涛", VACANT),
        ("review.return", "陈静", NEIGHBOUR),
        ("submission.file", "李强", NEIGHBOUR),
        ("review.pass", "陈静", VILLAGE),
        ("submission.file", "王芳", VILLAGE),
    ]
    newest = page["items"][0]
    assert (newest["at"], newest["result"], newest["sealed"]) == (
        "2026-11-02T02:00:00Z",
        "done",
        False,
    )
    assert newest["request"]
    assert all("13911112222" not in str(entry) for entry in page["items"])


async def test_the_look_itself_is_an_entry(world: World) -> None:
    assert await actions(world, "auditor") == []
    assert await actions(world, "auditor") == ["audit.see"]
    assert await actions(world, "county") == ["audit.see", "audit.see"]
    assert await actions(world, "far_county") == []


async def test_filters_and_pages(world: World) -> None:
    await week(world)
    assert await actions(world, "county", action="review.pass") == ["review.pass"]
    [entry] = (await world.as_("county").get("/audit", action="review.pass"))["items"]
    assert await actions(world, "county", subject=entry["subject"]) == [
        "review.pass",
        "submission.file",
    ]
    page = await world.as_("county").get("/audit", limit=3)
    rest = await world.as_("county").get("/audit", limit=100, page=page["next"])
    ids = [each["id"] for each in page["items"] + rest["items"]]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 9


async def test_a_search_by_person_object_and_days(world: World) -> None:
    await week(world)

    async def found(**body: Any) -> list[str]:
        page = await world.as_("auditor").post("/audit/search", body, 200)
        return [entry["action"] for entry in page["items"]]

    assert await found(name="陈静") == ["review.return", "review.pass"]
    assert await found(name="陈静", action="review.pass") == ["review.pass"]
    assert await found(action="review") == ["review.return", "review.pass"]
    assert await found(action="rev") == []
    assert set(await found(subject="account")) == {"account.open"}
    assert await found(action="account", from_on="2026-11-02", to_on="2026-11-02") == [
        "account.open"
    ]
    assert await found(action="account", from_on="2026-11-03") == []
    assert await found(action="account", to_on="2026-11-01") == []
    await refused(world.as_("reviewer"), "POST", "/audit/search", "forbidden", json={})


async def test_the_request_id_leads_from_the_log_to_the_entry(world: World) -> None:
    await world.schedule()
    await world.open()
    body = {"items": [report(await duty_of(world, VILLAGE))]}
    headers = {"x-request-id": "phone-4711-abc"}
    response = await world.as_("liaison").ask("POST", "/submissions", json=body, headers=headers)
    assert response.headers["x-request-id"] == "phone-4711-abc"
    assert await rows("audit_entry", "request = 'phone-4711-abc'") == 1
    for odd in ("x" * 41, "a b", "ü" * 10, ""):
        header = {b"x-request-id": odd.encode("latin-1")}
        response = await world.http.get("/health/live", headers=header)
        assert response.headers["x-request-id"] != odd


async def test_a_refusal_leaves_nothing(world: World) -> None:
    await world.schedule()
    await world.open()
    duty = await duty_of(world, OTHER_VILLAGE)
    await submit(world, "liaison", [report(duty)])
    await refused(world.as_("liaison"), "GET", f"/obligations/{duty}", "not_found")
    assert await rows("audit_entry") == 0


async def test_sealing_covers_everything_once(world: World) -> None:
    await week(world)
    count = await rows("audit_entry")
    await seal(world)
    await world.as_("county").get("/audit")
    await seal(world)
    await seal(world)
    assert await rows("audit_seal") == 2
    found = await audit.verify(world.vault.audit_key)
    assert (found.seals, found.entries, found.unsealed, found.faults) == (2, count + 1, 0, ())
    page = await world.as_("county").get("/audit")
    assert all(entry["sealed"] for entry in page["items"])


async def test_a_sealing_undone_leaves_no_gap(real_world: World) -> None:
    """A crash between sealing and its commit is no tampering."""
    await week(real_world)
    async with undone():
        assert await audit.seal(real_world.vault.audit_key, real_world.clock.now) > 0
    await seal(real_world)
    await real_world.as_("county").get("/audit")
    async with undone():
        assert await audit.seal(real_world.vault.audit_key, real_world.clock.now) > 0
    await seal(real_world)
    assert await faults(real_world) == ()


async def test_sealed_or_not_entries_are_never_changed(real_world: World) -> None:
    await week(real_world)
    await seal(real_world)
    await real_world.as_("county").get("/audit")
    for statement in (
        "UPDATE audit_entry SET account = NULL",
        "UPDATE audit_entry SET seal = NULL, digest = NULL WHERE seal IS NOT NULL",
        "UPDATE audit_entry SET result = 'x' WHERE seal IS NULL",
        "DELETE FROM audit_entry WHERE seal IS NULL",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "UPDATE audit_seal SET hash = previous",
        "DELETE FROM audit_seal",
    ):
        with pytest.raises(Exception, match="audit entries are never changed"):
            await fetch(statement)
    assert await faults(real_world) == ()


# What somebody with all rights over the database may try, and who would notice.
_TAMPERING = {
    "a changed row": ("UPDATE audit_entry SET account = NULL WHERE id = $1", "entry .*: changed"),
    "a changed detail": ("UPDATE audit_entry SET detail = '{}' WHERE id = $1", "entry .*: changed"),
    "a row at another time": (
        "UPDATE audit_entry SET at = at + interval '1 us' WHERE id = $1",
        "entry .*: changed",
    ),
    "a missing row": ("DELETE FROM audit_entry WHERE id = $1", "entry .*: missing"),
    "a row taken out of its seal": (
        "UPDATE audit_entry SET seal = NULL, digest = NULL WHERE id = $1",
        "entry .*: changed",
    ),
    "a row put into a seal": (
        "INSERT INTO audit_entry (at, action, subject, result, detail, seal, digest) "
        "SELECT at, action, subject, result, detail, seal, digest FROM audit_entry WHERE id = $1",
        "entry .*: added after sealing",
    ),
    "a row in a seal that is none": (
        "UPDATE audit_entry SET seal = 99 WHERE id = $1",
        "entry .*: names a seal that does not exist",
    ),
    "a shortened seal": (
        "UPDATE audit_seal SET entries = entries[2:] WHERE $1 > 0 AND id = 1",
        "entry .*: added after sealing",
    ),
    "an exchanged hash": (
        "UPDATE audit_seal SET hash = previous WHERE $1 > 0 AND id = 1",
        "seal 1: changed",
    ),
    "a missing seal": ("DELETE FROM audit_seal WHERE $1 > 0 AND id = 1", "seal 1: missing"),
}


@pytest.mark.parametrize("tampering", _TAMPERING)
async def test_tampering_is_found(world: World, tampering: str) -> None:
    statement, fault = _TAMPERING[tampering]
    middle = await sealed_twice(world)
    await as_superuser(lambda: fetch(statement, middle))
    assert any(re.fullmatch(fault, found) for found in await faults(world))


async def test_a_chain_cut_off_at_its_end_has_another_head(world: World) -> None:
    """Nothing inside it can show that; the head that the operator noted elsewhere does."""
    await sealed_twice(world)
    head = (await audit.verify(world.vault.audit_key)).head

    async def cut() -> None:
        await fetch("DELETE FROM audit_entry WHERE seal = 2")
        await fetch("DELETE FROM audit_seal WHERE id = 2")

    await as_superuser(cut)
    assert (await audit.verify(world.vault.audit_key)).head != head


async def sealed_twice(world: World) -> int:
    """A sound chain of two seals; gives the id of an entry in the middle of the first."""
    await week(world)
    await seal(world)
    await world.as_("county").get("/audit")
    await seal(world)
    assert await faults(world) == ()
    number: int = await fetch_value("SELECT id FROM audit_entry ORDER BY id OFFSET 2 LIMIT 1")
    return number


async def as_superuser(act: Callable[[], Awaitable[Any]]) -> None:
    """Does what the database's own guard would refuse."""
    for table in ("audit_entry", "audit_seal"):
        await fetch(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    await act()
    for table in ("audit_entry", "audit_seal"):
        await fetch(f"ALTER TABLE {table} ENABLE TRIGGER USER")


async def test_another_key_verifies_nothing(world: World) -> None:
    await week(world)
    await seal(world)
    assert (await audit.verify(b"x" * 32)).faults


async def test_sealing_never_makes_filing_wait(real_world: World) -> None:
    """A sealer that has not committed yet, while a report is filed."""
    await week(real_world)
    duty, held = await duty_of(real_world, VACANT), asyncio.Event()

    async def sealer() -> None:
        async with transaction():
            assert await audit.seal(real_world.vault.audit_key, real_world.clock.now) > 0
            held.set()
            await filing

    async def filer() -> str:
        await held.wait()
        item = report(duty, on_behalf_reason="联络员缺位")
        [filed] = await submit(real_world, "reviewer", [item])
        outcome: str = filed["outcome"]
        return outcome

    filing = asyncio.create_task(filer())
    await asyncio.wait_for(sealer(), 10)
    assert filing.result() == "created"
    await seal(real_world)
    assert await faults(real_world) == ()


async def test_who_may_see_it(world: World) -> None:
    for who in ("liaison", "reviewer", "lead", "monitor", "sysadmin", "upper"):
        await refused(world.as_(who), "GET", "/audit", "forbidden")

"""One sound call, or more, of every route: what each role is let in with, and kept out from."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum
from typing import Any
from uuid import UUID, uuid4

from backend.domain.certification.evidence import DEFAULT_EVIDENCE, evidence_table_to_dict
from backend.domain.channels import Kind
from backend.domain.roles import Role
from backend.domain.second_factor import code_at
from backend.routes.exports import LISTS
from backend.store import calendar, calls, export_requests, findings, forms, ladders, leaves, reuse
from backend.store.database import fetch, fetch_value, from_json
from media.tus import CONTENT_TYPE
from tests.account_lists import account_bytes, hamlet, newcomer, region_bytes
from tests.approvals import WHY, wanted
from tests.holidays import NOTICE_OF_2026
from tests.http.photographs import TUS, named
from tests.http.tools import done, duty_of
from tests.papers import papers
from tests.rosters import Listed, id_number, pensioner, roster_bytes, some_listed
from tests.tasks.certified import set_cycle
from tests.tasks.sending import reachable, robot
from tests.world import (
    COUNTY,
    NEIGHBOUR,
    PASSWORD,
    TOWN,
    VACANT,
    VILLAGE,
    Person,
    World,
    add_person,
)

_SHA256 = {"upload-metadata": f"sha256 {b64encode(b'0' * 64).decode()}"}
_BYTES = {"upload-offset": "0", "content-type": CONTENT_TYPE}
HOLIDAY = date(2026, 12, 24)

# Who asks inside and outside, by role. Those of the first column answer for 王家庄 or are set
# over it; those of the second hold the same role elsewhere.
TWINS = {
    Role.LIAISON: ("liaison", "outsider"),
    Role.STATION: ("helper", "far_station"),
    Role.REVIEWER: ("reviewer", "far_reviewer"),
    Role.OFFICE_LEAD: ("lead", "far_lead"),
    Role.COUNTY_OPS: ("county", "far_county"),
    Role.COUNTY_MONITOR: ("monitor", "far_monitor"),
    Role.FUND_AUDIT: ("auditor", "far_auditor"),
    Role.SYSADMIN: ("sysadmin", "far_sysadmin"),
    Role.UPPER_VIEWER: ("upper", "far_upper"),
}
CSV = {"content-type": "text/csv"}
_MORE_PEOPLE = (
    ("helper", "冯兰", Role.STATION, VILLAGE),
    ("far_station", "邓丽", Role.STATION, "990102100201"),
    ("far_lead", "曹军", Role.OFFICE_LEAD, "990102100"),
    ("far_monitor", "彭飞", Role.COUNTY_MONITOR, "990102"),
    ("far_auditor", "曾文", Role.FUND_AUDIT, "990102"),
    ("far_sysadmin", "萧刚", Role.SYSADMIN, "990102"),
    ("far_upper", "田野", Role.UPPER_VIEWER, "98"),
)


@dataclass(frozen=True, slots=True)
class Stage:
    """What there is to ask about, all of it 王家庄's or its county's."""

    world: World
    duty: int
    next_duty: int
    at_town: str
    at_county: str
    receipt: str
    schedule: int
    ladder: int
    draft: int
    published: int
    request: str
    messages: Mapping[str, UUID]
    listed: Listed
    accounts: tuple[int, int]
    addresses: Mapping[str, int]
    robot: int
    call: int
    leaves: Mapping[str, int]
    photo: int
    flag: int
    certified: str
    sample: str
    resident: UUID
    notice: str
    feedback: Mapping[str, str]
    invitation: tuple[str, str]
    circular: str
    uncirculated: int
    export: UUID


@dataclass(frozen=True, slots=True)
class Call:
    """One request below /api/v1."""

    path: str
    json: Any = None
    params: Mapping[str, Any] | None = None
    content: bytes | None = None
    headers: Mapping[str, str] | None = None


class Outside(Enum):
    """What somebody of the same role elsewhere gets for the same call."""

    HIDDEN = "404, as if there were nothing"
    OWN = "their own share, without a word about ours"
    REJECTED = "an outcome per item, each of them not_found"


@dataclass(frozen=True, slots=True)
class Example:
    """A call that succeeds with `status` for everybody whose role is let in."""

    make: Callable[[Stage, Person], Call]
    status: int = 200
    outside: Outside = Outside.HIDDEN


async def set_up(world: World) -> Stage:
    """A county in the middle of its work."""
    await fetch(
        "INSERT INTO region (key, code, name, level) VALUES ('98', $1, '邻省', 'province')",
        "98".ljust(12, "0"),
    )
    for key, name, role, region in _MORE_PEOPLE:
        await add_person(world, key, name, role, region)
    shipped = await forms.shipped("RETURN_WEEKLY")
    assert shipped is not None
    definition, now = from_json(shipped["definition"]), world.clock.now
    published = await forms.add(COUNTY, definition, now, None, published=True)
    draft = await forms.add(COUNTY, definition, now, None)
    schedule = await world.schedule(form=published["id"])
    both = await world.schedule(steps=["town", "county"])
    third, with_photos = await world.schedule(), await world.schedule()
    await world.open()
    filed = await world.file("liaison", obligation=await duty_of(world, VILLAGE, schedule=schedule))
    # A photo that looks like another person's holds the review, so it is of a report of its own.
    await world.file(
        "liaison",
        obligation=await duty_of(world, VILLAGE, schedule=with_photos),
        attachments=[named(b"an older photo"), named(b"a photo")],
    )
    photo = await fetch_value("SELECT max(id) FROM attachment")
    twice = await world.file("liaison", obligation=await duty_of(world, VILLAGE, schedule=both))
    await world.review("reviewer", twice["id"], "pass")
    await calendar.put_day(COUNTY, HOLIDAY, False, "测试")
    listed = await some_listed(world)
    await _factors(world)
    certified = await _certified(world)
    return Stage(
        world,
        await duty_of(world, VILLAGE, schedule=schedule),
        await duty_of(world, VILLAGE, schedule=third),
        filed["id"],
        twice["id"],
        filed["receipt"],
        schedule,
        await ladders.add(schedule, [], now, world.people["county"].account),
        draft["id"],
        published["id"],
        await _request(world, await duty_of(world, NEIGHBOUR, schedule=third)),
        {key: await _message(person, now) for key, person in world.people.items()},
        listed,
        await _account_lists(world),
        {key: await reachable(world, key, Kind.MAIL, f"{key}@a.test") for key in world.people},
        await robot(world, TOWN, Kind.WECOM_ROBOT, "robot-key-1"),
        await _call(world),
        {key: await _leave(person, now) for key, person in world.people.items()},
        photo,
        await _flag(photo, now),
        certified,
        await _sample(world, certified),
        await _resident(world),
        await _notice(world),
        await _feedback(world),
        await _invitation(world),
        await _circular(world, with_photos, both),
        both,
        await _export(world),
    )


async def _export(world: World) -> UUID:
    """A request of somebody who decides on none."""
    number, asker = uuid4(), world.people["sysadmin"].account
    await export_requests.add(
        number, COUNTY, "results", {"as_of": None}, WHY, asker, world.clock.now
    )
    return number


async def _flag(photo: int, now: datetime) -> int:
    await reuse.flag([(photo, photo - 1, "other_person", "same")], now)
    number: int = await fetch_value("SELECT id FROM reuse_flag")
    return number


async def _certified(world: World) -> str:
    """What the village found of a pensioner, awaiting review."""
    await set_cycle(world)
    await world.certify()
    duty = await fetch_value("SELECT id FROM obligation WHERE beneficiary IS NOT NULL")
    answers = {"method": "home_visit", "result": "pass"}
    outcome = await world.file("liaison", obligation=duty, answers=answers, attachments=papers())
    number: str = outcome["id"]
    return number


async def _sample(world: World, submission: str) -> str:
    """An auditor's draw of it."""
    auditor, day, number = world.people["auditor"], world.clock.now.date(), uuid4()
    values = (number, COUNTY, day, day, 1, 1, "0" * 32, auditor.account, world.clock.now)
    await findings.add_sample(values, [UUID(submission)])
    return str(number)


def a_notice(office: str, scopes: list[str]) -> dict[str, Any]:
    """The body of a notice."""
    said = {"title": "认证通知", "body": "请于本月内完成。"}
    return {"id": str(uuid4()), "office": office, "scopes": scopes, **said}


async def _notice(world: World) -> str:
    """The township's, to 王家庄."""
    found = await world.as_("lead").post("/notices", a_notice(TOWN, [VILLAGE]))
    number: str = found["id"]
    return number


def a_feedback(region: str, now: datetime) -> dict[str, Any]:
    """The body of a suggestion to the township."""
    said = {"kind": "suggestion", "text": "少填一张表。", "to": "township"}
    return {"id": str(uuid4()), "region": region, "written_at": now.isoformat(), **said}


async def _feedback(world: World) -> dict[str, str]:
    """One of each village person of 王家庄: the others see none of them but as the office."""
    sent = {
        who: await world.as_(who).post("/feedback", a_feedback(VILLAGE, world.clock.now))
        for who in ("liaison", "helper")
    }
    return {who: found["id"] for who, found in sent.items()}


def _own_feedback(stage: Stage, person: Person) -> str:
    return stage.feedback["helper" if person.role is Role.STATION else "liaison"]


async def _call(world: World) -> int:
    await calls.add([world.people["liaison"].account], "sms", "unreachable", world.clock.now)
    number: int = await fetch_value("SELECT id FROM call_entry")
    return number


async def _leave(person: Person, now: datetime) -> int:
    day = date(2027, 2, 1)
    number = await leaves.add(person.post, day, day, person.account, now)
    assert number is not None
    return number


def a_request(duty: int) -> dict[str, Any]:
    """The body of a request for a waiver."""
    return {"id": str(uuid4()), "obligation": duty, "kind": "exempt", "reason": "整村搬迁"}


async def _request(world: World, duty: int) -> str:
    asked = await world.as_("colleague").post("/requests", a_request(duty))
    number: str = asked["id"]
    return number


async def _message(person: Person, now: datetime) -> UUID:
    number = uuid4()
    await fetch(
        """INSERT INTO message (id, account, kind, params, slot_at, created_at, delivered_at)
        VALUES ($1, $2, 'returned', '{"defects": 1}', $3, $3, $3)""",
        number,
        person.account,
        now,
    )
    return number


def _plain(path: str, **params: Any) -> Callable[[Stage, Person], Call]:
    return lambda stage, person: Call(path, params=params)


def _own(path: str, **params: Any) -> tuple[Example, ...]:
    return (Example(_plain(path, **params), outside=Outside.OWN),)


def _list(path: str) -> tuple[Example, ...]:
    """A list: whole, and of one village."""
    return (*_own(path), Example(_plain(path, region=VILLAGE)))


def _sign_in(stage: Stage, person: Person) -> Call:
    return Call("/sessions", {"phone": person.phone, "password": PASSWORD})


def _ask_export(stage: Stage, person: Person) -> Call:
    # An auditor asks for nothing in full; who may gets it for the county.
    return Call("/export-requests", wanted())


FACTOR = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


async def _factors(world: World) -> None:
    """Everybody has begun to set up a second factor; one has it on."""
    await fetch("UPDATE account SET totp_sealed = $1", world.vault.seal(FACTOR))
    backup = world.people["backup"].account
    await fetch("UPDATE account SET totp_since = $2 WHERE id = $1", backup, world.clock.now)


def _confirm(stage: Stage, person: Person) -> Call:
    return Call("/me/second-factor/confirm", {"code": code_at(FACTOR, stage.world.clock.now)})


def _refresh(stage: Stage, person: Person) -> Call:
    token = stage.world.vault.refresh_token(person.session, 1)
    return Call("/sessions/refresh", {"refresh_token": token})


def _file(stage: Stage, person: Person) -> Call:
    kind = {"kind": "zero", "zero_confirmed": True, "on_behalf_reason": "联络员出差"}
    item = {"id": str(uuid4()), "obligation": stage.next_duty, **kind}
    return Call("/submissions", {"items": [item]})


def _review(stage: Stage, person: Person) -> Call:
    of_county = person.role is Role.COUNTY_OPS
    item = {
        "id": str(uuid4()),
        "submission": stage.at_county if of_county else stage.at_town,
        "step": "county" if of_county else "town",
        "decision": "pass",
    }
    return Call("/reviews", {"items": [item]})


def _liaison(stage: Stage) -> UUID:
    return stage.world.people["liaison"].account


def _rescue(stage: Stage, person: Person) -> Call:
    item = {"id": str(uuid4()), "obligation": stage.next_duty}
    items = [{**item, "kind": "zero", "zero_confirmed": True}]
    account = str(_liaison(stage))
    return Call("/rescues", {"cunbao": "rescue", "version": 1, "account": account, "items": items})


async def _invitation(world: World) -> tuple[str, str]:
    """Number and token of a link for 王芳."""
    wanted = {"account": str(world.people["liaison"].account)}
    issued = await world.as_("lead").post("/invitations", wanted)
    return issued["id"], issued["link"].rpartition("/")[2]


def _definition(code: str) -> dict[str, Any]:
    words = {"zh": "人数", "en": "People"}
    field = {"key": "people", "label": words, "type": "integer", "required": True}
    return {
        "code": code,
        "title": words,
        "kinds": ["report", "zero"],
        "groups": [{"key": "all", "label": words, "fields": [field]}],
        "checks": [],
    }


def new_schedule(form: int, **changes: Any) -> dict[str, Any]:
    """The body of a weekly schedule for the county."""
    return {
        "form": form,
        "scope": COUNTY,
        "title": {"zh": "周报", "en": "Weekly"},
        "cadence": "weekly",
        "timetable": {"due": {"kind": "weekday", "number": 5}},
        "starts_on": "2026-11-09",
        **changes,
    }


def _account(stage: Stage, person: Person) -> Call:
    body = {"name": "新人", "phone": "13911112222", "password": "xin-Ren-2026"}
    return Call("/accounts", {**body, "post": {"role": "liaison", "region": VILLAGE}})


def _post(stage: Stage, person: Person) -> Call:
    account = str(stage.world.people["colleague"].account)
    return Call("/posts", {"account": account, "post": {"role": "liaison", "region": VACANT}})


_CYCLE = {"starts_on": "2026-12-01", "rule": {"mode": "rolling_n"}}
_PAPERS = evidence_table_to_dict(DEFAULT_EVIDENCE)
A_SAMPLE = {"region": COUNTY, "from_on": "2026-11-01", "to_on": "2026-11-30", "size": 5}
_NEW_PASSWORD = {"password": "huan-Le-Mi-Ma"}
_DAY = f"/calendar/{HOLIDAY}"
_PLAN = {
    name: value
    for name, value in new_schedule(1).items()
    if name in ("scope", "cadence", "timetable", "starts_on")
}
_MERGER = {"kind": "merge", "old": VACANT, "new": NEIGHBOUR}

A_LEAVE = {"starts_on": "2026-11-02", "ends_on": "2026-11-08"}
A_ROBOT = {"region": TOWN, "channel": "wecom_robot", "address": "robot-key-2"}

WEIGHTS = {
    "on_time": 50,
    "report": 20,
    "first_pass": 10,
    "cert": 10,
    "review_on_time": 10,
    "false_certification": 5,
}
PRICES = {"items": [{"code": "RETURN_WEEKLY", "price_fen": 500}]}
_NOVEMBER = {"from_on": "2026-11-01", "to_on": "2026-11-30"}

WORKING = date(1985, 6, 15)


def _resident_change(stage: Stage, person: Person) -> Call:
    item = {"id": str(uuid4()), "resident": str(stage.resident), "fields": {"status": "flex"}}
    return Call("/residents/changes", {"items": [item]})


def _batch(stage: Stage, person: Person, *, rejected: bool = False) -> int:
    """A list that the person may look into: who runs the system sees those of accounts."""
    if person.role is Role.SYSADMIN:
        return stage.accounts[rejected]
    return stage.listed.rejected if rejected else stage.listed.match


async def _account_lists(world: World) -> tuple[int, int]:
    """One that was taken, and one that was not."""
    sysadmin = world.as_("sysadmin")
    rows = (newcomer(901), newcomer(902, phone="1"))
    asked = [{"content": account_bytes([row]), "headers": CSV} for row in rows]
    made = [await done(sysadmin, "POST", "/imports/accounts", 201, **each) for each in asked]
    return made[0]["id"], made[1]["id"]


def _ledger_sheet(person: Person) -> bytes:
    row = {"name": "李大", "id_no": id_number(8, WORKING), "region_code": VILLAGE, "status": "务农"}
    return roster_bytes([row], row)


async def _circular(world: World, schedule: int, other: int) -> str:
    """The county's, published, with a draft of a second version. What is due later has nothing to
    tell yet, so 赵家沟 is spared its reports of this schedule and of another.
    """
    county = world.as_("county")
    spared = [await duty_of(world, VACANT, schedule=each) for each in (schedule, other)]
    waiver = {"kind": "exempt", "reason": "停电", "obligations": spared}
    await county.post("/adjustments", waiver)
    made = await county.post("/circulars", {"schedule": schedule, "period": "2026-W45"})
    path = f"/circulars/{made['circular']['id']}/versions"
    await county.post(f"{path}/1/publish", status=200)
    await county.post(path, {"ranked": True})
    number: str = made["circular"]["id"]
    return number


async def _resident(world: World) -> UUID:
    """Somebody in 王家庄's ledger."""
    number = uuid4()
    await fetch(
        """INSERT INTO resident (id, county, region, id_number_sealed, id_number_index, born_on,
            facts, stamps, created_at, changed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, '{}', $8, $8)""",
        number,
        COUNTY,
        VILLAGE,
        world.vault.seal(id_number(9, WORKING)),
        world.vault.id_number_index(id_number(9, WORKING)),
        WORKING,
        '{"name": "李大", "status": "farm"}',
        world.clock.now,
    )
    return number


# By method and path; `{…}` as the route has it.
EXAMPLES: dict[tuple[str, str], tuple[Example, ...]] = {
    ("POST", "/sessions"): (Example(_sign_in, 201, Outside.OWN),),
    ("POST", "/sessions/refresh"): (Example(_refresh, 201, Outside.OWN),),
    ("DELETE", "/sessions/current"): (Example(_plain("/sessions/current"), 204, Outside.OWN),),
    ("GET", "/me"): _own("/me"),
    ("POST", "/me/password"): (
        Example(
            lambda s, p: Call("/me/password", {"old": PASSWORD, "new": "huan-Le-Mi-Ma"}),
            204,
            Outside.OWN,
        ),
    ),
    ("GET", "/sync"): _own("/sync"),
    ("POST", "/submissions"): (Example(_file, outside=Outside.REJECTED),),
    ("GET", "/submissions"): (
        Example(lambda s, p: Call("/submissions", params={"receipt": s.receipt})),
    ),
    ("GET", "/submissions/{submission}"): (
        Example(lambda s, p: Call(f"/submissions/{s.at_town}")),
    ),
    ("POST", "/submissions/{submission}/withdraw"): (
        Example(lambda s, p: Call(f"/submissions/{s.at_town}/withdraw")),
    ),
    ("GET", "/obligations"): _list("/obligations"),
    ("GET", "/obligations/{number}"): (Example(lambda s, p: Call(f"/obligations/{s.duty}")),),
    ("GET", "/adjustments"): _list("/adjustments"),
    ("POST", "/adjustments/preview"): (
        Example(
            lambda s, p: Call(
                "/adjustments/preview",
                {"kind": "exempt", "reason": "停电", "obligations": [s.duty]},
            ),
        ),
    ),
    ("POST", "/adjustments"): (
        Example(
            lambda s, p: Call(
                "/adjustments", {"kind": "exempt", "reason": "停电", "obligations": [s.duty]}
            ),
            201,
        ),
        Example(
            lambda s, p: Call(
                "/adjustments",
                {
                    "kind": "exempt",
                    "reason": "停电",
                    "schedule": s.schedule,
                    "period": "2026-W45",
                    "region": TOWN,
                },
            ),
            201,
        ),
    ),
    ("GET", "/requests"): _list("/requests"),
    ("POST", "/requests"): (Example(lambda s, p: Call("/requests", a_request(s.next_duty)), 201),),
    ("POST", "/requests/{number}/advice"): (
        Example(lambda s, p: Call(f"/requests/{s.request}/advice", {"advice": "support"})),
    ),
    ("POST", "/requests/{number}/decision"): (
        Example(lambda s, p: Call(f"/requests/{s.request}/decision", {"decision": "grant"})),
    ),
    ("POST", "/nudges"): (
        Example(lambda s, p: Call("/nudges", {"obligations": [s.next_duty]}), 201),
        Example(lambda s, p: Call("/nudges", {"region": TOWN, "stage": "none"}), 201),
    ),
    ("GET", "/reviews"): _list("/reviews"),
    ("POST", "/reviews"): (Example(_review, outside=Outside.REJECTED),),
    ("GET", "/rates"): (*_own("/rates"), Example(_plain("/rates", region=TOWN))),
    ("GET", "/rates/live"): (Example(_plain("/rates/live", seconds=0, region=TOWN)),),
    ("GET", "/rates/turnaround"): (
        *_own("/rates/turnaround"),
        Example(_plain("/rates/turnaround", region=TOWN)),
    ),
    ("GET", "/outlook"): (
        Example(
            lambda s, p: Call("/outlook", params={"schedule": s.schedule, "period": "2026-W45"})
        ),
        Example(
            lambda s, p: Call(
                "/outlook", params={"schedule": s.schedule, "period": "2026-W45", "region": TOWN}
            )
        ),
    ),
    ("GET", "/reminders/effect"): (
        *_own("/reminders/effect"),
        Example(_plain("/reminders/effect", region=TOWN)),
    ),
    ("GET", "/messages"): _own("/messages"),
    ("POST", "/messages/{message}/read"): (
        Example(lambda s, p: Call(f"/messages/{s.messages[p.key]}/read"), 204),
    ),
    ("GET", "/forms"): _own("/forms"),
    ("POST", "/forms"): (
        Example(
            lambda s, p: Call("/forms", {"definition": _definition("HEADCOUNT")}), 201, Outside.OWN
        ),
    ),
    ("GET", "/forms/{number}"): (Example(lambda s, p: Call(f"/forms/{s.published}")),),
    ("PUT", "/forms/{number}"): (
        Example(
            lambda s, p: Call(f"/forms/{s.draft}", {"definition": _definition("RETURN_WEEKLY")})
        ),
    ),
    ("POST", "/forms/reading"): (
        Example(
            lambda s, p: Call("/forms/reading", {"definition": _definition("HEADCOUNT")}),
            outside=Outside.OWN,
        ),
    ),
    ("DELETE", "/forms/{number}"): (Example(lambda s, p: Call(f"/forms/{s.draft}"), 204),),
    ("POST", "/forms/{number}/publish"): (Example(lambda s, p: Call(f"/forms/{s.draft}/publish")),),
    ("POST", "/forms/{number}/trial"): (
        Example(lambda s, p: Call(f"/forms/{s.published}/trial", {"answers": {}})),
    ),
    ("GET", "/schedules"): _own("/schedules"),
    ("POST", "/schedules"): (
        Example(lambda s, p: Call("/schedules", new_schedule(s.published)), 201),
    ),
    ("PATCH", "/schedules/{number}"): (
        Example(lambda s, p: Call(f"/schedules/{s.schedule}", {"allowance_hours": 12})),
    ),
    ("POST", "/schedules/preview"): (Example(lambda s, p: Call("/schedules/preview", _PLAN)),),
    ("GET", "/schedules/{number}/periods"): (
        Example(lambda s, p: Call(f"/schedules/{s.schedule}/periods")),
    ),
    ("GET", "/schedules/{number}/preview"): (
        Example(lambda s, p: Call(f"/schedules/{s.schedule}/preview")),
    ),
    ("GET", "/schedules/{number}/ladders"): (
        Example(lambda s, p: Call(f"/schedules/{s.schedule}/ladders")),
    ),
    ("POST", "/schedules/{number}/ladders"): (
        Example(lambda s, p: Call(f"/schedules/{s.schedule}/ladders", {"steps": []}), 201),
    ),
    ("GET", "/schedules/{number}/ladders/{version}/preview"): (
        Example(lambda s, p: Call(f"/schedules/{s.schedule}/ladders/1/preview")),
        Example(
            lambda s, p: Call(
                f"/schedules/{s.schedule}/ladders/1/preview", params={"region": p.region}
            )
        ),
    ),
    ("POST", "/schedules/{number}/ladders/{version}/publish"): (
        Example(lambda s, p: Call(f"/schedules/{s.schedule}/ladders/{s.ladder}/publish")),
    ),
    ("GET", "/calendar"): _own("/calendar", year=2026),
    ("POST", "/calendar/years/{year}/reading"): (
        Example(
            lambda s, p: Call("/calendar/years/2026/reading", {"notice": NOTICE_OF_2026}),
            outside=Outside.OWN,
        ),
    ),
    ("PUT", "/calendar/years/{year}"): (
        Example(
            lambda s, p: Call("/calendar/years/2026", {"notice": NOTICE_OF_2026}),
            204,
            Outside.OWN,
        ),
    ),
    ("PUT", "/calendar/{day}"): (
        Example(lambda s, p: Call(_DAY, {"is_workday": True}), 204, Outside.OWN),
    ),
    ("DELETE", "/calendar/{day}"): (Example(_plain(_DAY), 204),),
    ("GET", "/regions"): (*_own("/regions"), Example(_plain("/regions", under=VILLAGE))),
    ("GET", "/regions/{key}"): (Example(_plain(f"/regions/{VILLAGE}")),),
    ("POST", "/regions/changes"): (Example(lambda s, p: Call("/regions/changes", _MERGER), 201),),
    ("POST", "/accounts"): (Example(_account, 201),),
    ("POST", "/accounts/{number}/phone"): (
        Example(
            lambda s, p: Call(
                f"/accounts/{s.world.people['liaison'].account}/phone", params={"purpose": "核实"}
            )
        ),
    ),
    ("POST", "/accounts/{number}/password"): (
        Example(
            lambda s, p: Call(
                f"/accounts/{s.world.people['liaison'].account}/password", _NEW_PASSWORD
            ),
            204,
        ),
    ),
    ("GET", "/posts"): _list("/posts"),
    ("POST", "/posts"): (Example(_post, 201),),
    ("POST", "/posts/{number}/end"): (
        Example(lambda s, p: Call(f"/posts/{s.world.people['backup'].post}/end"), 204),
    ),
    ("POST", "/posts/{number}/calendar"): (
        Example(lambda s, p: Call(f"/posts/{p.post}/calendar"), 201),
    ),
    ("DELETE", "/posts/{number}/calendar"): (
        Example(lambda s, p: Call(f"/posts/{p.post}/calendar"), 204),
    ),
    ("GET", "/posts/{number}/leaves"): (Example(lambda s, p: Call(f"/posts/{p.post}/leaves")),),
    ("POST", "/posts/{number}/leaves"): (
        Example(lambda s, p: Call(f"/posts/{p.post}/leaves", A_LEAVE), 201),
    ),
    ("DELETE", "/posts/{number}/leaves/{leave}"): (
        Example(lambda s, p: Call(f"/posts/{p.post}/leaves/{s.leaves[p.key]}"), 204),
    ),
    ("GET", "/audit"): _own("/audit"),
    ("POST", "/audit/search"): (
        Example(lambda s, p: Call("/audit/search", {"name": "王"}), outside=Outside.OWN),
    ),
    ("GET", "/retention"): _own("/retention"),
    ("POST", "/imports/roster"): (
        Example(
            lambda s, p: Call("/imports/roster", content=roster_bytes([pensioner(1)])),
            201,
            Outside.OWN,
        ),
    ),
    # The labour ledger
    ("GET", "/residents"): _list("/residents"),
    ("POST", "/residents/search"): (
        Example(
            lambda s, p: Call("/residents/search", {"id_number": id_number(9, WORKING)}),
            outside=Outside.OWN,
        ),
    ),
    ("GET", "/residents/figures"): (
        Example(_plain("/residents/figures", region=VILLAGE, month="2026-11")),
    ),
    ("GET", "/residents/{number}"): (Example(lambda s, p: Call(f"/residents/{s.resident}")),),
    ("POST", "/residents/{number}/reveal"): (
        Example(lambda s, p: Call(f"/residents/{s.resident}/reveal", {"purpose": "核实"})),
    ),
    ("POST", "/residents/changes"): (Example(_resident_change, outside=Outside.REJECTED),),
    ("GET", "/residents/export.csv"): _list("/residents/export.csv"),
    ("GET", "/residents/export.xlsx"): (Example(_plain("/residents/export.xlsx", region=VILLAGE)),),
    ("POST", "/imports/residents"): (
        Example(
            lambda s, p: Call("/imports/residents", content=_ledger_sheet(p)), 201, Outside.OWN
        ),
    ),
    ("POST", "/imports/regions"): (
        Example(
            lambda s, p: Call("/imports/regions", content=region_bytes([hamlet(801)])),
            201,
            Outside.OWN,
        ),
    ),
    ("POST", "/imports/accounts"): (
        Example(
            lambda s, p: Call("/imports/accounts", content=account_bytes([newcomer(801)])),
            201,
            Outside.OWN,
        ),
    ),
    ("POST", "/imports/match"): (
        Example(
            lambda s, p: Call(
                "/imports/match",
                params={"source": "民政火化", "kind": "deceased"},
                content=roster_bytes([pensioner(1)]),
            ),
            201,
            Outside.OWN,
        ),
    ),
    ("POST", "/uploads"): (
        Example(
            lambda s, p: Call("/uploads", headers={**TUS, "upload-length": "3", **_SHA256}),
            201,
            outside=Outside.OWN,
        ),
    ),
    # Everybody's uploads are their own: this one nobody has.
    **{
        (method, "/uploads/{upload}"): (
            Example(
                lambda s, p: Call(f"/uploads/{'0' * 32}", headers={**TUS, **_BYTES}, content=b"a"),
                404,
                outside=Outside.OWN,
            ),
        )
        for method in ("PATCH", "DELETE")
    },
    ("GET", "/attachments"): _own("/attachments"),
    ("GET", "/attachments/{number}"): (Example(lambda s, p: Call(f"/attachments/{s.photo}")),),
    ("PUT", "/attachments/{number}/hold"): (
        Example(lambda s, p: Call(f"/attachments/{s.photo}/hold")),
    ),
    ("DELETE", "/attachments/{number}/hold"): (
        Example(lambda s, p: Call(f"/attachments/{s.photo}/hold"), 204),
    ),
    ("GET", "/reuse"): _own("/reuse"),
    ("POST", "/reuse/{number}/decision"): (
        Example(lambda s, p: Call(f"/reuse/{s.flag}/decision", {"decision": "cleared"})),
    ),
    ("GET", "/imports"): _own("/imports"),
    ("GET", "/imports/underway"): _own("/imports/underway"),
    ("GET", "/imports/{number}"): (Example(lambda s, p: Call(f"/imports/{_batch(s, p)}")),),
    ("GET", "/imports/{number}/faults"): (
        Example(lambda s, p: Call(f"/imports/{_batch(s, p, rejected=True)}/faults")),
    ),
    ("POST", "/imports/{number}/sheet"): (
        Example(lambda s, p: Call(f"/imports/{_batch(s, p, rejected=True)}/sheet")),
    ),
    ("POST", "/imports/{number}/undo"): (
        Example(lambda s, p: Call(f"/imports/{_batch(s, p)}/undo", params={"dry_run": "true"})),
    ),
    ("GET", "/imports/{number}/left"): (
        Example(lambda s, p: Call(f"/imports/{_batch(s, p)}/left")),
    ),
    ("GET", "/imports/{number}/changes"): (
        Example(lambda s, p: Call(f"/imports/{s.listed.roster}/changes")),
    ),
    ("GET", "/imports/{number}/hits"): (
        Example(lambda s, p: Call(f"/imports/{s.listed.match}/hits")),
    ),
    ("POST", "/imports/hits/{hit}/clear"): (
        Example(
            lambda s, p: Call(f"/imports/hits/{s.listed.hit}/clear", {"reason": "本人到场"}), 204
        ),
    ),
    ("GET", "/certification/cycles"): _own("/certification/cycles"),
    ("GET", "/certification/progress"): (
        *_own("/certification/progress"),
        Example(_plain("/certification/progress", region=TOWN)),
    ),
    ("GET", "/certification/windows"): _list("/certification/windows"),
    ("PUT", "/certification/cycles/{insurance}"): (
        Example(lambda s, p: Call("/certification/cycles/resident", _CYCLE), outside=Outside.OWN),
    ),
    ("POST", "/certification/codes"): (
        Example(lambda s, p: Call("/certification/codes"), 201, Outside.OWN),
    ),
    ("GET", "/certification/households/{number}"): (
        Example(lambda s, p: Call(f"/certification/households/{s.listed.beneficiary}")),
    ),
    ("GET", "/certification/deaths"): _list("/certification/deaths"),
    ("GET", "/certification/reviews/{submission}"): (
        Example(lambda s, p: Call(f"/certification/reviews/{s.certified}")),
    ),
    ("POST", "/certification/samples"): (
        Example(lambda s, p: Call("/certification/samples", {**A_SAMPLE, "id": str(uuid4())}), 201),
    ),
    ("GET", "/certification/samples"): _own("/certification/samples"),
    ("GET", "/certification/samples/{number}"): (
        Example(lambda s, p: Call(f"/certification/samples/{s.sample}")),
    ),
    ("PUT", "/certification/samples/{number}/items/{submission}"): (
        Example(
            lambda s, p: Call(
                f"/certification/samples/{s.sample}/items/{s.certified}", {"ok": True}
            ),
            204,
        ),
    ),
    ("GET", "/certification/results.csv"): _list("/certification/results.csv"),
    ("GET", "/certification/results.xlsx"): _list("/certification/results.xlsx"),
    ("GET", "/certification/papers"): _own("/certification/papers"),
    ("PUT", "/certification/papers"): (
        Example(lambda s, p: Call("/certification/papers", {"papers": _PAPERS}), 204, Outside.OWN),
    ),
    ("GET", "/beneficiaries"): _list("/beneficiaries"),
    ("POST", "/beneficiaries/search"): (
        Example(
            lambda s, p: Call("/beneficiaries/search", {"id_number": id_number(1)}),
            outside=Outside.OWN,
        ),
    ),
    ("GET", "/beneficiaries/{number}"): (
        Example(lambda s, p: Call(f"/beneficiaries/{s.listed.beneficiary}")),
    ),
    ("POST", "/beneficiaries/{number}/reveal"): (
        Example(
            lambda s, p: Call(
                f"/beneficiaries/{s.listed.beneficiary}/reveal", {"purpose": "上门核实"}
            )
        ),
    ),
    ("GET", "/addresses"): _own("/addresses"),
    ("POST", "/addresses"): (
        Example(
            lambda s, p: Call("/addresses", {"channel": "mail", "address": "new@village.test"}),
            201,
            Outside.OWN,
        ),
    ),
    ("DELETE", "/addresses/{number}"): (
        Example(lambda s, p: Call(f"/addresses/{s.addresses[p.key]}"), 204),
    ),
    ("GET", "/robots"): _list("/robots"),
    ("POST", "/robots"): (Example(lambda s, p: Call("/robots", A_ROBOT), 201),),
    ("DELETE", "/robots/{number}"): (Example(lambda s, p: Call(f"/robots/{s.robot}"), 204),),
    ("GET", "/call-list"): _list("/call-list"),
    ("GET", "/today"): _own("/today"),
    ("GET", "/imports/templates/{kind}"): (
        *_own("/imports/templates/roster"),
        *_own("/imports/templates/match"),
        *_own("/imports/templates/residents"),
        *_own("/imports/templates/regions"),
        *_own("/imports/templates/accounts"),
    ),
    ("GET", "/export-requests"): _own("/export-requests"),
    ("POST", "/export-requests"): (Example(_ask_export, 201),),
    ("POST", "/export-requests/{number}/decision"): (
        Example(lambda s, p: Call(f"/export-requests/{s.export}/decision", {"approve": True})),
    ),
    ("GET", "/me/second-factor"): _own("/me/second-factor"),
    ("POST", "/me/second-factor"): (
        Example(lambda s, p: Call("/me/second-factor", {"password": PASSWORD}), 201, Outside.OWN),
    ),
    ("POST", "/me/second-factor/confirm"): (Example(_confirm, 201, Outside.OWN),),
    # Nobody here has it on, so no code is right.
    ("POST", "/me/second-factor/off"): (
        Example(
            lambda s, p: Call("/me/second-factor/off", {"password": PASSWORD, "code": "123456"}),
            403,
            Outside.OWN,
        ),
    ),
    ("DELETE", "/accounts/{number}/second-factor"): (
        Example(
            lambda s, p: Call(f"/accounts/{s.world.people['backup'].account}/second-factor"), 204
        ),
    ),
    ("GET", "/county-rules/second-factor"): _own("/county-rules/second-factor"),
    ("PUT", "/county-rules/second-factor"): (
        Example(
            lambda s, p: Call("/county-rules/second-factor", {"required": False}), 204, Outside.OWN
        ),
    ),
    ("GET", "/villages"): _list("/villages"),
    ("GET", "/posts/{number}/handover"): (
        Example(lambda s, p: Call(f"/posts/{s.world.people['colleague'].post}/handover")),
    ),
    ("POST", "/posts/{number}/handover"): (
        Example(
            lambda s, p: Call(
                f"/posts/{s.world.people['colleague'].post}/handover",
                {"name": "冯兰", "phone": "13900000088"},
            ),
            201,
        ),
    ),
    ("POST", "/today/calls"): (
        Example(lambda s, p: Call("/today/calls", {"id": str(uuid4()), "region": VILLAGE}), 204),
    ),
    ("POST", "/call-list/{number}/done"): (
        Example(lambda s, p: Call(f"/call-list/{s.call}/done", {"note": "已电话告知"}), 204),
    ),
    ("GET", "/channels"): _own("/channels"),
    ("GET", "/notices"): _own("/notices"),
    ("POST", "/notices"): (
        Example(
            lambda s, p: Call(
                "/notices", a_notice(COUNTY if p.role is Role.COUNTY_OPS else TOWN, [VILLAGE])
            ),
            201,
        ),
    ),
    ("GET", "/notices/{number}"): (Example(lambda s, p: Call(f"/notices/{s.notice}")),),
    ("PUT", "/notices/{number}"): (
        Example(lambda s, p: Call(f"/notices/{s.notice}", {"title": "更正", "body": "改。"})),
    ),
    ("POST", "/notices/{number}/withdraw"): (
        Example(lambda s, p: Call(f"/notices/{s.notice}/withdraw"), 204),
    ),
    ("POST", "/notices/{number}/read"): (
        Example(
            lambda s, p: Call(
                f"/notices/{s.notice}/read",
                {"version": 1, "read_at": s.world.clock.now.isoformat()},
            ),
            204,
        ),
    ),
    ("GET", "/notices/{number}/villages"): (
        Example(lambda s, p: Call(f"/notices/{s.notice}/villages")),
    ),
    ("GET", "/notices/{number}/readers"): (
        Example(lambda s, p: Call(f"/notices/{s.notice}/readers")),
        Example(lambda s, p: Call(f"/notices/{s.notice}/readers", params={"region": VILLAGE})),
    ),
    ("GET", "/feedback"): _own("/feedback"),
    ("POST", "/feedback"): (
        Example(lambda s, p: Call("/feedback", a_feedback(VILLAGE, s.world.clock.now)), 201),
    ),
    ("GET", "/feedback/{number}"): (
        Example(lambda s, p: Call(f"/feedback/{_own_feedback(s, p)}")),
    ),
    ("POST", "/feedback/{number}/take"): (
        Example(lambda s, p: Call(f"/feedback/{s.feedback['liaison']}/take")),
    ),
    ("POST", "/feedback/{number}/pass-on"): (
        Example(
            lambda s, p: Call(f"/feedback/{s.feedback['liaison']}/pass-on", {"reason": "全县的事"})
        ),
    ),
    ("POST", "/feedback/{number}/answer"): (
        Example(
            lambda s, p: Call(f"/feedback/{s.feedback['liaison']}/answer", {"text": "已合并。"})
        ),
    ),
    # First use
    ("POST", "/invitations"): (
        Example(lambda s, p: Call("/invitations", {"account": str(_liaison(s))}), 201),
    ),
    ("GET", "/invitations"): _list("/invitations"),
    ("DELETE", "/invitations/{number}"): (
        Example(lambda s, p: Call(f"/invitations/{s.invitation[0]}"), 204),
    ),
    ("POST", "/invitations/redeem"): (
        Example(
            lambda s, p: Call(
                "/invitations/redeem", {"token": s.invitation[1], "password": "huan-Le-Mi-Ma"}
            ),
            201,
            Outside.OWN,
        ),
    ),
    ("GET", "/me/devices"): _own("/me/devices"),
    ("DELETE", "/me/devices"): (Example(_plain("/me/devices"), 204, Outside.OWN),),
    ("DELETE", "/me/devices/{device}"): (
        Example(lambda s, p: Call(f"/me/devices/{p.session}"), 204),
    ),
    ("GET", "/me/record"): _own("/me/record"),
    ("GET", "/accounts/{number}/devices"): (
        Example(lambda s, p: Call(f"/accounts/{_liaison(s)}/devices")),
    ),
    ("DELETE", "/accounts/{number}/devices"): (
        Example(lambda s, p: Call(f"/accounts/{_liaison(s)}/devices"), 204),
    ),
    ("DELETE", "/accounts/{number}/devices/{device}"): (
        Example(
            lambda s, p: Call(
                f"/accounts/{_liaison(s)}/devices/{s.world.people['liaison'].session}"
            ),
            204,
        ),
    ),
    ("POST", "/accounts/{number}/disable"): (
        Example(lambda s, p: Call(f"/accounts/{_liaison(s)}/disable"), 204),
    ),
    ("POST", "/accounts/{number}/enable"): (
        Example(lambda s, p: Call(f"/accounts/{_liaison(s)}/enable"), 204),
    ),
    ("POST", "/rescues"): (Example(_rescue),),
    ("PUT", "/regions/{key}/office-phone"): (
        Example(lambda s, p: Call(f"/regions/{TOWN}/office-phone", {"number": "0990-123456"}), 204),
    ),
}
EXAMPLES |= {
    # The county's papers
    ("GET", "/circulars"): _own("/circulars"),
    ("POST", "/circulars"): (
        Example(
            lambda s, p: Call("/circulars", {"schedule": s.uncirculated, "period": "2026-W45"}), 201
        ),
    ),
    ("GET", "/circulars/{number}"): (
        Example(lambda s, p: Call(f"/circulars/{s.circular}", params={"version": 1})),
    ),
    ("POST", "/circulars/{number}/versions"): (
        Example(lambda s, p: Call(f"/circulars/{s.circular}/versions", {"ranked": False}), 201),
    ),
    ("POST", "/circulars/{number}/versions/{version}/publish"): (
        Example(lambda s, p: Call(f"/circulars/{s.circular}/versions/2/publish")),
    ),
    ("GET", "/circulars/{number}/circular.xlsx"): (
        Example(lambda s, p: Call(f"/circulars/{s.circular}/circular.xlsx")),
    ),
    ("GET", "/circulars/{number}/circular.pdf"): (
        Example(lambda s, p: Call(f"/circulars/{s.circular}/circular.pdf")),
    ),
    ("GET", "/county-rules/mark"): _own("/county-rules/mark"),
    ("PUT", "/county-rules/mark"): (
        Example(lambda s, p: Call("/county-rules/mark", {"mark": "示人社"}), 204, Outside.OWN),
    ),
    ("GET", "/county-rules/weights"): _own("/county-rules/weights"),
    ("PUT", "/county-rules/weights"): (
        Example(lambda s, p: Call("/county-rules/weights", WEIGHTS), 204, Outside.OWN),
    ),
    ("GET", "/county-rules/prices"): _own("/county-rules/prices"),
    ("PUT", "/county-rules/prices"): (
        Example(lambda s, p: Call("/county-rules/prices", PRICES), 204, Outside.OWN),
    ),
    ("GET", "/assessments/{quarter}"): (
        *_own("/assessments/2026-Q4"),
        Example(_plain("/assessments/2026-Q4", region=TOWN)),
    ),
    ("GET", "/assessments/{quarter}/assessment.xlsx"): (
        Example(_plain("/assessments/2026-Q4/assessment.xlsx", region=TOWN)),
    ),
    ("GET", "/subsidies"): (
        *_own("/subsidies", **_NOVEMBER),
        Example(_plain("/subsidies", region=TOWN, **_NOVEMBER)),
    ),
    ("GET", "/subsidies/subsidies.xlsx"): (
        Example(_plain("/subsidies/subsidies.xlsx", region=TOWN, **_NOVEMBER)),
    ),
}
RECEIPTS = {("POST", "/deliveries/receipts")}  # signed by the gateway


def exported(name: str) -> str:
    """The list of which /exports/`name` is the file."""
    path = name.replace(":uuid", "")
    known = {
        "calls": "/call-list",
        "turnaround": "/rates/turnaround",
        "audit": "/audit/search",
    }
    certifying = ("progress", "windows", "deaths", "samples")
    return known.get(path, f"/certification/{path}" if path in certifying else f"/{path}")


def _exports(path: str, name: str, ending: str) -> tuple[Example, ...]:
    """What the list is asked for, as a file."""

    def of(example: Example) -> Callable[[Stage, Person], Call]:
        def make(stage: Stage, person: Person) -> Call:
            call = example.make(stage, person)
            at = name if "{" not in name else call.path.strip("/")
            return replace(call, path=f"/exports/{at}.{ending}")

        return make

    listed = EXAMPLES["POST" if name == "audit" else "GET", path]
    return tuple(replace(each, make=of(each)) for each in listed)


EXAMPLES |= {
    ("POST" if name == "audit" else "GET", f"/exports/{name.replace(':uuid', '')}.{ending}"): (
        _exports(exported(name), name, ending)
    )
    for name in LISTS
    for ending in ("csv", "xlsx")
}

# Outside /api/v1, for whoever runs it.
# Tickets by themselves, and an answer without a body: see test_photos.py.
PICTURES = {("GET", "/pictures/{token}"), ("GET", "/notice-files/{token}")}
STANDS = {("HEAD", "/uploads/{upload}")}
FEEDS = {("GET", "/calendar/{name}")}  # with the secret in the path
OPERATIONS = {("GET", "/health/live"), ("GET", "/health/ready"), ("GET", "/metrics")}

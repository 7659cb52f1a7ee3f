"""Named people in two counties, and a client for each of them.

990101 示范县: 990101100 (villages …201 王芳 with B角 赵敏, …202 李强, …203 vacant),
               990101101 (village …201 刘洋)
990102 邻县:   990102100 (village …201 吴刚)
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
from litestar import Litestar

from backend.domain.roles import Role
from backend.main import build_app
from backend.photos import open_photos
from backend.settings import Settings, load
from backend.store import forms, people, regions
from backend.tables import Account, Post, Session
from backend.tasks import certifying, delivering, opening, reminding
from backend.vault import Vault

SECRET = "a secret of forty characters for the tests"
PASSWORD = "tian-Jia-8-li"
# Everything set, nobody there: nothing is sent by a request.
GATEWAY_SECRET = "a gateway secret of thirty-two or more"
CHANNELS = {
    "CUNBAO_VAPID_PRIVATE_KEY": "3s2dMcVbOoTdCXLSbUPPSuVnKbTUL9Ko0n8jLsWl0yw",
    "CUNBAO_VAPID_CONTACT": "mailto:county@cunbao.test",
    "CUNBAO_WECOM_URL": "http://127.0.0.1:9",
    "CUNBAO_WECOM_APP": "corp1:corp-secret@1000002",
    "CUNBAO_DINGTALK_URL": "http://127.0.0.1:9",
    "CUNBAO_MAIL_SERVER": "smtp://127.0.0.1:9",
    "CUNBAO_MAIL_FROM": "county@cunbao.test",
    "CUNBAO_GATEWAY_URL": "http://127.0.0.1:9",
    "CUNBAO_GATEWAY_SECRET": GATEWAY_SECRET,
}
COUNTY, OTHER_COUNTY = "990101", "990102"
TOWN, OTHER_TOWN, FAR_TOWN = "990101100", "990101101", "990102100"
VILLAGE, NEIGHBOUR, VACANT = "990101100201", "990101100202", "990101100203"
OTHER_VILLAGE, FAR_VILLAGE = "990101101201", "990102100201"

_REGIONS = (
    ("99", "测试省", "province"),
    (COUNTY, "示范县", "county"),
    (OTHER_COUNTY, "邻县", "county"),
    (TOWN, "城关镇", "township"),
    (OTHER_TOWN, "河口镇", "township"),
    (FAR_TOWN, "远山镇", "township"),
    (VILLAGE, "王家庄村民委员会", "village"),
    (NEIGHBOUR, "李家屯村民委员会", "village"),
    (VACANT, "赵家沟村民委员会", "village"),
    (OTHER_VILLAGE, "刘家桥村民委员会", "village"),
    (FAR_VILLAGE, "吴家岭村民委员会", "village"),
)
# name, role, region, B角
PEOPLE = {
    "liaison": ("王芳", Role.LIAISON, VILLAGE, False),
    "backup": ("赵敏", Role.LIAISON, VILLAGE, True),
    "colleague": ("李强", Role.LIAISON, NEIGHBOUR, False),
    "station": ("何静", Role.STATION, NEIGHBOUR, False),
    "elsewhere": ("刘洋", Role.LIAISON, OTHER_VILLAGE, False),
    "reviewer": ("陈静", Role.REVIEWER, TOWN, False),
    "lead": ("周涛", Role.OFFICE_LEAD, TOWN, False),
    "other_reviewer": ("郑洁", Role.REVIEWER, OTHER_TOWN, False),
    "county": ("孙丽", Role.COUNTY_OPS, COUNTY, False),
    "monitor": ("马超", Role.COUNTY_MONITOR, COUNTY, False),
    "auditor": ("胡敏", Role.FUND_AUDIT, COUNTY, False),
    "sysadmin": ("林峰", Role.SYSADMIN, COUNTY, False),
    "upper": ("高明", Role.UPPER_VIEWER, "99", False),
    "outsider": ("吴刚", Role.LIAISON, FAR_VILLAGE, False),
    "far_reviewer": ("黄伟", Role.REVIEWER, FAR_TOWN, False),
    "far_county": ("徐静", Role.COUNTY_OPS, OTHER_COUNTY, False),
}


@dataclass
class Clock:
    """A clock that stands where it is set. It starts on Monday 2 November 2026, 10:00 in China."""

    now: datetime = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **amount: float) -> datetime:
        """Lets time pass."""
        self.now += timedelta(**amount)
        return self.now

    def set(self, *local: int) -> datetime:
        """Sets it to a time in China."""
        self.now = datetime(*local, tzinfo=UTC) - timedelta(hours=8)  # type: ignore[misc,arg-type]
        return self.now


@dataclass(frozen=True)
class Person:
    """Somebody of the world, signed in."""

    key: str
    name: str
    account: UUID
    session: UUID
    post: UUID
    phone: str
    region: str
    role: Role


class Client:
    """Asks the API as one person."""

    def __init__(self, world: "World", person: Person | None) -> None:
        self._world = world
        self._person = person

    async def ask(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """One request below /api/v1, whatever the answer."""
        sent = {**self.headers(), **(headers or {})}
        return await self._world.http.request(method, f"/api/v1{path}", headers=sent, **more)

    def headers(self) -> dict[str, str]:
        """What signs the person in."""
        if self._person is None:
            return {}
        vault, now = self._world.vault, self._world.clock.now
        return {"authorization": f"Bearer {vault.access_token(self._person.session, now, 15)}"}

    async def get(self, path: str, status: int = 200, **params: Any) -> Any:
        """The JSON of a GET that must answer `status`."""
        return _checked(await self.ask("GET", path, params=params), status)

    async def post(self, path: str, json: Any = None, status: int = 201, **more: Any) -> Any:
        """The JSON of a POST that must answer `status`."""
        return _checked(await self.ask("POST", path, json=json, **more), status)


def _checked(response: httpx.Response, status: int) -> Any:
    assert response.status_code == status, (response.status_code, response.text)
    return response.json() if response.content else None


@dataclass
class World:
    """The application, its clock and its people."""

    app: Litestar
    http: httpx.AsyncClient
    clock: Clock
    vault: Vault
    url: str
    people: dict[str, Person] = field(default_factory=dict)

    def as_(self, key: str) -> Client:
        """The client of a person, by role in the story."""
        return Client(self, self.people[key])

    @property
    def anyone(self) -> Client:
        """Somebody who is not signed in."""
        return Client(self, None)

    async def schedule(self, code: str = "RETURN_WEEKLY", **changes: Any) -> int:
        """A schedule of a shipped form in the county; weekly, due Friday 12:00, by default."""
        form = await forms.shipped(code)
        assert form is not None
        values = {
            "scope": COUNTY,
            "form": form["id"],
            "title": {"zh": "返乡农民工周报", "en": "Weekly return report"},
            "cadence": "weekly",
            "timetable": {
                "due": {"kind": "weekday", "number": 5, "at": "12:00"},
                "opens_workdays_before": None,
                "closes_workdays_after": 5,
            },
            "steps": ["town"],
            "ladder": DEFAULT_LADDER,
            "ladder_since": datetime(2026, 1, 1, tzinfo=UTC),
            "allowance_hours": 24,
            "starts_on": date(2026, 11, 2),
            "ends_on": None,
            "created_at": self.clock.now,
            **changes,
        }
        return await forms.add_schedule(values)

    async def open(self) -> None:
        """Runs the opening of obligations to its end."""
        await opening.freeze_periods(self.clock.now)
        while await opening.open_one(self.clock.now):
            pass

    async def certify(self) -> None:
        """Runs the rounds among the pensioners to their end."""
        await certifying.make_schedules(self.clock.now)
        while await certifying.attend_one(self.clock.now):
            pass

    async def remind(self) -> None:
        """Runs reminding, and delivery once the digests have been gathered."""
        await self.remind_only()
        await self.deliver(self.clock.now + reminding.GATHER)

    async def remind_only(self) -> None:
        """Runs reminding to its end: what it decided still waits in the outbox."""
        while await reminding.remind_some(self.clock.now):
            pass

    async def deliver(self, now: datetime | None = None) -> None:
        """Runs delivery to its end."""
        while await delivering.deliver_some((), now or self.clock.now):
            pass

    async def duty(self, who: str = "liaison") -> dict[str, Any]:
        """The first open duty of a liaison, as the phone gets it."""
        synced = await self.as_(who).get("/sync")
        duty: dict[str, Any] = synced["obligations"][0]
        return duty

    async def file(self, who: str, **changes: Any) -> dict[str, Any]:
        """Files one item as somebody and gives its outcome."""
        item = {"id": str(uuid4()), "answers": weekly(), **changes}
        answer = await self.as_(who).post(
            "/submissions", {"items": [item], "device_time": self.clock.now.isoformat()}, 200
        )
        outcome: dict[str, Any] = answer["items"][0]
        return outcome

    async def review(self, who: str, submission: str, decision: str, **more: Any) -> dict[str, Any]:
        """Decides on one submission at the township's step and gives the outcome."""
        item = {
            "id": str(uuid4()),
            "submission": submission,
            "step": "town",
            "decision": decision,
            **more,
        }
        answer = await self.as_(who).post("/reviews", {"items": [item]}, 200)
        outcome: dict[str, Any] = answer["items"][0]
        return outcome


# What a digest says: counts and an instant, and the numbers of the duties.
SAID = {"duties", "overdue", "to_correct", "to_review", "villages", "nearest", "obligations"}

DEFAULT_LADDER: list[dict[str, Any]] = [
    {"key": "before_1", "offset_workdays": -1, "at": "09:00", "audience": ["liaison"]},
    {"key": "due_day", "offset_workdays": 0, "at": "09:00", "audience": ["liaison"]},
    {
        "key": "after_1",
        "offset_workdays": 1,
        "at": "09:00",
        "audience": ["liaison", "backup", "township"],
    },
]


def weekly(**changes: Any) -> dict[str, Any]:
    """Answers to RETURN_WEEKLY that hold together when nothing was filed before."""
    answers = {
        "ret_week": 4,
        "ret_out": 3,
        "ret_in": 1,
        "ret_cum": 4,
        "local_job": 1,
        "startup": 1,
        "plan_leave": 1,
        "seeking": 1,
        "no_intent": 0,
        "leave_week": 0,
        "unpaid_wage": 0,
        "need_service": 0,
    }
    return {**answers, **changes}


_hashed: dict[str, str] = {}


def password_hash(vault: Vault) -> str:
    """The hash of everybody's password; argon2 is slow, so it is made once."""
    if PASSWORD not in _hashed:
        _hashed[PASSWORD] = vault.hash_password(PASSWORD)
    return _hashed[PASSWORD]


@functools.cache
def _built() -> Litestar:
    """Wiring takes a tenth of a second, so the worlds of a run share one and set its clock."""
    return build_app(_settings("postgresql://elsewhere"))


@functools.cache
def _homes() -> TemporaryDirectory[str]:
    """Where the worlds of a run keep their photos; gone when it ends."""
    return TemporaryDirectory(prefix="cunbao-test-")


def _settings(url: str) -> Settings:
    return load(
        {
            "CUNBAO_SECRET_KEY": SECRET,
            "CUNBAO_DATABASE_URL": url,
            "CUNBAO_HOME": str(Path(_homes().name) / uuid4().hex),
            "CUNBAO_SCHEDULER": "off",
            "CUNBAO_LOG_LEVEL": "warning",
            **CHANNELS,
        }
    )


async def make_world(url: str) -> World:
    """The application on the connected database, with regions and people."""
    clock, app, config = Clock(), _built(), _settings(url)
    app.state.settings, app.state.clock = config, clock
    app.state.photos = open_photos(config, app.state.vault)
    transport = httpx.ASGITransport(cast("Any", app), raise_app_exceptions=False)
    http = httpx.AsyncClient(transport=transport, base_url="http://cunbao.test")
    world = World(app, http, clock, Vault(SECRET), url)
    await regions.upsert(
        [(key, key.ljust(12, "0"), name, level, _parent(key)) for key, name, level in _REGIONS]
    )
    for key in PEOPLE:
        await add_person(world, key, *PEOPLE[key])
    return world


def _parent(key: str) -> str | None:
    return {2: None, 6: "99", 9: key[:6], 12: key[:9]}[len(key)]


async def add_person(
    world: World, key: str, name: str, role: Role, region: str, is_backup: bool = False
) -> Person:
    """Somebody more in the story, signed in."""
    account, session, post = uuid4(), uuid4(), uuid4()
    phone = f"1390000{len(world.people):04}"
    start = datetime(2026, 1, 1, tzinfo=UTC)
    await people.add_account(
        Account(
            id=account,
            name=name,
            phone_sealed=world.vault.seal(phone),
            phone_index=world.vault.index(phone),
            password_hash=password_hash(world.vault),
            created_at=start,
        )
    )
    await people.add_post(
        Post(
            id=post,
            account=account,
            role=role.value,
            region=region,
            is_backup=is_backup,
            starts_at=start,
        )
    )
    await people.add_session(
        Session(
            id=session,
            account=account,
            device="test",
            generation=1,
            created_at=start,
            refreshed_at=start,
            expires_at=datetime(2099, 12, 31, tzinfo=UTC),
        )
    )
    world.people[key] = Person(key, name, account, session, post, phone, region, role)
    return world.people[key]

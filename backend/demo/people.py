"""The people of the demo county: who holds which post, from when and until when."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice, pairwise
from random import Random
from typing import Final
from uuid import UUID

from backend.demo import regions
from backend.demo.regions import COUNTY, SHARED, STATION, TOWN, TOWNSHIPS, VACANT, VILLAGE
from backend.domain.regions import Level
from backend.domain.roles import Role

_FAMILY: Final = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN: Final = [
    "建国",
    "秀英",
    "志强",
    "桂兰",
    "建军",
    "玉梅",
    "德胜",
    "春花",
    "国庆",
    "淑珍",
    "文彬",
    "秀兰",
    "永福",
    "凤霞",
    "立新",
    "素芬",
    "长江",
    "玉兰",
    "卫东",
    "桂英",
    "明",
    "丽",
    "伟",
    "敏",
    "静",
    "强",
    "磊",
    "洋",
    "艳",
    "勇",
    "军",
    "杰",
    "娟",
    "涛",
    "超",
    "霞",
    "平",
    "刚",
    "芳",
    "燕",
    "红梅",
    "海燕",
    "学文",
    "广才",
    "金山",
    "银花",
]
# One person a role, to sign in as.
NAMED: Final = (
    (Role.LIAISON, "王秀兰", (VILLAGE,)),
    (Role.STATION, "刘敏", STATION),
    (Role.REVIEWER, "陈志强", (TOWN,)),
    (Role.OFFICE_LEAD, "周建国", (TOWN,)),
    (Role.COUNTY_OPS, "孙丽", (COUNTY,)),
    (Role.COUNTY_MONITOR, "马超", (COUNTY,)),
    (Role.FUND_AUDIT, "胡静", (COUNTY,)),
    (Role.SYSADMIN, "林峰", (COUNTY,)),
    (Role.UPPER_VIEWER, "高明", (COUNTY[: Level.CITY.digits],)),
)
_FIELD: Final = (Role.LIAISON, Role.STATION)
_OFFICE: Final = (Role.REVIEWER, Role.OFFICE_LEAD)
_BACKUP_EVERY, _LEAVING_EVERY = 11, 37  # villages with a B角, and with a change of liaison
_LONGEST_SERVICE, _LONGEST_GAP = 900, 25  # days before the story begins; days without anybody


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account."""

    id: UUID
    name: str
    phone: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Seat:
    """A post somebody holds, up to `until` if that is known."""

    id: UUID
    person: Person
    role: Role
    region: str
    since: datetime
    until: datetime | None = None
    is_backup: bool = False

    def held(self, t: datetime) -> bool:
        return self.since <= t and (self.until is None or t < self.until)


@dataclass
class Staff:
    """All posts, and who acts for a village or an office at an instant."""

    people: list[Person] = field(default_factory=list)
    seats: list[Seat] = field(default_factory=list)
    _at: dict[str, list[Seat]] = field(default_factory=lambda: defaultdict(list))

    def seat(self, seat: Seat) -> None:
        self.seats.append(seat)
        self._at[seat.region].append(seat)

    def liaisons(self, village: str, t: datetime, *, backup: bool) -> list[Person]:
        """Who files for a village at `t`: its liaison, or its B角."""
        return [
            seat.person
            for seat in self._at[village]
            if seat.role is Role.LIAISON and seat.is_backup is backup and seat.held(t)
        ]

    def office(self, region: str) -> list[Person]:
        """Who works in a township's office, or for the county's business."""
        roles = _OFFICE if len(region) == Level.TOWNSHIP.digits else (Role.COUNTY_OPS,)
        return [seat.person for seat in self._at[region] if seat.role in roles]

    def move(self, old: str, new: str) -> None:
        """Whoever served village `old` serves `new` as well."""
        self._at[new] += self._at[old]


class _Personnel:
    """Hires people one after the other, with everything about them drawn from one source."""

    def __init__(self, rng: Random, begins: datetime) -> None:
        self.rng, self.begins, self.staff = rng, begins, Staff()

    def hire(self, name: str = "", phone: str = "", since: datetime | None = None) -> Person:
        rng = self.rng
        earlier = self.begins - timedelta(days=rng.randint(30, _LONGEST_SERVICE))
        person = Person(
            uuid(rng),
            name or full_name(rng),
            phone or f"1390000{len(self.staff.people):04}",
            since or earlier,
        )
        self.staff.people.append(person)
        return person

    def post(
        self,
        person: Person,
        role: Role,
        region: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        is_backup: bool = False,
    ) -> None:
        start = since or person.since
        self.staff.seat(Seat(uuid(self.rng), person, role, region, start, until, is_backup))

    def serve(self, village: str, now: datetime, *, leaving: bool) -> None:
        """A liaison, or one who left and a successor after a while without anybody."""
        first, left = self.hire(), None
        if leaving:
            days = (now - self.begins).days
            left = now - timedelta(days=self.rng.randint(30, max(31, days - 60)))
            found = left + timedelta(days=self.rng.randint(0, _LONGEST_GAP))
            self.post(self.hire(since=found), Role.LIAISON, village)
        self.post(first, Role.LIAISON, village, until=left)


def named_phone(number: int) -> str:
    """138 0000 0001 and so on, which belong to nobody."""
    return f"1380000{number + 1:04}"


def full_name(rng: Random) -> str:
    """Somebody's name."""
    return rng.choice(_FAMILY) + rng.choice(_GIVEN)


def uuid(rng: Random) -> UUID:
    """A random id that is the same in every run."""
    return UUID(int=rng.getrandbits(128), version=4)


def hired(rng: Random, villages: Iterable[str], begins: datetime, now: datetime) -> Staff:
    """Everybody: the named people, the offices, a liaison in every village but the vacant one."""
    personnel = _Personnel(rng, begins)
    named = _hire_named(personnel)
    for township in TOWNSHIPS:
        for role in (Role.OFFICE_LEAD, Role.REVIEWER, Role.REVIEWER):
            if (role, township.key) not in named:
                personnel.post(personnel.hire(), role, township.key)
    personnel.post(personnel.hire(), Role.COUNTY_OPS, COUNTY)
    _hire_liaisons(personnel, list(villages), named, now)
    return personnel.staff


def _hire_named(personnel: _Personnel) -> Mapping[tuple[Role, str], Person]:
    named = {}
    for number, (role, name, places) in enumerate(NAMED):
        person = personnel.hire(name, named_phone(number))
        for place in places:
            personnel.post(person, role, place)
            named[role, place] = person
    return named


def _hire_liaisons(
    personnel: _Personnel,
    villages: list[str],
    named: Mapping[tuple[Role, str], Person],
    now: datetime,
) -> None:
    """One for each village but the vacant one, some with a neighbour's liaison as B角."""
    shared = personnel.hire()
    staying = {*regions.BUSY, *STATION}
    for number, village in enumerate(villages):
        if village in SHARED:
            personnel.post(shared, Role.LIAISON, village)
        elif (Role.LIAISON, village) not in named and village != VACANT:
            leaving = number % _LEAVING_EVERY == 0 and village not in staying
            personnel.serve(village, now, leaving=leaving)
    staff = personnel.staff
    for village, neighbour in islice(pairwise(villages), 0, None, _BACKUP_EVERY):
        for helper in staff.liaisons(neighbour, now, backup=False):
            if helper not in staff.liaisons(village, now, backup=False):
                personnel.post(helper, Role.LIAISON, village, is_backup=True)

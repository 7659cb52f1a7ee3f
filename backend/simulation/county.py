"""The simulated county: villages, offices, who serves when, where people can be reached."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

from backend.demo.figures import Profile, profile
from backend.demo.making import account_of, post_of
from backend.demo.people import Person, Seat, Staff, uuid
from backend.domain.channels import Kind
from backend.domain.regions import Level, code_of, parent_key
from backend.domain.roles import Role
from backend.simulation.behaviour import Character, Ear, character, tenures
from backend.store import addresses, people, regions
from backend.store.addresses import NewAddress
from backend.vault import Vault

COUNTY: Final = "990101"
_ABOVE: Final = ("99", "9901", COUNTY)
_PER_TOWN: Final = 60
_BACKUP_EVERY, _MERGED_EVERY = 7, 150
_HAS_PUSH, _HAS_WECOM, _HAS_ROBOT = 0.5, 0.4, 0.5
# Nobody signs in.
_NO_PASSWORD: Final = "!"
_PACES: Final = ((95, 5), (80, 15, 5), (45, 35, 15, 5))


@dataclass(frozen=True, slots=True)
class Merger:
    """A village that joins its neighbour."""

    at: datetime
    old: str
    new: str


class County:
    """All that is drawn before the year begins."""

    def __init__(self, seed: int, villages: int, begins: datetime, ends: datetime) -> None:
        self.seed, self.begins, self.ends = seed, begins, ends
        self.towns = [f"{COUNTY}{100 + n}" for n in range(max(2, round(villages / _PER_TOWN)))]
        self.villages = [self._key(number) for number in range(villages)]
        self.staff = Staff()
        self.characters: dict[UUID, Character] = {}
        self.profiles: dict[str, Profile] = {}
        self._hire_offices()
        for village in self.villages:
            self._settle(village)
        self._back_up()
        self.mergers = self._mergers()
        self.paces = {t: self.source("pace", t).choice(_PACES) for t in self.towns}

    def source(self, *names: str) -> Random:
        """Chance that depends on nothing but the seed and the names."""
        return Random("/".join((str(self.seed), *names)))

    def character_at(self, village: str, t: datetime) -> Character | None:
        """What the village's liaison is like at `t`; None where it has none."""
        found = self.staff.liaisons(village, t, backup=False)
        return self.characters[found[0].id] if found else None

    def ear(self, account: UUID, village: str, t: datetime) -> Ear | None:
        """As what somebody hears of a village's duty; None for somebody it no longer concerns."""
        staff = self.staff
        if account in _ids(staff.liaisons(village, t, backup=False)):
            return Ear.LIAISON
        if account in _ids(staff.liaisons(village, t, backup=True)):
            return Ear.BACKUP
        if account in _ids(staff.office(village[: Level.TOWNSHIP.digits])):
            return Ear.OFFICE
        return Ear.COUNTY if account in _ids(staff.office(COUNTY)) else None

    def _key(self, number: int) -> str:
        towns = len(self.towns)
        return f"{self.towns[number % towns]}{200 + number // towns}"

    def _hire(self, rng: Random, role: Role, region: str, since: datetime,
              until: datetime | None = None) -> Person:  # fmt: skip
        number = len(self.staff.people)
        person = Person(uuid(rng), f"{role.value} {number:04}", f"139{number:08}", since)
        self.staff.people.append(person)
        self.staff.seat(Seat(uuid(rng), person, role, region, since, until))
        return person

    def _hire_offices(self) -> None:
        rng, since = self.source("offices"), self.begins - timedelta(days=500)
        for role in (Role.COUNTY_OPS, Role.COUNTY_OPS):
            self._hire(rng, role, COUNTY, since)
        for town in self.towns:
            for role in (Role.OFFICE_LEAD, Role.REVIEWER, Role.REVIEWER):
                self._hire(rng, role, town, since)

    def _settle(self, village: str) -> None:
        rng = self.source("village", village)
        self.profiles[village] = profile(rng)
        for tenure in tenures(rng, self.begins, self.ends):
            person = self._hire(rng, Role.LIAISON, village, tenure.since, tenure.until)
            self.characters[person.id] = character(rng, self.begins, self.ends)

    def _back_up(self) -> None:
        """Some villages have a neighbour's liaison as B角, as long as that one serves."""
        rng = self.source("backup")
        for village, neighbour in list(self._neighbours())[::_BACKUP_EVERY]:
            for helper in [s for s in self.staff.seats if s.region == neighbour][:1]:
                seat = Seat(uuid(rng), helper.person, Role.LIAISON, village, helper.since,
                            helper.until, is_backup=True)  # fmt: skip
                self.staff.seat(seat)

    def _neighbours(self) -> Iterator[tuple[str, str]]:
        """Pairs of villages of one township."""
        towns = len(self.towns)
        return zip(self.villages, self.villages[towns:], strict=False)

    def _mergers(self) -> Sequence[Merger]:
        """Villages whose people stay all the year join their neighbours; offices stay as they are.

        Neither takes part in a B角's arrangement, which a merger would change.
        """
        rng = self.source("mergers")
        staying = [
            pair
            for pair in self._neighbours()
            if all(len([s for s in self.staff.seats if s.region == v]) == 1 for v in pair)
        ]
        wanted = min(1 + len(self.villages) // _MERGED_EVERY, len(staying) // 4)
        length, used = self.ends - self.begins, set[str]()
        found: list[Merger] = []
        for old, new in rng.sample(staying, len(staying)):
            if len(found) < wanted and not used & {old, new}:
                used |= {old, new}
                at = (self.begins + length * rng.uniform(0.2, 0.8)).replace(microsecond=0)
                found.append(Merger(at, old, new))
        return sorted(found, key=lambda each: each.at)


def _ids(found: Sequence[Person]) -> set[UUID]:
    return {person.id for person in found}


async def build(county: County, vault: Vault) -> None:
    """Regions, and everybody who serves when the year begins."""
    rows = [(key, Level.PROVINCE if len(key) == 2 else Level.CITY if len(key) == 4 else
             Level.COUNTY) for key in _ABOVE]  # fmt: skip
    rows += [(key, Level.TOWNSHIP) for key in county.towns]
    rows += [(key, Level.VILLAGE) for key in county.villages]
    await regions.upsert(
        [(key, code_of(key), f"示范 {key}", level.value, parent_key(key)) for key, level in rows]
    )
    rng = county.source("robots")
    for town in county.towns:
        if rng.random() < _HAS_ROBOT:
            await _reach(vault, Kind.WECOM_ROBOT, f"robot-{town}", county.begins, region=town)
    serving = [seat for seat in county.staff.seats if seat.since <= county.begins]
    await begin(county, vault, serving, county.begins)


async def begin(county: County, vault: Vault, seats: Sequence[Seat], now: datetime) -> None:
    """Opens the posts, with accounts and addresses for those who are new."""
    newcomers: Mapping[UUID, Person] = {
        s.person.id: s.person for s in seats if s.since == s.person.since and not s.is_backup
    }
    rows = [account_of(vault, each, _NO_PASSWORD) for each in newcomers.values()]
    posts = [post_of(seat) for seat in seats]
    for post in posts:
        post.ends_at = None  # nobody knows yet when it will end
    if rows:
        await people.add_people(rows, posts)
    else:
        for post in posts:
            await people.add_post(post)
    for person in newcomers.values():
        rng = county.source("addresses", str(person.id))
        for kind, share in ((Kind.WEB_PUSH, _HAS_PUSH), (Kind.WECOM_APP, _HAS_WECOM)):
            if rng.random() < share:
                await _reach(vault, kind, f"{kind}-{person.phone}", now, account=person.id)


async def _reach(
    vault: Vault,
    kind: Kind,
    text: str,
    now: datetime,
    *,
    account: UUID | None = None,
    region: str | None = None,
) -> None:
    new = NewAddress(kind.value, vault.seal(text), vault.index(text), account, region)
    await addresses.add(new, now)

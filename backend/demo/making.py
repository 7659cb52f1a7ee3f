"""Makes the demo county, all of it or nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final
from uuid import UUID

from backend import seeding, sessions
from backend.clock import Clock
from backend.demo import papers, people, regions, schedules
from backend.demo.changes import REQUEST
from backend.demo.history import live_through
from backend.demo.people import NAMED, Person, Seat, Staff, named_phone
from backend.demo.regions import COUNTY
from backend.demo.story import Story, source
from backend.domain.calendar import local_day, local_instant
from backend.domain.roles import Role
from backend.store import audit, calendar, forms, messages, rates
from backend.store import people as people_store
from backend.store import regions as regions_store
from backend.store.audit import Entry
from backend.store.database import fetch, transaction
from backend.tables import Account, Post
from backend.vault import Vault

PASSWORD: Final = "Cunbao-demo-1"
_LOCK: Final = 4_711_003


class NotTheDemo(Exception):
    """County 990101 exists but is not the demo, or not one that this secret key opens."""


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody to sign in as."""

    role: Role
    name: str
    place: str
    phone: str
    password: str


@dataclass(frozen=True, slots=True)
class Demo:
    """The county's logins, one a role, and whether it has only just been made."""

    logins: list[Login]
    is_new: bool


def _unseen(done: int, total: int) -> None:
    """Progress that nobody looks at."""


async def make(vault: Vault, clock: Clock, report: Callable[[int, int], None] = _unseen) -> Demo:
    """The demo county with six months of reports up to now; a county that is there stays as it is.

    All in one transaction: an interrupted run leaves nothing behind. Raises NotTheDemo.
    """
    hashed = await sessions.hash_password(vault, PASSWORD)
    async with transaction():
        await fetch("SELECT pg_advisory_xact_lock($1)", _LOCK)
        is_new = not await regions_store.known([COUNTY])
        if is_new:
            await _build(vault, hashed, clock(), report)
        found = Demo(await _logins(vault), is_new)
    if is_new:
        # Each village's row was written a hundred times.
        await fetch("VACUUM region")
    return found


async def _logins(vault: Vault) -> list[Login]:
    names = await regions_store.names([places[0] for _, _, places in NAMED])
    found = []
    for number, (role, name, places) in enumerate(NAMED):
        phone = named_phone(number)
        if await people_store.account_by_phone(vault.index(phone)) is None:
            raise NotTheDemo(
                f"county {COUNTY} is there, but it is not the demo made with this "
                "CUNBAO_SECRET_KEY: use that key, or another database"
            )
        found.append(Login(role, name, names[places[0]], phone, PASSWORD))
    return found


async def _build(
    vault: Vault, hashed: str, now: datetime, report: Callable[[int, int], None]
) -> None:
    await seeding.seed(now)
    story = Story(await calendar.load(COUNTY), now)
    named = regions.villages(source("villages"))
    await regions_store.upsert(list(regions.rows(named)))
    staff = people.hired(source("people"), named, story.begins, now)
    await _hire(vault, staff, hashed, now)
    numbers = await _schedule(staff, story)
    await live_through(story, staff, named[regions.RECODED], numbers, report)
    await messages.read_before(COUNTY, local_instant(local_day(story.returned_at), time()))
    while await rates.finish_cells(now):
        pass
    await papers.issue(staff.office(COUNTY)[0], now)
    while await audit.seal(vault.audit_key, now):
        pass


async def _hire(vault: Vault, staff: Staff, hashed: str, now: datetime) -> None:
    """Accounts and posts, and who opened them: the sysadmin, himself included."""
    by = next(seat.person.id for seat in staff.seats if seat.role is Role.SYSADMIN)
    accounts = [account_of(vault, person, hashed) for person in staff.people]
    posts = [post_of(seat) for seat in staff.seats]
    await people_store.add_people(accounts, posts)
    opened = [
        Entry(person.since, by, "account.open", f"account:{person.id}", request=REQUEST)
        for person in staff.people
    ]
    begun = [_begun(seat, by) for seat in staff.seats]
    await audit.write(*sorted([*opened, *begun], key=lambda entry: entry.at))


def account_of(vault: Vault, person: Person, hashed: str) -> Account:
    """Somebody's account, as it is stored."""
    return Account(
        id=person.id,
        phone_sealed=vault.seal(person.phone),
        phone_index=vault.index(person.phone),
        name=person.name,
        password_hash=hashed,
        created_at=person.since,
    )


def post_of(seat: Seat) -> Post:
    """A seat as the post that is stored."""
    return Post(
        id=seat.id,
        account=seat.person.id,
        role=seat.role.value,
        region=seat.region,
        is_backup=seat.is_backup,
        starts_at=seat.since,
        ends_at=seat.until,
    )


def _begun(seat: Seat, by: UUID) -> Entry:
    detail = {"role": seat.role.value}
    subject = f"post:{seat.id}"
    return Entry(seat.since, by, "post.begin", subject, seat.region, request=REQUEST, detail=detail)


async def _schedule(staff: Staff, story: Story) -> Mapping[str, int]:
    """The seven reports; gives the number of each schedule by the form's code."""
    by, numbers = staff.office(COUNTY)[0].id, {}
    for plan in schedules.PLANS:
        form = await forms.shipped(plan.code)
        assert form is not None
        values = schedules.row(plan, form["id"], story.begins, story.now)
        number = numbers[plan.code] = await forms.add_schedule(values)
        subject = f"schedule:{number}"
        await audit.write(Entry(story.begins, by, "schedule.add", subject, COUNTY, request=REQUEST))
    return numbers

"""People and their posts: /accounts and /posts."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID, uuid4

import asyncpg
import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from backend import access, appointments, managed
from backend.access import allows
from backend.domain.phones import masked
from backend.domain.roles import Action, Role
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised, vault_of
from backend.routes.errors import documented
from backend.routes.schemas import (
    KeyQuery,
    LimitQuery,
    Name,
    Page,
    PageQuery,
    Password,
    Phone,
    RegionKey,
    paged,
    read_mark,
)
from backend.store import audit, people
from backend.vault import Vault


class PostIn(msgspec.Struct, forbid_unknown_fields=True):
    """A post at a region; `is_backup` is B角. It starts now unless `starts_at` is given."""

    role: Role
    region: RegionKey
    is_backup: bool = False
    starts_at: Annotated[datetime, Meta(tz=True)] | None = None


class AccountIn(msgspec.Struct, forbid_unknown_fields=True):
    """A person with their first post; without a password they come in by an invitation."""

    name: Name
    phone: Phone
    post: PostIn
    password: Password | None = None


class PostOfAccount(msgspec.Struct, forbid_unknown_fields=True):
    account: UUID
    post: PostIn


class PersonView(msgspec.Struct):
    """A post and who holds it; the phone number is masked.

    `on_leave_until` is the last day of the leave that runs now; `factor_since` when their second
    factor was set up.
    """

    post: UUID
    account: UUID
    name: str
    phone: str
    role: Role
    region: str
    region_name: str
    is_backup: bool
    starts_at: datetime
    ends_at: datetime | None
    on_leave_until: date | None
    disabled_at: datetime | None
    factor_since: datetime | None


class Created(msgspec.Struct):
    account: UUID
    post: UUID


class FullPhone(msgspec.Struct):
    account: UUID
    phone: str


class NewPassword(msgspec.Struct, forbid_unknown_fields=True):
    password: Password


def person_view(row: asyncpg.Record, vault: Vault) -> PersonView:
    return PersonView(
        row["post"],
        row["id"],
        row["name"],
        masked(vault.unseal(row["phone_sealed"])),
        Role(row["role"]),
        row["region"],
        row["region_name"],
        row["is_backup"],
        row["starts_at"],
        row["ends_at"],
        row["on_leave_until"],
        row["disabled_at"],
        row["totp_since"],
    )


class PostController(Controller):
    path = "/posts"
    tags = ("people",)

    @get("/", opt=allows(Action.SEE_PEOPLE), responses=documented("bad_cursor"))
    async def page(
        self,
        request: ApiRequest,
        region: KeyQuery = None,
        role: FromQuery[Role | None] = None,
        past: FromQuery[bool] = False,
        page: PageQuery = None,
        limit: LimitQuery = 100,
    ) -> Page[PersonView]:
        """Who holds which post, in order of region; with `past` also ended ones."""
        after = read_mark(page, tuple[str, UUID])
        async with authorised(request) as actor:
            rows = await people.posts_page(
                access.reach(actor, Action.SEE_PEOPLE, region),
                region,
                role.value if role else None,
                actor.now,
                past,
                after,
                limit + 1,
            )
        vault = vault_of(request)
        return paged(
            rows,
            limit,
            lambda row: person_view(row, vault),
            lambda row: [row["region"], row["post"]],
        )

    @post(
        "/",
        opt=allows(Action.APPOINT_VILLAGE),
        responses=documented("not_found", "role_level", "post_held", "region_over"),
    )
    async def appoint(self, request: ApiRequest, data: JSONBody[PostOfAccount]) -> Created:
        """Gives somebody of the asker's area another post there."""
        async with authorised(request) as actor:
            await access.account(actor, data.account, Action.SEE_PEOPLE)
            number = await appointments.appoint(actor, data.account, _wish(data.post, actor.now))
        return Created(data.account, number)

    @post(
        "/{number:uuid}/end",
        opt=allows(Action.APPOINT_VILLAGE),
        status_code=204,
        responses=documented("not_found", "post_over"),
    )
    async def end(self, request: ApiRequest, number: FromPath[UUID]) -> None:
        """Ends a post. What it allowed ends in the same moment; the village keeps its duties."""
        async with authorised(request) as actor:
            row = await access.post_to_end(actor, number)
            if not await people.end_post(number, actor.now):
                raise Problem("post_over")
            await audit.write(audit.by(actor, "post.end", f"post:{number}", row["region"]))


def _wish(wanted: PostIn, now: datetime) -> appointments.Wish:
    starts_at = max(wanted.starts_at or now, now)
    return appointments.Wish(wanted.role, wanted.region, wanted.is_backup, starts_at)


class AccountController(Controller):
    path = "/accounts"
    tags = ("people",)

    @post(
        "/",
        opt=allows(Action.APPOINT_VILLAGE),
        responses=documented(
            "not_found", "role_level", "phone_taken", "weak_password", "region_over"
        ),
    )
    async def create(self, request: ApiRequest, data: JSONBody[AccountIn]) -> Created:
        """A new person with a first post in the asker's area."""
        vault, number = vault_of(request), uuid4()
        async with authorised(request) as actor:
            await appointments.check_place(actor, data.post.role, data.post.region)
        hashed = await appointments.first_hash(vault, data.password, data.post.role, data.phone)
        async with authorised(request) as actor:
            newcomer = appointments.Newcomer(
                number, data.name, data.phone, hashed, data.post.region
            )
            await appointments.open_account(actor, vault, newcomer)
            held = await appointments.appoint(actor, number, _wish(data.post, actor.now))
        return Created(number, held)

    @post(
        "/{number:uuid}/phone",
        opt=allows(Action.SEE_PHONE),
        status_code=200,
        responses=documented("not_found"),
    )
    async def phone(
        self,
        request: ApiRequest,
        number: FromPath[UUID],
        purpose: Annotated[str, QueryParameter(pattern=r"^[^\u0000]{2,100}$")],
    ) -> FullPhone:
        """The full phone number, for a stated purpose; the look leaves an audit entry."""
        async with authorised(request) as actor:
            row = await access.account(actor, number, Action.SEE_PHONE)
            await audit.write(
                audit.by(actor, "phone.see", f"account:{number}", row["region"], purpose=purpose)
            )
        return FullPhone(number, vault_of(request).unseal(row["phone_sealed"]))

    @post(
        "/{number:uuid}/password",
        opt=allows(Action.APPOINT_VILLAGE),
        status_code=204,
        responses=documented("not_found", "weak_password"),
    )
    async def reset_password(
        self, request: ApiRequest, number: FromPath[UUID], data: JSONBody[NewPassword]
    ) -> None:
        """A new password for somebody who lost theirs; all their sessions end."""
        vault = vault_of(request)
        async with authorised(request) as actor:
            row = await managed.account_to_manage(actor, number)
            held = [row, *await people.posts_not_over(number, actor.now)]
        phone, roles = vault.unseal(row["phone_sealed"]), [Role(each["role"]) for each in held]
        hashed = await appointments.password_hash(vault, data.password, roles, phone)
        async with authorised(request) as actor:
            row = await managed.account_to_manage(actor, number)
            await people.set_password(number, hashed)
            await people.end_sessions(actor.now, "password_reset", account=number)
            subject = f"account:{number}"
            await audit.write(audit.by(actor, "account.reset", subject, row["region"]))

"""One-use links for a first password or a forgotten one: /invitations."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import asyncpg
import msgspec
import segno
from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from backend import access, invitations, managed
from backend.access import PUBLIC, allows
from backend.domain.phones import masked
from backend.domain.roles import Action
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised, now_of, settings_of, vault_of
from backend.routes.errors import documented
from backend.routes.schemas import (
    KeyQuery,
    LimitQuery,
    Line,
    Page,
    PageQuery,
    Password,
    paged,
    read_mark,
)
from backend.routes.sessions import TokenPair, pair
from backend.store import audit
from backend.store import invitations as store
from backend.vault import Vault


class InvitationIn(msgspec.Struct, forbid_unknown_fields=True):
    """For whom, and for how many days."""

    account: UUID
    days: Annotated[int, Meta(ge=1, le=30)] = 7


class IssuedInvitation(msgspec.Struct):
    """Told once: the link, and a picture of it to be shown or printed.

    The secret stands behind the #, which browsers send to no server.
    """

    id: UUID
    account: UUID
    name: str
    link: str
    qr_svg: str
    expires_at: datetime


class OpenInvitation(msgspec.Struct):
    """One that could still be used; its link is known to nobody but who got it."""

    id: UUID
    account: UUID
    name: str
    phone: str
    created_at: datetime
    expires_at: datetime


class Redemption(msgspec.Struct, forbid_unknown_fields=True):
    """`password` may be six digits or more for who reports for a village."""

    token: Annotated[str, Meta(min_length=1, max_length=200)]
    password: Password
    device: Line = ""


def _view(row: asyncpg.Record, vault: Vault) -> OpenInvitation:
    phone = masked(vault.unseal(row["phone_sealed"]))
    return OpenInvitation(
        row["id"], row["account"], row["name"], phone, row["created_at"], row["expires_at"]
    )


def issued_view(
    issued: invitations.Issued, account: UUID, name: str, base: str
) -> IssuedInvitation:
    """The link below the server's address, and its picture."""
    link = f"{base.rstrip('/')}/#/welcome/{issued.token}"
    picture = segno.make(link, error="m", micro=False).svg_inline(scale=6, border=4)
    return IssuedInvitation(issued.id, account, name, link, picture, issued.expires_at)


class InvitationController(Controller):
    path = "/invitations"
    tags = ("people",)

    @post(
        "/",
        opt=allows(Action.APPOINT_VILLAGE),
        responses=documented("not_found", "account_disabled", "invitation_over"),
    )
    async def issue(self, request: ApiRequest, data: JSONBody[InvitationIn]) -> IssuedInvitation:
        """A link for somebody of whom the asker may appoint every post; earlier ones end."""
        async with authorised(request) as actor:
            row = await managed.account_to_invite(actor, data.account)
            issued = await invitations.issue(
                vault_of(request), actor, data.account, row["region"], timedelta(days=data.days)
            )
        base = settings_of(request).public_url or str(request.base_url)
        return issued_view(issued, data.account, row["name"], base)

    @get("/", opt=allows(Action.APPOINT_VILLAGE), responses=documented("bad_cursor"))
    async def page(
        self,
        request: ApiRequest,
        region: KeyQuery = None,
        page: PageQuery = None,
        limit: LimitQuery = 50,
    ) -> Page[OpenInvitation]:
        """Links of the asker's area that were not used yet, newest first."""
        after = read_mark(page, tuple[datetime, UUID])
        async with authorised(request) as actor:
            scopes = access.reach(actor, Action.APPOINT_VILLAGE, region)
            rows = await store.page(scopes, region, actor.now, after, limit + 1)
        vault = vault_of(request)
        return paged(
            rows, limit, lambda row: _view(row, vault), lambda row: [row["created_at"], row["id"]]
        )

    @delete(
        "/{number:uuid}",
        opt=allows(Action.APPOINT_VILLAGE),
        responses=documented("not_found", "invitation_used"),
    )
    async def revoke(self, request: ApiRequest, number: FromPath[UUID]) -> None:
        """The link opens nothing from now on. Problem invitation_used: too late, or done before."""
        async with authorised(request) as actor:
            row = await managed.invitation(actor, number)
            if not await store.revoke(number, actor.now):
                raise Problem("invitation_used")
            subject = f"account:{row['account']}"
            await audit.write(audit.by(actor, "invitation.revoke", subject))

    @post(
        "/redeem",
        opt=PUBLIC,
        security=[{}],
        responses=documented(
            "invitation_invalid",
            "invitation_used",
            "invitation_expired",
            "invitation_revoked",
            "invitation_over",
            "account_disabled",
            "weak_password",
            "second_factor_needed",
            "locked_out",
        ),
    )
    async def redeem(self, request: ApiRequest, data: JSONBody[Redemption]) -> TokenPair:
        """Sets the password and opens a session of this device; all others of the account end."""
        tokens = await invitations.redeem(
            vault_of(request),
            settings_of(request),
            data.token,
            data.password,
            data.device,
            now_of(request),
        )
        return pair(tokens)

"""Signing in and out: /sessions, and who I am: /me."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post
from litestar.params import JSONBody
from msgspec import Meta

from backend import sessions
from backend.access import PUBLIC, allows
from backend.domain import passwords
from backend.domain.roles import Action, Role
from backend.routes.context import ApiRequest, authorised, now_of, settings_of, vault_of
from backend.routes.errors import documented
from backend.routes.schemas import Line, Password, Phone
from backend.store import audit, people, regions

# Six digits, or a recovery code.
Code = Annotated[str, Meta(min_length=6, max_length=20, pattern=r"^[0-9A-Za-z -]+$")]


class Credentials(msgspec.Struct, forbid_unknown_fields=True):
    """`code` where the answer without it was second_factor_needed."""

    phone: Phone
    password: Password
    device: Line = ""
    code: Code | None = None


class RefreshRequest(msgspec.Struct, forbid_unknown_fields=True):
    refresh_token: Annotated[str, Meta(min_length=1, max_length=200)]


class TokenPair(msgspec.Struct):
    """`expires_in` is the life of the access token in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int
    token_type: str = "Bearer"


class MyPost(msgspec.Struct):
    id: UUID
    role: Role
    region: str
    region_name: str
    is_backup: bool


class Me(msgspec.Struct):
    account: UUID
    name: str
    posts: list[MyPost]
    server_time: datetime


class PasswordChange(msgspec.Struct, forbid_unknown_fields=True):
    old: Password
    new: Password


def pair(tokens: sessions.Tokens) -> TokenPair:
    """What a device is given of its session."""
    return TokenPair(tokens.access_token, tokens.refresh_token, tokens.expires_in)


class SessionController(Controller):
    path = "/sessions"
    tags = ("sessions",)

    @post(
        "/",
        opt=PUBLIC,
        security=[{}],
        responses=documented(
            "bad_credentials", "locked_out", "second_factor_needed", "second_factor_wrong"
        ),
    )
    async def sign_in(self, request: ApiRequest, data: JSONBody[Credentials]) -> TokenPair:
        """Phone and password for a pair of tokens. Five failures in 15 minutes lock the number."""
        tokens = await sessions.sign_in(
            vault_of(request),
            settings_of(request),
            sessions.Proof(data.phone, data.password, data.code, data.device),
            now_of(request),
        )
        return pair(tokens)

    @post(
        "/refresh",
        opt=PUBLIC,
        security=[{}],
        responses=documented("token_invalid", "device_revoked", "account_disabled"),
    )
    async def refresh(self, request: ApiRequest, data: JSONBody[RefreshRequest]) -> TokenPair:
        """A new pair for the newest refresh token. An older one ends the session for everybody."""
        tokens = await sessions.refresh(
            vault_of(request), settings_of(request), data.refresh_token, now_of(request)
        )
        return pair(tokens)

    @delete("/current", opt=allows(Action.SIGNED_IN), responses=documented())
    async def sign_out(self, request: ApiRequest) -> None:
        """Ends this session at once."""
        async with authorised(request) as actor:
            await people.end_sessions(actor.now, "signed_out", session=actor.session)
            await audit.write(audit.by(actor, "session.end", f"session:{actor.session}"))


class MeController(Controller):
    path = "/me"
    tags = ("sessions",)

    @get("/", opt=allows(Action.SIGNED_IN), responses=documented())
    async def me(self, request: ApiRequest) -> Me:
        """The account and the posts it holds now."""
        async with authorised(request) as actor:
            names = await regions.names([held.region for held in actor.posts])
        posts = [
            MyPost(p.id, p.role, p.region, names.get(p.region, ""), p.is_backup)
            for p in actor.posts
        ]
        return Me(actor.account, actor.name, posts, actor.now)

    @post(
        "/password",
        opt=allows(Action.SIGNED_IN),
        status_code=204,
        responses=documented("bad_credentials", "weak_password", "locked_out"),
    )
    async def change_password(self, request: ApiRequest, data: JSONBody[PasswordChange]) -> None:
        """Sets a new password; every other session of the account ends."""
        vault = vault_of(request)
        async with authorised(request) as actor:
            stored = await people.credentials(actor.account)
            minimum = max(
                (passwords.minimum_length(p.role) for p in actor.posts), default=passwords.STAFF_MIN
            )
            passwords.check(data.new, minimum, vault.unseal(stored["phone_sealed"]))
        await sessions.reprove(vault, stored, data.old, actor.now)
        fresh = await sessions.hash_password(vault, data.new)
        async with authorised(request) as actor:
            await people.set_password(actor.account, fresh)
            await people.end_sessions(
                actor.now, "password_changed", account=actor.account, other_than=actor.session
            )
            await audit.write(audit.by(actor, "account.password", f"account:{actor.account}"))

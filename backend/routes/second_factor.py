"""The second factor of staff: /me/second-factor, /accounts/…/second-factor."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
import segno
from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from backend import managed, second_factor, sessions
from backend.access import allows
from backend.domain.roles import Action
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised, vault_of
from backend.routes.errors import documented
from backend.routes.schemas import Password
from backend.routes.sessions import Code
from backend.store import audit, people
from backend.store import second_factor as store
from backend.store.database import transaction

Digits = Annotated[str, Meta(pattern=r"^[0-9]{6}$")]


class FactorView(msgspec.Struct):
    """`since` is null while it is off; `required`: the county asks for it."""

    since: datetime | None
    codes_left: int
    required: bool


class FactorIn(msgspec.Struct, forbid_unknown_fields=True):
    password: Password


class FactorBegun(msgspec.Struct):
    """Told once: a picture for an authenticator app, and the secret to be typed instead."""

    secret: str
    uri: str
    qr_svg: str


class FactorConfirm(msgspec.Struct, forbid_unknown_fields=True):
    code: Digits


class RecoveryCodes(msgspec.Struct):
    """Told once; each lets in once instead of a code."""

    codes: list[str]


class FactorOff(msgspec.Struct, forbid_unknown_fields=True):
    password: Password
    code: Code


class MyFactorController(Controller):
    path = "/me/second-factor"
    tags = ("sessions",)

    @get("/", opt=allows(Action.SET_UP_FACTOR), responses=documented())
    async def mine(self, request: ApiRequest) -> FactorView:
        """Whether the asker's second factor is on, and must be."""
        async with authorised(request) as actor:
            held = await store.of(actor.account)
            needed = await second_factor.required(actor.account, actor.now)
        left = held["codes_left"] if held["totp_since"] else 0
        return FactorView(held["totp_since"], left, needed)

    @post(
        "/",
        opt=allows(Action.SET_UP_FACTOR),
        responses=documented("bad_credentials", "locked_out", "second_factor_on"),
    )
    async def begin(self, request: ApiRequest, data: JSONBody[FactorIn]) -> FactorBegun:
        """A new secret for staff, told once; it counts when a code of it was confirmed."""
        vault = vault_of(request)
        async with authorised(request) as actor:
            stored = await people.credentials(actor.account)
        await sessions.reprove(vault, stored, data.password, actor.now)
        async with authorised(request) as actor:
            begun = await second_factor.begin(vault, actor.account, actor.name)
        picture = segno.make(begun.uri, error="m", micro=False).svg_inline(scale=5, border=4)
        return FactorBegun(begun.secret, begun.uri, picture)

    @post(
        "/confirm",
        opt=allows(Action.SET_UP_FACTOR),
        responses=documented(
            "second_factor_on", "second_factor_off", "second_factor_wrong", "locked_out"
        ),
    )
    async def confirm(self, request: ApiRequest, data: JSONBody[FactorConfirm]) -> RecoveryCodes:
        """From now on a code is asked for; other sessions, opened without one, end."""
        vault = vault_of(request)
        async with authorised(request) as actor:
            index = (await people.credentials(actor.account))["phone_index"]
            await people.lock_phone(index)
            if await sessions.locked_out(index, actor.now):
                raise Problem("locked_out")
            codes = await second_factor.confirm(vault, actor.account, data.code, actor.now)
            if codes is None:
                await people.add_failure(index, actor.now)
        if codes is None:  # the guess is counted before it is told
            raise Problem("second_factor_wrong")
        async with authorised(request) as actor:
            await people.end_sessions(
                actor.now, "second_factor", account=actor.account, other_than=actor.session
            )
            await audit.write(audit.by(actor, "second_factor.on", f"account:{actor.account}"))
        return RecoveryCodes(codes)

    @post(
        "/off",
        opt=allows(Action.SET_UP_FACTOR),
        status_code=204,
        responses=documented(
            "bad_credentials", "locked_out", "second_factor_wrong", "second_factor_required"
        ),
    )
    async def off(self, request: ApiRequest, data: JSONBody[FactorOff]) -> None:
        """Takes it away, with the password and a code; not where the county requires it."""
        vault = vault_of(request)
        async with authorised(request) as actor:
            if await second_factor.required(actor.account, actor.now):
                raise Problem("second_factor_required")
            stored = await people.credentials(actor.account)
        await sessions.reprove(vault, stored, data.password, actor.now)
        async with transaction():
            right, locked = await sessions.guessed_code(
                vault, actor.account, stored["phone_index"], data.code, actor.now
            )
            if right and not locked:
                await store.remove(actor.account)
                await audit.write(audit.by(actor, "second_factor.off", f"account:{actor.account}"))
        if locked or not right:
            raise Problem("locked_out" if locked else "second_factor_wrong")


class AccountFactorController(Controller):
    path = "/accounts/{number:uuid}/second-factor"
    tags = ("people",)

    @delete(
        "/",
        opt=allows(Action.APPOINT_VILLAGE),
        responses=documented("not_found", "own_account", "second_factor_off"),
    )
    async def reset(self, request: ApiRequest, number: FromPath[UUID]) -> None:
        """For somebody whose phone is lost; all their sessions end. Nobody resets their own."""
        async with authorised(request) as actor:
            row = await managed.account_to_manage(actor, number)
            if number == actor.account:
                raise Problem("own_account")
            if not await store.remove(number):
                raise Problem("second_factor_off")
            await people.end_sessions(actor.now, "second_factor", account=number)
            subject = f"account:{number}"
            await audit.write(audit.by(actor, "second_factor.reset", subject, row["region"]))

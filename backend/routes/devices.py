"""Where an account is signed in, and ending that: /me/devices, /accounts/…/devices."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post
from litestar.params import FromPath

from backend import managed
from backend.access import allows
from backend.domain.roles import Action, Actor
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised
from backend.routes.errors import documented
from backend.store import audit, invitations, people


class Device(msgspec.Struct):
    """A session that runs; `last_seen` is exact to the life of an access token."""

    id: UUID
    name: str
    first_seen: datetime
    last_seen: datetime
    current: bool


async def _devices(actor: Actor, account: UUID) -> list[Device]:
    rows = await invitations.devices(account, actor.now)
    return [
        Device(
            row["id"],
            row["device"],
            row["created_at"],
            row["refreshed_at"],
            row["id"] == actor.session,
        )
        for row in rows
    ]


async def _revoke(actor: Actor, account: UUID, device: UUID | None, keep: UUID | None) -> None:
    """One device or all but `keep`. Problem not_found for one that is not of the account."""
    ended = await people.end_sessions(
        actor.now, "device_revoked", session=device, account=account, other_than=keep
    )
    if device is not None and ended is None:
        raise Problem("not_found")
    which = "all" if device is None else str(device)
    await audit.write(audit.by(actor, "device.revoke", f"account:{account}", device=which))


class MyDeviceController(Controller):
    path = "/me/devices"
    tags = ("sessions",)

    @get("/", opt=allows(Action.SIGNED_IN), responses=documented())
    async def mine(self, request: ApiRequest) -> list[Device]:
        """The devices the asker is signed in on, last seen first; 200 at most."""
        async with authorised(request) as actor:
            return await _devices(actor, actor.account)

    @delete("/{device:uuid}", opt=allows(Action.SIGNED_IN), responses=documented("not_found"))
    async def revoke(self, request: ApiRequest, device: FromPath[UUID]) -> None:
        """Signs one of them out; it learns of it when next it asks."""
        async with authorised(request) as actor:
            await _revoke(actor, actor.account, device, None)

    @delete("/", opt=allows(Action.SIGNED_IN), responses=documented())
    async def revoke_others(self, request: ApiRequest) -> None:
        """Signs out all but the one that asks."""
        async with authorised(request) as actor:
            await _revoke(actor, actor.account, None, actor.session)


class AccountDeviceController(Controller):
    path = "/accounts/{number:uuid}"
    tags = ("people",)

    @get("/devices", opt=allows(Action.APPOINT_VILLAGE), responses=documented("not_found"))
    async def devices(self, request: ApiRequest, number: FromPath[UUID]) -> list[Device]:
        """The devices of somebody of whom the asker may appoint every post."""
        async with authorised(request) as actor:
            await managed.account_to_manage(actor, number)
            return await _devices(actor, number)

    @delete(
        "/devices/{device:uuid}",
        opt=allows(Action.APPOINT_VILLAGE),
        responses=documented("not_found"),
    )
    async def revoke(
        self, request: ApiRequest, number: FromPath[UUID], device: FromPath[UUID]
    ) -> None:
        """Signs one device out, a lost phone for one."""
        async with authorised(request) as actor:
            await managed.account_to_manage(actor, number)
            await _revoke(actor, number, device, None)

    @delete("/devices", opt=allows(Action.APPOINT_VILLAGE), responses=documented("not_found"))
    async def revoke_all(self, request: ApiRequest, number: FromPath[UUID]) -> None:
        """Signs all devices out."""
        async with authorised(request) as actor:
            await managed.account_to_manage(actor, number)
            await _revoke(actor, number, None, None)

    @post(
        "/disable",
        opt=allows(Action.APPOINT_VILLAGE),
        status_code=204,
        responses=documented("not_found", "own_account"),
    )
    async def disable(self, request: ApiRequest, number: FromPath[UUID]) -> None:
        """Nobody signs in with it any more, and its devices are out in the same moment."""
        async with authorised(request) as actor:
            row = await managed.account_to_manage(actor, number)
            if number == actor.account:
                raise Problem("own_account")
            if await invitations.disable(number, actor.now):
                await people.end_sessions(actor.now, "account_disabled", account=number)
                subject = f"account:{number}"
                await audit.write(audit.by(actor, "account.disable", subject, row["region"]))

    @post(
        "/enable",
        opt=allows(Action.APPOINT_VILLAGE),
        status_code=204,
        responses=documented("not_found"),
    )
    async def enable(self, request: ApiRequest, number: FromPath[UUID]) -> None:
        """Its password opens it again; devices have to sign in anew."""
        async with authorised(request) as actor:
            row = await managed.account_to_manage(actor, number)
            if await invitations.disable(number, None):
                subject = f"account:{number}"
                await audit.write(audit.by(actor, "account.enable", subject, row["region"]))

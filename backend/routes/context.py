"""From a request to an actor: one instant, one transaction, one identity."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, cast

import msgspec
from litestar import HttpMethod, Request

from backend import access
from backend.domain.roles import Actor
from backend.photos import Photos
from backend.problems import Problem
from backend.settings import Settings
from backend.store.database import transaction
from backend.underway import Underway
from backend.vault import Vault

ApiRequest = Request[Any, Any, Any]
# What a route that takes a list as its body declares, beside its access; and the kinds of it.
# One that takes uploads reads its body itself.
TAKES_FILE = {"file": True}
TAKES_UPLOAD = {"upload": True}
FILE_TYPES = (
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/octet-stream",
)


class StrictRequest(ApiRequest):
    """A request whose JSON must have the types documented: the framework takes "1" for 1."""

    async def json(self) -> Any:
        raw = await super().json()
        data = self.route_handler.parsed_fn_signature.parameters["data"]
        try:
            msgspec.convert(raw, data.annotation)
        except msgspec.ValidationError as error:
            reason, _, at = str(error).partition(" - at `$.")
            raise Problem("invalid", faults=[{"field": at.rstrip("`"), "reason": reason}]) from None
        return raw


def now_of(request: ApiRequest) -> datetime:
    """The one reading of the clock for this request."""
    return cast("datetime", request.app.state.clock())


def vault_of(request: ApiRequest) -> Vault:
    """The process's keys."""
    return cast("Vault", request.app.state.vault)


def underway_of(request: ApiRequest) -> Underway:
    """The process's long work."""
    return cast("Underway", request.app.state.underway)


def settings_of(request: ApiRequest) -> Settings:
    """The process's settings."""
    return cast("Settings", request.app.state.settings)


def photos_of(request: ApiRequest) -> Photos:
    """The process's photos."""
    return cast("Photos", request.app.state.photos)


def request_id(request: ApiRequest) -> str:
    """The id under which the logs and the audit know this request."""
    return cast("str", request.scope["state"].get("request_id", ""))


async def at_the_gate(request: ApiRequest) -> None:
    """Before anything is read: who asks must say so, and a body must be JSON, or a file.

    Problems: those of `session_of`, unsupported_media_type and file_type.
    """
    if request.method == HttpMethod.OPTIONS:  # the framework's answer: what may be asked
        return
    if request.route_handler.opt["access"] != access.PUBLIC["access"]:
        request.state.now = now_of(request)
        request.state.session = access.session_of(
            vault_of(request), request.headers.get("authorization"), request.state.now
        )
    if "upload" in request.route_handler.opt:  # says itself what it takes
        return
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    wants_file = "file" in request.route_handler.opt
    taken = FILE_TYPES if wants_file else ("application/json",)
    if kind not in ("", *taken) and request.headers.get("content-length") != "0":
        raise Problem("file_type" if wants_file else "unsupported_media_type")


async def asking(request: ApiRequest) -> Actor:
    """The actor of a route that declares its access."""
    action, asked = request.route_handler.opt["access"], request.state
    return await access.actor(asked.session, action, asked.now, request_id(request))


@asynccontextmanager
async def authorised(request: ApiRequest) -> AsyncIterator[Actor]:
    """The same inside one transaction.

    The commit comes at the end of the block, before the handler's answer is sent.
    """
    async with transaction():
        yield await asking(request)

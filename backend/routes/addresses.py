"""Where people can be reached beyond the app: /addresses, and /robots of townships."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Final

import asyncpg
import msgspec
from litestar import Controller, delete, get, post
from litestar.params import JSONBody
from msgspec import Meta

from backend import access, channels
from backend.access import allows
from backend.channels.subscriptions import clean_subscription, public_key
from backend.domain.channels import BY_PHONE, GROUPS, PERSONAL, Kind, clean_address, masked_address
from backend.domain.refusal import Refusal
from backend.domain.regions import Level, level_of
from backend.domain.roles import Action
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised, settings_of, vault_of
from backend.routes.errors import documented
from backend.routes.schemas import KeyQuery, NumberPath, RegionKey
from backend.settings import Settings
from backend.store import addresses, audit
from backend.store.addresses import NewAddress
from backend.vault import Vault

# Phones are changed and browsers forget: enough for one person, too few to spread anything.
_MOST_PER_CHANNEL: Final = 5

Text = Annotated[str, Meta(min_length=1, max_length=300, pattern=r"^[\x21-\x7e]*$")]
Endpoint = Annotated[str, Meta(min_length=1, max_length=1000, pattern=r"^[\x21-\x7e]*$")]


class PushKeys(msgspec.Struct):
    p256dh: Text
    auth: Text


class Subscription(msgspec.Struct):
    """What a browser's `PushSubscription.toJSON()` gives."""

    endpoint: Endpoint
    keys: PushKeys


class AddressIn(msgspec.Struct, forbid_unknown_fields=True):
    """`subscription` for web_push, `address` for every other channel."""

    channel: Kind
    address: Text | None = None
    subscription: Subscription | None = None


class RobotIn(msgspec.Struct, forbid_unknown_fields=True):
    """The address a robot was made with, or the key in it; `secret` of a DingTalk one."""

    region: RegionKey
    channel: Kind
    address: Text
    secret: Text | None = None


class AddressView(msgspec.Struct):
    """`address` is masked. `failed_at`: it turned out dead then and is not used."""

    id: int
    channel: str
    address: str
    region: str | None
    added_at: datetime
    failed_at: datetime | None
    failure: str | None


class OwnAddresses(msgspec.Struct):
    """The asker's addresses, the channels there are, and the key a browser subscribes with."""

    items: list[AddressView]
    channels: list[Kind]
    push_key: str | None


class Robots(msgspec.Struct):
    items: list[AddressView]
    channels: list[Kind]


class Added(msgspec.Struct):
    id: int


def _view(row: asyncpg.Record, vault: Vault) -> AddressView:
    return AddressView(
        row["id"],
        row["channel"],
        masked_address(Kind(row["channel"]), vault.unseal(row["sealed"])),
        row["region"],
        row["added_at"],
        row["failed_at"],
        row["failure"],
    )


def _clean(data: AddressIn, config: Settings) -> str:
    """Problems: channel_not_set, bad_address."""
    if data.channel not in PERSONAL or data.channel not in channels.configured(config):
        raise Problem("channel_not_set")
    wants_subscription = data.channel is Kind.WEB_PUSH
    if wants_subscription and data.subscription is not None and data.address is None:
        given = data.subscription
        return clean_subscription(
            given.endpoint, given.keys.p256dh, given.keys.auth, config.push_origins
        )
    if wants_subscription or data.address is None or data.subscription is not None:
        raise Refusal("bad_address", channel=data.channel.value)
    return clean_address(data.channel, data.address)


def _new(vault: Vault, channel: Kind, text: str) -> NewAddress:
    return NewAddress(channel.value, vault.seal(text), vault.index(text))


class AddressController(Controller):
    path = "/addresses"
    tags = ("channels",)

    @get("/", opt=allows(Action.SIGNED_IN), responses=documented())
    async def own(self, request: ApiRequest) -> OwnAddresses:
        """The asker's addresses; the number they sign in with is one where SMS or voice is set."""
        config, vault = settings_of(request), vault_of(request)
        usable = [kind for kind in PERSONAL if kind in channels.configured(config)]
        async with authorised(request) as actor:
            by_phone = [kind for kind in usable if kind in BY_PHONE]
            await addresses.from_phones([actor.account], by_phone, actor.now)
            rows = await addresses.of_account(actor.account)
        key = config.vapid_private_key
        return OwnAddresses(
            [_view(r, vault) for r in rows], usable, public_key(key) if key else None
        )

    @post(
        "/",
        opt=allows(Action.SIGNED_IN),
        responses=documented("channel_not_set", "bad_address", "too_many_addresses"),
    )
    async def add(self, request: ApiRequest, data: JSONBody[AddressIn]) -> Added:
        """Adds an address of the asker's; giving a dead one again takes it back into use."""
        text = _clean(data, settings_of(request))
        new = _new(vault_of(request), data.channel, text)
        async with authorised(request) as actor:
            held = [
                row
                for row in await addresses.of_account(actor.account)
                if row["channel"] == data.channel and row["key"] != new.key
            ]
            if len(held) >= _MOST_PER_CHANNEL:
                raise Problem("too_many_addresses", max=_MOST_PER_CHANNEL)
            number = await addresses.add(replace(new, account=actor.account), actor.now)
            await audit.write(
                audit.by(actor, "address.add", f"address:{number}", channel=data.channel.value)
            )
        return Added(number)

    @delete("/{number:int}", opt=allows(Action.SIGNED_IN), responses=documented("not_found"))
    async def remove(self, request: ApiRequest, number: NumberPath) -> None:
        """Takes an address of the asker's out of use."""
        async with authorised(request) as actor:
            if not await addresses.remove_own(number, actor.account, actor.now):
                raise Problem("not_found")
            await audit.write(audit.by(actor, "address.remove", f"address:{number}"))


class RobotController(Controller):
    path = "/robots"
    tags = ("channels",)

    @get("/", opt=allows(Action.SEE_ROBOTS), responses=documented("not_found"))
    async def see(self, request: ApiRequest, region: KeyQuery = None) -> Robots:
        """The robots of the townships in the asker's area; their keys are masked."""
        config, vault = settings_of(request), vault_of(request)
        async with authorised(request) as actor:
            scopes = access.reach(actor, Action.SEE_ROBOTS, region)
            rows = await addresses.robots(scopes, region)
        usable = sorted(GROUPS & channels.configured(config))
        return Robots([_view(row, vault) for row in rows], usable)

    @post(
        "/",
        opt=allows(Action.SET_ROBOT),
        responses=documented("not_found", "channel_not_set", "bad_address", "township_only"),
    )
    async def put(self, request: ApiRequest, data: JSONBody[RobotIn]) -> Added:
        """Sets a township's robot, in place of the one before."""
        if data.channel not in GROUPS & channels.configured(settings_of(request)):
            raise Problem("channel_not_set")
        text = clean_address(data.channel, data.address, data.secret)
        async with authorised(request) as actor:
            place = await access.region(actor, data.region, Action.SET_ROBOT)
            if level_of(place["key"]) is not Level.TOWNSHIP:
                raise Problem("township_only")
            new = _new(vault_of(request), data.channel, text)
            number = await addresses.add(replace(new, region=place["key"]), actor.now)
            await audit.write(
                audit.by(actor, "robot.set", f"address:{number}", place["key"],
                         channel=data.channel.value)
            )  # fmt: skip
        return Added(number)

    @delete("/{number:int}", opt=allows(Action.SET_ROBOT), responses=documented("not_found"))
    async def remove(self, request: ApiRequest, number: NumberPath) -> None:
        """Takes a robot out of use."""
        async with authorised(request) as actor:
            row = await addresses.remove_robot(number, actor.scopes(Action.SET_ROBOT), actor.now)
            if row is None:
                raise Problem("not_found")
            await audit.write(audit.by(actor, "robot.remove", f"address:{number}", row["region"]))

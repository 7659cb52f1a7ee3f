"""Due dates for people's own calendars (RFC 5545): /posts/…/calendar and the secret address."""

import hashlib
import re
import secrets
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec
from icalendar import Alarm, Calendar
from icalendar import Event as Entry
from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath

from backend import access
from backend.access import PUBLIC, allows
from backend.domain.feeds import ALARMS, Event, event
from backend.domain.roles import Action
from backend.problems import Problem
from backend.routes.context import ApiRequest, authorised, now_of, vault_of
from backend.routes.errors import documented
from backend.store import audit, feeds
from backend.store.database import transaction

_NAME: Final = re.compile(r"([A-Za-z0-9_-]{43})\.ics", re.ASCII)
_PRODUCT: Final = "-//Cunbao//Cunbao//ZH"


class FeedAddress(msgspec.Struct):
    """The path of the calendar below the site's address. It is shown this once and kept nowhere."""

    path: str


class FeedController(Controller):
    path = "/posts/{number:uuid}/calendar"
    tags = ("reminders",)

    @post("/", opt=allows(Action.SEE_DUTIES), responses=documented("not_found"))
    async def make(self, request: ApiRequest, number: FromPath[UUID]) -> FeedAddress:
        """Makes the secret address of one of the asker's posts; the one before stops working."""
        token = secrets.token_urlsafe(32)
        async with authorised(request) as actor:
            held = access.own_post(actor, number, Action.SEE_DUTIES)
            await feeds.put(held.id, vault_of(request).feed_index(token), actor.now)
            await audit.write(audit.by(actor, "feed.make", f"post:{held.id}", held.region))
        return FeedAddress(f"/calendar/{token}.ics")

    @delete("/", opt=allows(Action.SEE_DUTIES), responses=documented("not_found"))
    async def revoke(self, request: ApiRequest, number: FromPath[UUID]) -> None:
        """Takes the address back, if there is one."""
        async with authorised(request) as actor:
            held = access.own_post(actor, number, Action.SEE_DUTIES)
            await feeds.drop(held.id)
            await audit.write(audit.by(actor, "feed.revoke", f"post:{held.id}", held.region))


@get("/calendar/{name:str}", opt=PUBLIC, tags=["reminders"], media_type="text/calendar",
     responses=documented("not_found"))  # fmt: skip
async def feed(request: ApiRequest, name: FromPath[str]) -> Response[bytes | None]:
    """`{token}.ics`: what is due for the post, for whoever knows the address."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise Problem("not_found")
    now, index = now_of(request), vault_of(request).feed_index(match[1])
    async with transaction():
        found = await feeds.post_of(index, now)
        if found is None:
            raise Problem("not_found")
        due = await feeds.due(found["region"], now)
    body = _calendar([event(each, found["id"], found["language"]) for each in due])
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {"etag": tag, "cache-control": "private, no-cache"}
    if tag in (each.strip() for each in request.headers.get("if-none-match", "").split(",")):
        return Response(None, status_code=304, headers=headers)
    return Response(body, media_type="text/calendar", headers=headers)


def _calendar(events: list[Event]) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "村报")
    for each in events:
        calendar.add_component(_entry(each))
    return bytes(calendar.to_ical())


def _entry(event: Event) -> Entry:
    entry = Entry()
    entry.add("uid", event.uid)
    # Of the duty and not of this moment, so that the same calendar has the same tag.
    entry.add("dtstamp", event.since)
    entry.add("dtstart", event.at)
    entry.add("duration", timedelta())
    entry.add("summary", event.summary)
    entry.add("description", event.description)
    entry.add("transp", "TRANSPARENT")
    for before in ALARMS:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", event.summary)
        alarm.add("trigger", -before)
        entry.add_component(alarm)
    return entry

"""Everything a phone needs, then only what changed: /sync."""

import base64
import binascii
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import asyncpg
import msgspec
from litestar import Controller, get
from litestar.params import QueryParameter

from backend.access import allows
from backend.domain.clocks import CountedBy
from backend.domain.receipts import receipt_number
from backend.domain.reviews import Stage
from backend.domain.roles import Action, Actor
from backend.problems import Problem, language_of
from backend.routes.context import ApiRequest, authorised, vault_of
from backend.routes.errors import documented
from backend.routes.feedback import FeedbackView
from backend.routes.messages import MessageView, message_view
from backend.routes.schemas import Words
from backend.routes.synced_notices import SyncedNotice, told
from backend.routes.synced_pensioners import Removed, SyncedPensioner, synced_pensioner
from backend.routes.synced_residents import SyncedResident, synced_resident
from backend.store import residents, sync
from backend.store.database import from_json
from backend.vault import Vault

# Long enough for a liaison back from a month away to see what became of it.
KEEP_CLOSED: Final = timedelta(days=60)
MOST_MESSAGES: Final = 50


class SyncedSubmission(msgspec.Struct, omit_defaults=True):
    """The newest revision that stands, and the defects when it was returned."""

    id: str
    revision: int
    receipt: str
    kind: str
    answers: dict[str, Any]
    received_at: datetime
    counted_at: datetime
    counted_by: CountedBy
    reasons: dict[str, str] = {}
    remark: str = ""
    on_behalf: bool = False
    defects: list[dict[str, Any]] = []
    review_remark: str = ""


class SyncedObligation(msgspec.Struct, omit_defaults=True):
    """The facts from which the phone derives the state; `last` prefills the form.

    A certification names its `pensioner` and the days in which to visit best; `matched` is one
    that a list has answered, so that nobody needs to.
    """

    id: int
    village: str
    schedule: int
    code: str
    form: int
    title: Words
    period: str
    starts_on: date
    ends_on: date
    opens_at: datetime
    due_at: datetime
    closes_at: datetime
    stage: Stage
    allowance_hours: int
    first_counted_at: datetime | None = None
    fix_by: datetime | None = None
    exempt: bool = False
    extended_from: datetime | None = None
    submission: SyncedSubmission | None = None
    last: dict[str, Any] | None = None
    pensioner: UUID | None = None
    visit_from: date | None = None
    visit_to: date | None = None
    matched: bool = False


class SyncedVillage(msgspec.Struct):
    key: str
    name: str
    township: str | None
    township_name: str | None
    is_backup: bool
    office_phone: str = ""


class SyncedForm(msgspec.Struct):
    """A published form; it never changes, so each comes once."""

    id: int
    version: int
    definition: dict[str, Any]


class SyncAnswer(msgspec.Struct, omit_defaults=True):
    """What changed since the cursor given; `full` when the phone must start anew.

    `villages` are all the asker's whenever anything changed among them; `notices` and `feedback`
    are whole whenever one of either has changed, and null otherwise.
    """

    cursor: str
    server_time: datetime
    full: bool = False
    villages: list[SyncedVillage] = []
    obligations: list[SyncedObligation] = []
    pensioners: list[SyncedPensioner] = []
    residents: list[SyncedResident] = []
    removed: Removed | None = None
    forms: list[SyncedForm] = []
    messages: list[MessageView] = []
    notices: list[SyncedNotice] | None = None
    feedback: list[FeedbackView] | None = None


class _Cursor(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """Change numbers by village, of the account, the forms the phone has, and what it was told."""

    villages: dict[str, int]
    account: int
    forms: list[int]
    told: int = 0


def _read(cursor: str | None) -> _Cursor | None:
    if not cursor:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        found = msgspec.msgpack.decode(raw, type=_Cursor)
    except (binascii.Error, msgspec.DecodeError, ValueError):
        raise Problem("bad_cursor") from None
    if any(abs(n) >= 2**31 for n in found.forms) or any(
        abs(n) >= 2**63 for n in (*found.villages.values(), found.account, found.told)
    ):
        raise Problem("bad_cursor")
    return found


def _write(cursor: _Cursor) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(cursor)).decode().rstrip("=")


def _submission(row: asyncpg.Record) -> SyncedSubmission | None:
    if row["submission"] is None:
        return None
    return SyncedSubmission(
        str(row["submission"]),
        row["revision"],
        receipt_number(row["receipt"]),
        row["kind"],
        from_json(row["answers"]),
        row["received_at"],
        row["counted_at"],
        CountedBy(row["counted_by"]),
        from_json(row["reasons"]),
        row["remark"],
        row["on_behalf"],
        from_json(row["defects"]) or [],
        row["review_remark"] or "",
    )


def _obligation(row: asyncpg.Record) -> SyncedObligation:
    extended = row["original_due_at"] != row["due_at"]
    return SyncedObligation(
        village=row["holder"],
        title=msgspec.convert(from_json(row["title"]), Words),
        stage=Stage(row["stage"]),
        exempt=row["exempt_at"] is not None,
        matched=row["matched_at"] is not None,
        pensioner=row["beneficiary"],
        extended_from=row["original_due_at"] if extended else None,
        submission=_submission(row),
        last=from_json(row["last"]),
        **{name: row[name] for name in _PLAIN},
    )


_PLAIN = (
    "id",
    "schedule",
    "code",
    "form",
    "period",
    "starts_on",
    "ends_on",
    "opens_at",
    "due_at",
    "closes_at",
    "allowance_hours",
    "first_counted_at",
    "fix_by",
    "visit_from",
    "visit_to",
)


async def _villages(actor: Actor, keys: list[str]) -> list[SyncedVillage]:
    backup = {p.region: p.is_backup for p in actor.posts}
    return [
        SyncedVillage(**dict(row), is_backup=backup.get(row["key"], False))
        for row in await sync.villages(keys)
    ]


def _since(known: dict[str, int], heads: dict[str, int]) -> dict[str, int]:
    """From which number on each changed village is sent; -1 sends it whole.

    A phone ahead of us has seen commits that a fail-over lost: then nothing it knows is sure.
    """
    return {
        key: known[key] if key in known and known[key] < head else -1
        for key, head in heads.items()
        if head != known.get(key)
    }


async def _removed(since: dict[str, int], villages: list[str]) -> Removed | None:
    """Of villages sent whole nothing is removed: the phone begins them anew."""
    if not any(number >= 0 for number in since.values()):
        return None
    pensioners = await sync.removed_pensioners(since, villages)
    obligations = await sync.removed_obligations(since, villages)
    people = await residents.removed(since, villages)
    found = pensioners or obligations or people
    return Removed(pensioners, obligations, people) if found else None


async def _changes(
    actor: Actor,
    before: _Cursor | None,
    heads: dict[str, int],
    account: int,
    language: str,
    vault: Vault,
) -> SyncAnswer:
    """Everything after `before`; villages new to the phone come whole."""
    since = _since(before.villages if before else {}, heads)
    rows = await sync.obligations(since, actor.now - KEEP_CLOSED) if since else []
    had = set(before.forms) if before else set()
    fresh = {row["form"] for row in rows} - had
    after = before.account if before else 0
    messages = await sync.messages(actor.account, after, MOST_MESSAGES) if account != after else []
    said = await told(actor, before.told if before else 0)
    cursor = _Cursor(heads, account, sorted(had | fresh), said.digest)
    return SyncAnswer(
        _write(cursor),
        actor.now,
        before is None,
        await _villages(actor, list(heads)),
        [_obligation(row) for row in rows],
        [synced_pensioner(row, vault) for row in (await sync.pensioners(since) if since else [])],
        [synced_resident(row, vault) for row in (await residents.changed(since) if since else [])],
        await _removed(since, list(heads)),
        [
            SyncedForm(row["id"], row["version"], from_json(row["definition"]))
            for row in (await sync.forms(sorted(fresh)) if fresh else [])
        ],
        [message_view(row, language) for row in messages],
        said.notices,
        said.feedback,
    )


class SyncController(Controller):
    path = "/sync"
    tags = ("filing",)

    @get("/", opt=allows(Action.SYNC), responses=documented("bad_cursor"))
    async def sync(
        self,
        request: ApiRequest,
        cursor: Annotated[
            str | None, QueryParameter(pattern=r"^[A-Za-z0-9_-]*$", max_length=8000)
        ] = None,
    ) -> SyncAnswer:
        """What the asker's villages need, or what changed since `cursor`."""
        before = _read(cursor)
        language = language_of(request.headers.get("accept-language"))
        async with authorised(request) as actor:
            villages = actor.scopes(Action.SYNC)
            account, heads = await sync.heads(actor.account, villages)
            if before and before.villages == heads and before.account == account:
                return SyncAnswer(_write(before), actor.now)
            return await _changes(actor, before, heads, account, language, vault_of(request))

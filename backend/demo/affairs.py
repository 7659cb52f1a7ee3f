"""What the demo county's villages ask of their offices: more time, a waiver, an answer."""

from datetime import datetime, timedelta
from typing import Final

from backend import hearing, requesting, told
from backend.demo.acting import acting, named
from backend.demo.people import uuid
from backend.demo.regions import COUNTY, TOWN
from backend.demo.story import source
from backend.domain.feedback import FeedbackKind
from backend.domain.requests import Advice, RequestKind
from backend.domain.roles import Action, Role
from backend.requesting import Plea
from backend.store import duties, requests
from backend.store.database import fetch, transaction
from backend.store.feedback import NewFeedback
from backend.vault import Vault

_PLEAS: Final = (
    (RequestKind.EXTEND, "联络员住院，请晚两天报", timedelta(days=2)),
    (RequestKind.EXEMPT, "本村整体搬迁，本期没有可报的内容", None),
)
_LETTERS: Final = (
    (FeedbackKind.SUGGESTION, "希望认证名单能提前一周发到手机上，好安排入户。", 6, ""),
    (
        FeedbackKind.COMPLAINT,
        "上个月报了三次都被退回，每次只说一个问题，能不能一次说全？",
        3,
        "问得对，以后退回时把问题一次列全。给您添麻烦了。",
    ),
)
_OWED: Final = """SELECT o.id, o.holder, o.due_at, a.id AS account, a.name
    FROM obligation o JOIN post p ON p.region = o.holder AND p.role = 'liaison'
        AND p.ends_at IS NULL AND NOT p.is_backup
    JOIN account a ON a.id = p.account
    WHERE o.holder ^@ $1 AND o.stage = 'none' AND o.exempt_at IS NULL AND o.beneficiary IS NULL
      AND o.opens_at <= $2 AND o.closes_at > $2 ORDER BY o.due_at DESC, o.holder LIMIT $3"""


async def add(vault: Vault, now: datetime) -> bool:
    """Adds requests and letters to the demo county; False when it has some."""
    if await fetch("SELECT 1 FROM feedback WHERE first_office ^@ $1 LIMIT 1", COUNTY):
        return False
    async with transaction():
        await _ask(vault, now)
        await _write(vault, now)
    return True


async def _ask(vault: Vault, now: datetime) -> None:
    rng, lead = source("requests"), await named(vault, Role.OFFICE_LEAD, now)
    owed = await fetch(_OWED, TOWN, now, len(_PLEAS))
    for (kind, reason, later), row in zip(_PLEAS, owed, strict=False):
        asker = acting(row["account"], row["name"], Role.LIAISON, row["holder"], now)
        wanted = None if later is None else max(row["due_at"], now) + later
        duty = await duties.within(row["id"], asker.scopes(Action.REQUEST))
        assert duty is not None
        plea = Plea(uuid(rng), kind, reason, wanted)
        await requesting.ask(asker, plea, duty)
        if later is not None:
            asked = await requests.within(plea.id, lead.scopes(Action.ADVISE))
            assert asked is not None
            await requesting.advise(lead, asked, Advice.SUPPORT, "情况属实")


async def _write(vault: Vault, now: datetime) -> None:
    rng = source("letters")
    for kind, text, days, answer in _LETTERS:
        then = now - timedelta(days=days)
        sender = await named(vault, Role.LIAISON, then)
        lead = await named(vault, Role.OFFICE_LEAD, then + timedelta(hours=5))
        letter = NewFeedback(uuid(rng), kind.value, text, sender.posts[0].region, TOWN, then)
        await hearing.send(sender, letter)
        if answer:
            await hearing.take(lead, await told.feedback_to_answer(lead, letter.id))
            await hearing.answer(lead, await told.feedback_to_answer(lead, letter.id), answer)

"""What the demo county's people find on their first day: two notices, and a link to sign in by."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from backend import invitations, publishing
from backend.demo.acting import named
from backend.demo.people import uuid
from backend.demo.regions import COUNTY, TOWN, VILLAGE
from backend.demo.story import source
from backend.domain.roles import Role
from backend.publishing import NewNotice
from backend.store import regions
from backend.store.database import fetch, transaction
from backend.store.notices import Words
from backend.vault import Vault

_LIFE: Final = timedelta(days=7)
_OFFICE_PHONE: Final = "0099-8100100"  # no such area code
_NOTICES: Final = (
    (
        Role.COUNTY_OPS,
        COUNTY,
        "关于做好本月就业信息报送工作的通知",
        "请各村联络员于每月截止日前报送劳动力就业情况月报。没有变化的，选“无变化”；"
        "没有可报内容的，选“零报告”。没有信号时照常填写，有信号后自动送出。",
        14,
    ),
    (
        Role.OFFICE_LEAD,
        TOWN,
        "待遇领取资格认证入户提醒",
        "本轮资格认证已开始，请优先走访高龄、行动不便的老人。照片请在光线好的地方拍，"
        "脸部清楚、不戴帽子。遇到疑问请打电话给人社所。",
        None,
    ),
)


@dataclass(frozen=True, slots=True)
class Invited:
    """Whom a one-use link is for; only this run knows the token."""

    name: str
    token: str


async def publish(vault: Vault, now: datetime) -> bool:
    """Adds the notices and the office's phone to the demo county; False when it has some."""
    if await fetch("SELECT 1 FROM notice WHERE office ^@ $1 LIMIT 1", COUNTY):
        return False
    rng = source("notices")
    for role, office, title, body, days in _NOTICES:
        confirm_by = None if days is None else now + timedelta(days=days)
        actor = await named(vault, role, now)
        async with transaction():
            words = Words(title, body, confirm_by, [])
            await publishing.publish(actor, NewNotice(uuid(rng), office, [office], words))
    async with transaction():
        await regions.set_office_phone(TOWN, _OFFICE_PHONE)
    return True


async def invite(vault: Vault, now: datetime) -> Invited:
    """A fresh link for another liaison of the township; the one before opens nothing now."""
    actor = await named(vault, Role.REVIEWER, now)
    async with transaction():
        [row] = await fetch(
            """SELECT a.id, a.name, p.region FROM post p JOIN account a ON a.id = p.account
            WHERE p.role = 'liaison' AND p.region ^@ $1 AND p.region <> $2 AND p.ends_at IS NULL
            ORDER BY p.region, a.id LIMIT 1""",
            TOWN,
            VILLAGE,
        )
        issued = await invitations.issue(vault, actor, row["id"], row["region"], _LIFE)
    return Invited(row["name"], issued.token)

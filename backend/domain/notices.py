"""Notices (通知): to whom they may go, and when they count as read."""

from collections.abc import Sequence
from datetime import datetime

from backend.domain.refusal import Refusal
from backend.domain.regions import contains


def check_scopes(office: str, scopes: Sequence[str]) -> tuple[str, ...]:
    """The prefixes a notice goes to, without those that lie in others; all of the office if none.

    Refusal("notice_scope") for a region that is not the office's.
    """
    wanted = set(scopes) or {office}
    if not all(contains(office, scope) for scope in wanted):
        raise Refusal("notice_scope")
    return tuple(sorted(s for s in wanted if not any(o != s and contains(o, s) for o in wanted)))


def check_confirm_by(confirm_by: datetime | None, now: datetime) -> None:
    """Refusal("confirm_by_past") where nobody could be in time."""
    if confirm_by is not None and confirm_by <= now:
        raise Refusal("confirm_by_past")


def read_at(told: datetime, published_at: datetime, now: datetime) -> datetime:
    """When it counts as read by what a phone told: not before it was there, nor in the future."""
    return min(max(told, published_at), now)

"""A 催报 by an office: which of the duties chosen are to be chased now."""

from datetime import datetime
from enum import StrEnum

from backend.domain.reviews import Stage


class Chase(StrEnum):
    """What becomes of one duty when somebody nudges.

    filed: nothing to chase, the report is there. not_owed: waived, closed, or not open yet.
    done_today: chased already on this day. nobody: no one but the asker answers for it.
    """

    NUDGED = "nudged"
    DONE_TODAY = "done_today"
    FILED = "filed"
    NOT_OWED = "not_owed"
    NOBODY = "nobody"


def chase(
    stage: Stage,
    opens_at: datetime,
    closes_at: datetime,
    *,
    exempt: bool,
    done_today: bool,
    answered_for: bool,
    now: datetime,
) -> Chase:
    """Whether an office may chase the duty at `now`; only what is outstanding is chased."""
    if stage is not Stage.NONE:
        return Chase.FILED
    if exempt or not opens_at <= now <= closes_at:
        return Chase.NOT_OWED
    if done_today:
        return Chase.DONE_TODAY
    return Chase.NUDGED if answered_for else Chase.NOBODY

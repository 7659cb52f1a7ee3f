"""What is not kept for ever: each rule with the task that carries it out."""

from enum import StrEnum
from typing import Final


class RetentionRule(StrEnum):
    """Why something was removed."""

    OLD_PHOTOS = "old_photos"
    STRAY_PHOTOS = "stray_photos"
    BROKEN_UPLOADS = "broken_uploads"
    SIGN_IN_FAILURES = "sign_in_failures"


TASKS: Final = {
    RetentionRule.OLD_PHOTOS: "erase",
    RetentionRule.STRAY_PHOTOS: "sweep_photos",
    RetentionRule.BROKEN_UPLOADS: "expire_uploads",
    RetentionRule.SIGN_IN_FAILURES: "forget_failures",
}

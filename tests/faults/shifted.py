"""A server program whose clock shows another time: reminders keep to hours of the day."""

import os
import sys
from datetime import datetime, timedelta

from granian import Granian
from granian.constants import Interfaces
from litestar import Litestar

from backend import settings
from backend.clock import system_clock
from backend.main import build_app

SHIFT = "CLOCK_SHIFT_SECONDS"


def app() -> Litestar:
    """What the server process calls."""
    shift = timedelta(seconds=float(os.environ[SHIFT]))

    def clock() -> datetime:
        return system_clock() + shift

    return build_app(settings.load(os.environ), clock)


if __name__ == "__main__":
    Granian(
        "tests.faults.shifted:app",
        port=int(sys.argv[-1]),
        interface=Interfaces.ASGI,
        factory=True,
        log_enabled=False,
    ).serve()

"""The demo county 990101 示范县: people, seven reports, six months of history, and pensioners."""

from backend.demo.affairs import add as add_affairs
from backend.demo.making import PASSWORD, Demo, Login, NotTheDemo, make
from backend.demo.pensioners import add as add_pensioners
from backend.demo.told import Invited, invite
from backend.demo.told import publish as add_notices
from backend.demo.villagers import add as add_villagers

__all__ = [
    "PASSWORD",
    "Demo",
    "Invited",
    "Login",
    "NotTheDemo",
    "add_affairs",
    "add_notices",
    "add_pensioners",
    "add_villagers",
    "invite",
    "make",
]

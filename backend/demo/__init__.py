"""The demo county 990101 示范县: people, seven reports, six months of history, and pensioners."""

from backend.demo.making import PASSWORD, Demo, Login, NotTheDemo, make
from backend.demo.pensioners import add as add_pensioners

__all__ = ["PASSWORD", "Demo", "Login", "NotTheDemo", "add_pensioners", "make"]

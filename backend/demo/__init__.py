"""The demo county 990101 示范县: people, seven reports, and six months of history."""

from backend.demo.making import PASSWORD, Demo, Login, NotTheDemo, make

__all__ = ["PASSWORD", "Demo", "Login", "NotTheDemo", "make"]

"""Which passwords are too weak: length first, for GB/T 22239 and because guesses are limited."""

from itertools import pairwise

from backend.domain.refusal import Refusal
from backend.domain.roles import Role

PIN_MIN = 6
VILLAGE_MIN = 8
STAFF_MIN = 10


def minimum_length(role: Role) -> int:
    """Staff see more than one village, so theirs must be longer."""
    return VILLAGE_MIN if role in (Role.LIAISON, Role.STATION) else STAFF_MIN


# Lines and corners of a number pad, the first to be tried.
_PAD = frozenset({"147258", "147369", "159357", "357159", "258369", "369258", "741852", "789456"})


def check(password: str, minimum: int, phone: str) -> None:
    """Raises Refusal("weak_password"): short, few characters, a run, or the phone number.

    Where eight characters do, so do six digits: as NIST SP 800-63B has it for limited guesses.
    """
    pin = minimum == VILLAGE_MIN and password.isascii() and password.isdigit()
    minimum = PIN_MIN if pin else minimum
    steps = {ord(b) - ord(a) for a, b in pairwise(password)}
    trivial = len(set(password)) < 4 or steps in ({1}, {-1}) or password in _PAD
    if len(password) < minimum or trivial or phone in password or password in phone:
        raise Refusal("weak_password", min=minimum)

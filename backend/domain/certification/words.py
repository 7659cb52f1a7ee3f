"""The words of certification 资格认证: what is drawn, how it was certified, what was found."""

from enum import StrEnum


class InsuranceType(StrEnum):
    """Which pension: 城乡居民, 企业职工, 机关事业, 遗属."""

    RESIDENT = "resident"
    EMPLOYEE = "employee"
    GOV = "gov"
    SURVIVOR = "survivor"


class LiveType(StrEnum):
    """Where a pensioner lives: 本村, 县内, 异地, 境外."""

    VILLAGE = "village"
    COUNTY = "county"
    ELSEWHERE = "elsewhere"
    ABROAD = "abroad"


class PayStatus(StrEnum):
    """What the insurance system does; we only read and recommend: 正常, 暂停, 终止."""

    NORMAL = "normal"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"


class Method(StrEnum):
    """How somebody was certified."""

    DATA_MATCH = "data_match"
    SELF_FACE = "self_face"
    COUNTER = "counter"
    HOME_VISIT = "home_visit"
    VILLAGE = "village"
    REMOTE_ASSIST = "remote_assist"
    CONSULAR = "consular"
    COMMITMENT = "commitment"


class Result(StrEnum):
    """What was found."""

    PASS = "pass"
    DEATH = "death"
    MISSING = "missing"
    CUSTODY = "custody"
    ABROAD = "abroad"
    EMIGRATED = "emigrated"
    MOVED = "moved"
    DUPLICATE = "duplicate"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"

    @property
    def proves_life(self) -> bool:
        """Alive and entitled: the next certification is counted from here."""
        return self in _ALIVE

    @property
    def settles(self) -> bool:
        """Nobody has to visit again in this window: the question is answered, one way or another.

        Who could not be found, would not be seen, is missing or moved away is still uncertified.
        """
        return self in _SETTLED

    @property
    def happened(self) -> bool:
        """Something happened on a day that must be known, or its months can't be computed."""
        return self in _DATED


_ALIVE = frozenset({Result.PASS, Result.ABROAD})
_DATED = frozenset({Result.DEATH, Result.CUSTODY, Result.EMIGRATED, Result.DUPLICATE})
_SETTLED = _ALIVE | _DATED


class CertState(StrEnum):
    """Where a certification stands at an instant."""

    NOT_DUE = "not_due"
    DUE = "due"
    COLLECTED = "collected"
    RETURNED = "returned"
    PASSED = "passed"
    SUSPECT = "suspect"
    OVERDUE = "overdue"

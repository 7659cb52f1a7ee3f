"""Shapes and limits that several resources share."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from litestar.params import PathParameter, QueryParameter
from msgspec import Meta

from backend.domain.refusal import Refusal
from backend.problems import Problem

_TEXT = r"^[^\u0000-\u0008\u000b-\u001f\u007f]*$"
Line = Annotated[str, Meta(max_length=200, pattern=_TEXT)]
Name = Annotated[str, Meta(min_length=1, max_length=60, pattern=_TEXT)]
Note = Annotated[str, Meta(max_length=500, pattern=_TEXT)]
Reason = Annotated[str, Meta(min_length=2, max_length=200, pattern=_TEXT)]
RegionKey = Annotated[str, Meta(pattern=r"^[0-9]{2,12}$", max_length=12)]
# A number past 2**53 is no longer exact in a browser, and its limit none in a JSON schema.
Hours = Annotated[int, Meta(ge=0, le=168)]
Number = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Small = Annotated[int, Meta(ge=1, le=2**31 - 1)]
PeriodKey = Annotated[str, Meta(pattern=r"^2[0-9]{3}(-[WQ0-9]{2,3}(-[0-9]{2})?)?$")]
Phone = Annotated[str, Meta(pattern=r"^1[3-9][0-9]{9}$", max_length=11)]
Password = Annotated[str, Meta(min_length=1, max_length=200, pattern=_TEXT)]

KeyQuery = Annotated[str | None, QueryParameter(pattern=r"^[0-9]{2,12}$", max_length=12)]
NumberQuery = Annotated[int | None, QueryParameter(ge=1, le=2**53 - 1)]
SmallQuery = Annotated[int | None, QueryParameter(ge=1, le=2**31 - 1)]
WordQuery = Annotated[str | None, QueryParameter(pattern=r"^[A-Za-z0-9_.:-]{1,80}$")]
PeriodQuery = Annotated[
    str | None, QueryParameter(pattern=r"^2[0-9]{3}(-[WQ0-9]{2,3}(-[0-9]{2})?)?$")
]
PageQuery = Annotated[str | None, QueryParameter(pattern=r"^[A-Za-z0-9_-]{1,200}$")]
LimitQuery = Annotated[int, QueryParameter(ge=1, le=200)]
NumberPath = Annotated[int, PathParameter(ge=1, le=2**53 - 1)]
SmallPath = Annotated[int, PathParameter(ge=1, le=2**31 - 1)]
KeyPath = Annotated[str, PathParameter(pattern=r"^[0-9]{2,12}$", max_length=12)]


_YEARS = range(1900, 2200)


def check_years(**given: date | None) -> None:
    """Refusal("invalid") for a day or instant that calculations or the database can't follow."""
    for name, day in given.items():
        if day is not None and day.year not in _YEARS:
            raise Refusal("invalid", faults=[{"field": name, "reason": "year"}])


class Words(msgspec.Struct, forbid_unknown_fields=True):
    """One text in both languages."""

    zh: Annotated[str, Meta(min_length=1, max_length=100, pattern=_TEXT)]
    en: Annotated[str, Meta(min_length=1, max_length=100, pattern=_TEXT)]


T = TypeVar("T")
R = TypeVar("R")


class Page(msgspec.Struct, Generic[T]):
    """Part of a list; `next` goes into `page` to read on and is null at the end."""

    items: list[T]
    next: str | None = None


def paged(
    rows: Sequence[R], limit: int, show: Callable[[R], T], mark: Callable[[R], Sequence[Any]]
) -> Page[T]:
    """A page of rows of which one more than `limit` was asked for."""
    kept = rows[:limit]
    more = len(rows) > limit
    return Page([show(row) for row in kept], page_mark(mark(kept[-1])) if more else None)


def page_mark(values: Sequence[Any]) -> str:
    """Where a list was left, as one opaque word."""
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def read_mark(page: str | None, shape: type[T]) -> T | None:
    """The values of a mark. Problem("bad_cursor") for anything that is not one of ours."""
    if page is None:
        return None
    try:
        raw = base64.b64decode(page + "=" * (-len(page) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=shape)
    except (binascii.Error, msgspec.DecodeError, ValueError):
        raise Problem("bad_cursor") from None

"""The subsidy sheet: accepted items of each village times the county's price. Paid elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

# The kind of item that a certification is; reports go by the code of their form.
CERTIFICATION: Final = "CERTIFICATION"


@dataclass(frozen=True, slots=True)
class Item:
    """A kind of item with its price in fen; without one it is counted and not paid."""

    code: str
    title: Mapping[str, str]
    price_fen: int | None


@dataclass(frozen=True, slots=True)
class Share:
    """What a village handed in and was accepted: by kind those it filed itself, and those that the
    office filed on its behalf, which are not paid.
    """

    region: str
    name: str
    own: Mapping[str, int]
    on_behalf: Mapping[str, int]


def amount_fen(share: Share, items: Sequence[Item]) -> int:
    """What a village is due."""
    return sum(share.own.get(item.code, 0) * (item.price_fen or 0) for item in items)


def by_township(shares: Sequence[Share], items: Sequence[Item]) -> dict[str, int]:
    """The same by township."""
    found: dict[str, int] = {}
    for share in shares:
        town = share.region[:9]
        found[town] = found.get(town, 0) + amount_fen(share, items)
    return found

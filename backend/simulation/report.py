"""What came of the year, in words: the counts with and without reminders, and what was checked."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from backend.simulation.days import STANDINGS, counted
from backend.simulation.evidence import Evidence
from backend.simulation.journal import Journal

_SHOWN: Final = 20
_MODEL: Final = (
    "This is a model: how people behave was assumed (backend/simulation/behaviour.py), not",
    "measured; what was checked below are the facts that the product's own code left behind.",
)
# Drawn by the database or given in the order of inserts: names of facts, not facts.
_NAMES: Final = frozenset({"id", "message", "address", "submission"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """The counts at the end, what the checks found, and a digest of all facts."""

    reminded: Mapping[str, int]
    unreminded: Mapping[str, int]
    violations: Mapping[str, Sequence[str]]
    digest: str
    happened: Sequence[str]

    @property
    def holds(self) -> bool:
        """Whether no check found anything."""
        return not any(self.violations.values())

    def lines(self) -> list[str]:
        """The report for a terminal."""
        heads = [name.replace("_", " ") for name in STANDINGS]
        lines = [*_MODEL, "", f"{'':18}" + "".join(f"{head:>10}" for head in heads)]
        for title, counts in (("with reminders", self.reminded), ("without", self.unreminded)):
            total = sum(counts.values()) or 1
            parts = "".join(f"{counts[name] / total:>10.1%}" for name in STANDINGS)
            lines.append(f"{title:18}{parts}  of {total} due")
        lines += ["", *self.happened, ""]
        for name, found in self.violations.items():
            lines.append(f"{'FAIL' if found else 'ok':5} {name}")
            lines += [f"      {each}" for each in found[:_SHOWN]]
            if len(found) > _SHOWN:
                lines.append(f"      and {len(found) - _SHOWN} more")
        return [*lines, "", f"digest of all facts  {self.digest}"]


def outcome(e: Evidence, violations: Mapping[str, Sequence[str]]) -> Outcome:
    """What came of it."""
    due = {number for number, duty in e.journal.owed.items() if duty.due_at <= e.ends}
    alone = Counter(e.journal.unprompted[number].value for number in due)
    return Outcome(
        counted(e.journal, e.ends),
        {name: alone[name] for name in STANDINGS},
        violations,
        digest(e),
        list(_happened(e, e.journal)),
    )


def _happened(e: Evidence, journal: Journal) -> list[str]:
    shown = sum(m["delivered_at"] is not None for m in e.messages.values())
    late = {d for d, at in e.first_filed.items() if at > e.obligations[d]["due_at"]}
    held = sum(row["held_back"] for row in e.reminders)
    crashes = ", ".join(f"{name} {n}" for name, n in sorted(journal.crashes.items()))
    return [
        f"{len(e.obligations)} duties, {len(e.submissions)} reports ({len(late)} after due), "
        f"{len(e.reviews)} decisions",
        f"{len(e.reminders)} steps ({held} held back) in {shown} messages, {len(journal.sent)} "
        f"sent beyond the app, {len(e.calls)} on call lists",
        f"{sum(journal.crashes.values())} crashes: {crashes or 'none'}",
    ]


def digest(e: Evidence) -> str:
    """SHA-256 over all facts, in an order of their own."""
    found = hashlib.sha256()
    kinds: Sequence[Any] = (
        e.obligations.values(), e.submissions, e.reviews, e.reminders, e.messages.values(),
        e.deliveries.values(), e.posts, e.calls,
    )  # fmt: skip
    for kind in kinds:
        lines = (msgspec.json.encode([v for k, v in r.items() if k not in _NAMES]) for r in kind)
        for line in sorted(lines):
            found.update(line)
    return found.hexdigest()

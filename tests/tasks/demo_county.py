"""The demo county as the tests look at it: its people over HTTP, and its facts in bulk."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import httpx

from backend import demo
from backend.domain.calendar import WorkCalendar
from backend.domain.clocks import CountedBy
from backend.domain.reviews import Decision, ReviewFact, ReviewStep
from backend.domain.roles import Role
from backend.domain.timeliness import Adjustment, AdjustmentKind, Facts, Filing
from backend.store.database import fetch, fetch_value, from_json

# A Monday morning in China.
NOW = datetime.fromisoformat("2026-11-23T10:30:00+08:00")
SIZES = ("region", "account", "post", "obligation", "submission", "review", "message",
         "audit_entry", "rate_cell", "schedule")  # fmt: skip


class Interrupted(Exception):
    """Somebody pressed Ctrl-C."""


def interrupt(done: int, total: int) -> None:
    if done > total // 5:
        raise Interrupted


@dataclass
class County:
    """The county, what an interrupted first try had left behind, and its API."""

    made: demo.Demo
    left_behind: dict[str, int]
    http: httpx.AsyncClient
    days: WorkCalendar

    async def signed_in(self, role: Role) -> dict[str, str]:
        """The headers of whoever holds the role."""
        login = next(each for each in self.made.logins if each.role is role)
        body = {"phone": login.phone, "password": login.password, "device": "test"}
        answer = await self.http.post("/api/v1/sessions", json=body)
        assert answer.status_code == 201, answer.text
        return {"authorization": f"Bearer {answer.json()['access_token']}"}

    async def get(self, role: Role, path: str, **params: Any) -> Any:
        """What somebody sees."""
        headers = await self.signed_in(role)
        answer = await self.http.get(f"/api/v1{path}", headers=headers, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()


async def sizes() -> dict[str, int]:
    """How many rows the tables hold."""
    return {name: await number(f"SELECT count(*) FROM {name}") for name in SIZES}


async def number(sql: str, *args: Any) -> int:
    """The one number that a query gives."""
    return int(await fetch_value(sql, *args))


async def known_facts() -> list[tuple[int, str, Facts]]:
    """Period, region and facts of every obligation."""
    of: dict[str, dict[int, list[asyncpg.Record]]] = {}
    for table in ("adjustment", "submission", "review"):
        of[table] = defaultdict(list)
        for row in await fetch(f"SELECT * FROM {table}"):
            of[table][row["obligation"]].append(row)
    opened = await fetch(
        "SELECT o.*, p.steps::text AS steps FROM obligation o JOIN period p ON p.id = o.period"
    )
    return [
        (row["period"], row["region"], _facts(row, *(of[table][row["id"]] for table in of)))
        for row in opened
    ]


def _facts(
    row: asyncpg.Record,
    moved: list[asyncpg.Record],
    filed: list[asyncpg.Record],
    decided: list[asyncpg.Record],
) -> Facts:
    return Facts(
        row["opens_at"],
        row["original_due_at"],
        row["original_closes_at"],
        tuple(ReviewStep(step) for step in from_json(row["steps"])),
        tuple(
            Adjustment(AdjustmentKind(m["kind"]), m["decided_at"], m["due_at"], m["closes_at"])
            for m in moved
        ),
        tuple(
            Filing(
                f["id"],
                f["revision"],
                f["received_at"],
                f["corrected_at"],
                f["counted_at"],
                CountedBy(f["counted_by"]),
                f["withdrawn_at"],
            )
            for f in filed
        ),
        tuple(
            ReviewFact(
                d["submission"],
                ReviewStep(d["step"]),
                Decision(d["decision"]),
                d["at"],
                d["fix_by"],
            )
            for d in decided
        ),
    )

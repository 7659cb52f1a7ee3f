"""The floor: the least a Litestar route can do to keep a report, which is one insert."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from litestar import Litestar, Request, post

TABLE = """CREATE TABLE floor_report (
    id uuid PRIMARY KEY, obligation bigint NOT NULL, kind text NOT NULL,
    captured_at timestamptz, received_at timestamptz NOT NULL DEFAULT now(), answers jsonb NOT NULL)
"""
_INSERT = """INSERT INTO floor_report (id, obligation, kind, captured_at, answers)
    VALUES ($1, $2, $3, $4, $5)"""


class _Report(msgspec.Struct):
    id: UUID
    obligation: int
    kind: str
    answers: dict[str, Any]
    captured_at: datetime


class _Batch(msgspec.Struct):
    items: list[_Report]


class _Connection(asyncpg.Connection):  # type: ignore[misc]
    def get_reset_query(self) -> str:
        """As cheap to give back as the application's own connections."""
        return ""


@post("/reports", status_code=200)
async def keep(request: Request[Any, Any, Any], data: _Batch) -> dict[str, UUID]:
    """Inserts the report, committed by itself."""
    report = data.items[0]
    await request.app.state.pool.execute(
        _INSERT,
        report.id,
        report.obligation,
        report.kind,
        report.captured_at,
        msgspec.json.encode(report.answers).decode(),
    )
    return {"id": report.id}


@asynccontextmanager
async def _pool(app: Litestar) -> AsyncIterator[None]:
    async with asyncpg.create_pool(
        os.environ["CUNBAO_DATABASE_URL"], min_size=10, max_size=10, connection_class=_Connection
    ) as app.state.pool:
        yield


def app() -> Litestar:
    """The bare application, with nothing around the route."""
    return Litestar([keep], lifespan=[_pool], openapi_config=None, logging_config=None)

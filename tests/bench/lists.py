"""Lists of 100,000 rows, asked in process: their first page, one far down, and a search.

A county that no county is: 100,000 villages, each with a liaison, two months of reports of which
half await review, and as many of everything else that offices look through.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from time import perf_counter
from typing import Any, Final

import httpx

from backend.clock import system_clock
from backend.domain.ledger.fields import EMPTY
from backend.domain.roles import Role
from backend.main import build_app
from backend.settings import load
from backend.store.database import fetch, to_json
from backend.vault import Vault
from tests import databases
from tests.bench import bulk
from tests.bench.figures import Figure
from tests.bench.history import add_history
from tests.bench.province import Asker
from tests.bench.server import SECRET

COUNTY: Final = "990101"
ROWS: Final = 100_000
_PER_TOWN: Final = 799
_TIMES: Final = 7
_AT_MOST_MS: Final = 300
_DEEP: Final = 40

# Who asks for what, with which filters. A page far down is reached by the cursors.
_ASKED: Final[tuple[tuple[str, str, Mapping[str, str]], ...]] = (
    ("county", "/obligations", {}),
    ("county", "/obligations", {"standing": "missing"}),
    ("county", "/obligations", {"standing": "late"}),
    ("county", "/reviews", {}),
    ("county", "/villages", {}),
    ("county", "/villages", {"order": "late"}),
    ("county", "/villages", {"words": "第990101899"}),
    ("county", "/villages", {"words": "nowhere"}),
    ("county", "/villages", {"vacant": "true"}),
    ("sysadmin", "/posts", {}),
    ("sysadmin", "/posts", {"role": "county_ops"}),
    ("county", "/residents", {}),
    ("county", "/residents", {"status": "farm"}),
    ("county", "/call-list", {}),
    ("county", "/requests", {"open": "true"}),
    ("county", "/requests", {"open": "false"}),
    ("county", "/adjustments", {}),
    ("county", "/adjustments", {"kind": "exempt"}),
    ("county", "/feedback", {"open": "true"}),
    ("county", "/feedback", {"open": "false"}),
    ("county", "/notices", {}),
    ("county", "/imports", {}),
    ("county", "/audit", {}),
    ("county", "/regions", {"name": "nowhere"}),
)
_SEARCHED: Final = ({"name": "某人"}, {"name": "nobody"}, {"action": "review"}, {"subject": "post"})

_QUEUE: Final = "UPDATE obligation SET stage = 'county' WHERE newest IS NOT NULL"
_CALLS: Final = """INSERT INTO call_entry (region, account, channel, reason, since)
    SELECT region, account, 'sms', 'no_address', $1::timestamptz FROM post
    WHERE role = 'liaison'"""
# Half of them are decided.
_REQUESTS: Final = """INSERT INTO adjustment_request (id, obligation, kind, reason, asked_by,
        asked_at, decision, decided_by, decided_at)
    SELECT gen_random_uuid(), o.id, 'exempt', '停电', a.who, a.at,
        CASE WHEN o.id % 2 = 0 THEN 'refuse' END, CASE WHEN o.id % 2 = 0 THEN a.who END,
        CASE WHEN o.id % 2 = 0 THEN a.at END
    FROM obligation o, (SELECT $1::timestamptz AS at, account AS who FROM post LIMIT 1) a
    WHERE o.period = (SELECT max(id) FROM period)"""
_ADJUSTMENTS: Final = """INSERT INTO adjustment (obligation, kind, decided_at, due_at, closes_at,
        reason, account)
    SELECT o.id, 'extend', $1::timestamptz, o.due_at, o.closes_at, '停电', gen_random_uuid()
    FROM obligation o WHERE o.period = (SELECT max(id) FROM period)"""
_EXTENDED: Final = """UPDATE obligation SET due_at = due_at + interval '1 hour'
    WHERE period = (SELECT max(id) FROM period)"""
_FEEDBACK: Final = """INSERT INTO feedback (id, kind, text, region, account, first_office, office,
        office_since, written_at, received_at, answered_at)
    SELECT gen_random_uuid(), 'suggestion', '希望早点发通知', region, account, left(region, 9),
        left(region, 6), t, t, t, CASE WHEN random() < 0.5 THEN t END
    FROM post, (SELECT $1::timestamptz AS t) a WHERE role = 'liaison'"""
_NOTICES: Final = """WITH made AS (
        INSERT INTO notice (id, office, scopes, published_at)
        SELECT gen_random_uuid(), '990101', '{990101}', $1::timestamptz
        FROM post WHERE role = 'liaison' RETURNING id)
    INSERT INTO notice_version (notice, version, title, body, at, account)
    SELECT id, 1, '通知', '请查收', $1::timestamptz, gen_random_uuid() FROM made"""
_IMPORTS: Final = """INSERT INTO import_batch (kind, county, account, at, file_sha256, outcome,
        rows, header, counts)
    SELECT 'roster', '990101', account, $1::timestamptz, '', 'imported', 1, '[]', '{}'
    FROM post WHERE role = 'liaison'"""
_AUDIT: Final = """INSERT INTO audit_entry (at, account, action, subject, region, result, detail)
    SELECT $1::timestamptz, account, 'post.begin', 'post:' || id, region, 'done', '{}'
    FROM post"""
_RESIDENTS: Final = """INSERT INTO resident (id, county, region, id_number_sealed, id_number_index,
        born_on, facts, stamps, created_at, changed_at)
    SELECT gen_random_uuid(), '990101', region, $2, decode(md5(region), 'hex'), '1980-01-01',
        $3, '{}', t, t
    FROM post, (SELECT $1::timestamptz AS t) a WHERE role = 'liaison'"""
_FILLED: Final = (
    _QUEUE,
    _CALLS,
    _REQUESTS,
    _EXTENDED,
    _ADJUSTMENTS,
    _FEEDBACK,
    _NOTICES,
    _IMPORTS,
    _AUDIT,
)


async def bench(url: str) -> list[Figure]:
    """Every list with its filters."""
    async with databases.copy(url) as here, databases.connected(here):
        now = system_clock()
        sessions = await _build(now)
        async with _askers(here, now, sessions) as askers:
            figures = [f for asked in _ASKED for f in await _listed(askers, *asked)]
            figures += [await _searched(askers["county"], body) for body in _SEARCHED]
            return figures


async def _listed(
    askers: Mapping[str, Asker], who: str, path: str, query: Mapping[str, str]
) -> list[Figure]:
    asker, name = askers[who], f"{path} {' '.join(f'{k}={v}' for k, v in query.items())}".strip()
    more = {} if "role" in query else {"limit": "50"}
    first = await asker.milliseconds(_TIMES, path, **query, **more)
    figures = [Figure(name, first, "ms", at_most=_AT_MOST_MS)]
    page = (await asker.get(path, **query, limit="200")).json().get("next")
    for _ in range(_DEEP):
        if page is None:
            return figures
        page = (await asker.get(path, **query, limit="200", page=page)).json().get("next")
    if page is not None:
        deep = await asker.milliseconds(_TIMES, path, **query, limit="50", page=page)
        figures.append(Figure(f"{name}, far down", deep, "ms", at_most=_AT_MOST_MS))
    return figures


async def _searched(county: Asker, body: dict[str, str]) -> Figure:
    found, headers = [], {"authorization": f"Bearer {county.token}"}
    for _ in range(_TIMES + 6):
        started = perf_counter()
        answer = await county.http.post("/api/v1/audit/search", json=body, headers=headers)
        found.append((perf_counter() - started) * 1000)
        assert answer.status_code == 200, answer.text
    return Figure(f"/audit/search {body}", found[6:], "ms", at_most=_AT_MOST_MS)


async def _build(now: datetime) -> dict[str, Any]:
    towns = [f"{COUNTY}{100 + n}" for n in range(ROWS // _PER_TOWN + 1)]
    villages = [f"{towns[n // _PER_TOWN]}{200 + n % _PER_TOWN}" for n in range(ROWS)]
    levels = {2: "province", 6: "county", 9: "township", 12: "village"}
    await bulk.add_regions([(key, levels[len(key)]) for key in ["99", COUNTY, *towns, *villages]])
    seats = {"county": Role.COUNTY_OPS, "sysadmin": Role.SYSADMIN}
    sessions = await bulk.add_people([bulk.Seat(role, COUNTY) for role in seats.values()], now)
    await bulk.add_people([bulk.Seat(Role.LIAISON, key) for key in villages], now)
    schedule = await bulk.add_schedule(COUNTY, "LABOR_MONTHLY", now)
    await bulk.add_months(schedule, now, [2, 3])
    await add_history(now, {"labor_total": 417}, never_filed=4)
    vault = Vault(SECRET)
    await fetch("UPDATE account SET phone_sealed = $1", vault.seal("13800000000"))
    for filled in _FILLED:
        await fetch(filled, *([now] if "$1" in filled else []))
    facts = to_json({**EMPTY, "name": "张桂英", "status": "farm"})
    await fetch(_RESIDENTS, now, vault.seal("370785194806151234"), facts)
    await fetch("VACUUM ANALYZE")
    return dict(zip(seats, sessions, strict=True))


@asynccontextmanager
async def _askers(
    url: str, now: datetime, sessions: Mapping[str, Any]
) -> AsyncIterator[dict[str, Asker]]:
    environment = {"CUNBAO_SECRET_KEY": SECRET, "CUNBAO_DATABASE_URL": url}
    app: Any = build_app(load({**environment, "CUNBAO_LOG_LEVEL": "warning"}), lambda: now)
    transport, vault = httpx.ASGITransport(app=app), Vault(SECRET)
    async with httpx.AsyncClient(transport=transport, base_url="http://cunbao.test") as http:
        yield {
            who: Asker(http, vault.access_token(session, now, 120))
            for who, session in sessions.items()
        }

"""Audit entries, and the seals that chain them.

An entry is written by the transaction it speaks of. Sealing comes seconds later and on its own,
so the chain never makes two filings wait for each other.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from backend.domain.roles import Actor
from backend.store.database import fetch, fetch_row, to_json
from backend.store.filters import Filters

_GENESIS = bytes(32)
_SEAL_LOCK = 4_711_001


@dataclass(frozen=True, slots=True)
class Entry:
    """Who, when, what, on what, with which result. `detail` holds no personal data."""

    at: datetime
    account: UUID | None
    action: str
    subject: str
    region: str | None = None
    result: str = "done"
    request: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)


def by(actor: Actor, action: str, subject: str, region: str | None = None, **detail: Any) -> Entry:
    """An entry of what an actor did in a request."""
    return Entry(
        actor.now, actor.account, action, subject, region, request=actor.request, detail=detail
    )


async def write(*entries: Entry) -> None:
    """Appends the entries in the transaction under way.

    One without a region is about its account, and belongs where that holds or last held a post.
    """
    await fetch(
        """INSERT INTO audit_entry (at, account, action, subject, region, result, request, detail)
        SELECT at, account, action, subject, coalesce(region, (
                SELECT p.region FROM post p WHERE p.account = e.account
                ORDER BY p.ends_at DESC NULLS FIRST, p.starts_at DESC LIMIT 1)),
            result, request, detail
        FROM unnest($1::timestamptz[], $2::uuid[], $3::text[], $4::text[], $5::text[],
                    $6::text[], $7::text[], $8::jsonb[])
            AS e(at, account, action, subject, region, result, request, detail)""",
        [e.at for e in entries],
        [e.account for e in entries],
        [e.action for e in entries],
        [e.subject for e in entries],
        [e.region for e in entries],
        [e.result for e in entries],
        [e.request for e in entries],
        [to_json(e.detail) for e in entries],
    )


_ROWS = """SELECT id, at, account, action, subject, region, result, request, detail::text AS detail,
                  seal, digest FROM audit_entry"""


def _digest(key: bytes, row: asyncpg.Record) -> bytes:
    parts = [
        str(row["id"]),
        str(int(row["at"].timestamp() * 1_000_000)),
        *(str(row[name]) for name in ("account", "action", "subject", "region", "result")),
        str(row["request"]),
        row["detail"],
    ]
    return hmac.digest(key, "\x1f".join(parts).encode(), "sha256")


def _link(key: bytes, previous: bytes, ids: Sequence[int], digests: Sequence[bytes]) -> bytes:
    body = hashlib.sha256(b"".join(digests)).digest() + ",".join(map(str, ids)).encode()
    return hmac.digest(key, previous + body, "sha256")


async def seal(key: bytes, now: datetime, limit: int = 5000) -> int:
    """Seals what was committed since the last seal, oldest first; gives how many entries.

    Runs in the caller's transaction. Two sealers at once: the second finds nothing to do.
    """
    locked = await fetch_row("SELECT pg_try_advisory_xact_lock($1) AS got", _SEAL_LOCK)
    rows = (
        await fetch(f"{_ROWS} WHERE seal IS NULL ORDER BY id LIMIT $1", limit)
        if locked is not None and locked["got"]
        else []
    )
    if not rows:
        return 0
    last = await fetch_row("SELECT id, hash FROM audit_seal ORDER BY id DESC LIMIT 1")
    # Numbered here and not by a sequence, which would leave a gap where a sealing was undone.
    number, previous = (last["id"] + 1, last["hash"]) if last is not None else (1, _GENESIS)
    ids, digests = [row["id"] for row in rows], [_digest(key, row) for row in rows]
    await fetch(
        "INSERT INTO audit_seal (id, at, entries, previous, hash) VALUES ($1, $2, $3, $4, $5)",
        number,
        now,
        ids,
        previous,
        _link(key, previous, ids, digests),
    )
    await fetch(
        """UPDATE audit_entry e SET seal = $1, digest = d.digest
        FROM unnest($2::bigint[], $3::bytea[]) AS d(id, digest) WHERE e.id = d.id""",
        number,
        ids,
        digests,
    )
    return len(rows)


@dataclass(frozen=True, slots=True)
class Verification:
    """What `verify` found: how much is sealed, the head of the chain, and every fault by name."""

    seals: int
    entries: int
    unsealed: int
    head: str
    faults: tuple[str, ...]


async def verify(key: bytes) -> Verification:
    """Walks the chain from its beginning and recomputes every digest and link."""
    faults: list[str] = []
    previous, count, expected = _GENESIS, 0, 1
    seals = await fetch("SELECT id FROM audit_seal ORDER BY id")
    for number in (row["id"] for row in seals):
        link = await fetch_row("SELECT * FROM audit_seal WHERE id = $1", number)
        assert link is not None
        faults += await _faults_of(key, link, previous)
        previous, count = link["hash"], count + len(link["entries"])
        if number != expected:
            faults.append(f"seal {expected}: missing")
        expected = number + 1
    stray = await fetch(
        "SELECT id FROM audit_entry WHERE seal IS NOT NULL "
        "AND NOT EXISTS (SELECT 1 FROM audit_seal s WHERE s.id = seal)"
    )
    faults += [f"entry {row['id']}: names a seal that does not exist" for row in stray]
    waiting = await fetch_row("SELECT count(*) AS n FROM audit_entry WHERE seal IS NULL")
    assert waiting is not None
    return Verification(len(seals), count, waiting["n"], previous.hex()[:16], tuple(faults))


async def _faults_of(key: bytes, link: asyncpg.Record, previous: bytes) -> list[str]:
    ids = list(link["entries"])
    rows = {
        row["id"]: row
        for row in await fetch(f"{_ROWS} WHERE seal = $1 OR id = ANY($2)", link["id"], ids)
    }
    faults = [f"entry {i}: missing" for i in ids if i not in rows]
    faults += [f"entry {i}: added after sealing" for i in sorted(rows.keys() - set(ids))]
    faults += [
        f"entry {i}: changed"
        for i in ids
        if i in rows and (_digest(key, rows[i]) != rows[i]["digest"] or rows[i]["seal"] is None)
    ]
    if link["previous"] != previous:
        faults.append(f"seal {link['id']}: does not follow the one before it")
    digests = [_digest(key, rows[i]) for i in ids if i in rows]
    if not faults and link["hash"] != _link(key, previous, ids, digests):
        faults.append(f"seal {link['id']}: changed")
    return faults


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; None takes any. `action` and `subject` whole, or what comes first."""

    action: str | None = None
    subject: str | None = None
    name: str | None = None
    since: datetime | None = None
    before: datetime | None = None


async def page(
    scopes: Sequence[str], wanted: Wanted, after: int | None, limit: int
) -> list[asyncpg.Record]:
    """Entries about the scopes, newest first, older than the id `after`."""
    where = Filters().within("e.region", scopes).add_if(after, "e.id < ?")
    where.add_if(wanted.action, "(e.action || '.') ^@ (? || '.')")
    where.add_if(wanted.subject, "(e.subject || ':') ^@ (? || ':')")
    where.add_if(wanted.since, "e.at >= ?").add_if(wanted.before, "e.at < ?")
    where.add_if(wanted.name, "e.account IN (SELECT id FROM account WHERE strpos(name, ?) > 0)")
    return await fetch(
        f"""SELECT e.id, e.at, e.account, a.name, e.action, e.subject, e.region, e.result,
                   e.request, e.detail::text AS detail, e.seal IS NOT NULL AS sealed,
                   r.name AS region_name
        FROM (SELECT * FROM audit_entry e WHERE {where.sql}
              ORDER BY e.id DESC LIMIT {where.param(limit)}) e
        LEFT JOIN account a ON a.id = e.account LEFT JOIN region r ON r.key = e.region
        ORDER BY e.id DESC""",
        *where.args,
    )

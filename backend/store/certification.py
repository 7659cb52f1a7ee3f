"""How a county certifies: its cycles by insurance, and the papers it asks for."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from backend.domain.certification.cycle_parsing import parse_cycle
from backend.domain.certification.cycles import Cycle, Pensioner
from backend.domain.certification.evidence import (
    DEFAULT_EVIDENCE,
    EvidenceTable,
    parse_evidence_table,
)
from backend.domain.certification.words import InsuranceType
from backend.store.database import fetch, fetch_value, from_json, to_json

# The shipped form of every certification duty.
FORM: Final = "CERTIFICATION"


async def cycles(county: str) -> list[asyncpg.Record]:
    """All cycles of a county, past ones and those to come, newest first within an insurance."""
    return await fetch(
        """SELECT insurance_type, starts_on, rule::text AS rule, account, at FROM cert_cycle
        WHERE county = $1 ORDER BY insurance_type, starts_on DESC""",
        county,
    )


async def cycles_in_force(county: str, on: date) -> dict[InsuranceType, Cycle]:
    """The cycle of each insurance on a day; those without one are not certified here."""
    rows = await fetch(
        """SELECT DISTINCT ON (insurance_type) insurance_type, starts_on, rule::text AS rule
        FROM cert_cycle WHERE county = $1 AND starts_on <= $2
        ORDER BY insurance_type, starts_on DESC""",
        county,
        on,
    )
    return {
        InsuranceType(row["insurance_type"]): parse_cycle(from_json(row["rule"]), row["starts_on"])
        for row in rows
    }


async def put_cycle(
    county: str,
    insurance: InsuranceType,
    starts_on: date,
    rule: dict[str, Any],
    account: UUID,
    now: datetime,
) -> None:
    """A cycle from a day on; one that was to start on the same day is replaced."""
    await fetch(
        """INSERT INTO cert_cycle (county, insurance_type, starts_on, rule, account, at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (county, insurance_type, starts_on) DO UPDATE
        SET rule = excluded.rule, account = excluded.account, at = excluded.at""",
        county,
        insurance.value,
        starts_on,
        to_json(rule),
        account,
        now,
    )
    # Who is to be certified is found out anew.
    await fetch("DELETE FROM cert_round WHERE township >= $1 AND township < $1 || ':'", county)


async def evidence(county: str) -> EvidenceTable:
    """Which papers a county asks for: its own table, or the default."""
    raw = await fetch_value("SELECT papers::text FROM cert_evidence WHERE county = $1", county)
    return DEFAULT_EVIDENCE if raw is None else parse_evidence_table(from_json(raw))


async def put_evidence(county: str, papers: dict[str, Any], account: UUID, now: datetime) -> None:
    """Replaces the county's table."""
    await fetch(
        """INSERT INTO cert_evidence (county, papers, account, at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (county) DO UPDATE
        SET papers = excluded.papers, account = excluded.account, at = excluded.at""",
        county,
        to_json(papers),
        account,
        now,
    )


def pensioner_of(row: asyncpg.Record) -> Pensioner:
    """What windows are computed from, of a row of `beneficiary`."""
    return Pensioner(row["born_on"], row["benefit_start"], row["certified_on"], row["due_told"])

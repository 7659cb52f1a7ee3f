"""The attachments that a certification needs, as a phone declares them."""

import hashlib
from typing import Any

from backend.domain.certification.evidence import DEFAULT_EVIDENCE, Evidence, lacking
from backend.domain.certification.words import Method, Result


def paper(evidence: Evidence, **changes: Any) -> dict[str, Any]:
    """One photo or paper; the same evidence is the same bytes."""
    sha256 = hashlib.sha256(evidence.value.encode()).hexdigest()
    return {"sha256": sha256, "name": f"{evidence}.jpg", "size": 300_000, "evidence": evidence} | (
        changes
    )


def papers(result: str = "pass", method: str = "home_visit") -> list[dict[str, Any]]:
    """All that the default table asks for, the first of each choice."""
    needs = lacking(DEFAULT_EVIDENCE, Result(result), Method(method), ())
    return [paper(need.any_of[0]) for need in needs]

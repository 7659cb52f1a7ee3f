"""Which papers a result needs: a table that a county may edit.

The default is that of DOMAIN §3. Data matches and face checks on the pensioner's own phone bring
their proof with them and need nothing here.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from backend.domain.certification.words import Method, Result
from backend.domain.refusal import Refusal


class Evidence(StrEnum):
    """A photo or paper. `label` has its name in Chinese and English."""

    FACE_PHOTO = "face_photo"
    PLATE_PHOTO = "plate_photo"
    ID_CARD = "id_card"
    HOUSEHOLD_BOOK = "household_book"
    COMMITMENT_LETTER = "commitment_letter"
    CONSULAR_CERTIFICATE = "consular_certificate"
    RESIDENCE_ABROAD = "residence_abroad"
    HOSPITAL_DEATH_CERTIFICATE = "hospital_death_certificate"
    CREMATION_CERTIFICATE = "cremation_certificate"
    REGISTER_CANCELLATION = "register_cancellation"
    VILLAGE_STATEMENT = "village_statement"
    COURT_RULING = "court_ruling"
    CUSTODY_NOTICE = "custody_notice"
    POLICE_REPORT = "police_report"
    EMIGRATION_PROOF = "emigration_proof"
    REGISTER_TRANSFER = "register_transfer"
    OTHER_PENSION_PROOF = "other_pension_proof"

    @property
    def label(self) -> tuple[str, str]:
        return _LABELS[self]


_LABELS = {
    Evidence.FACE_PHOTO: ("近照", "Fresh photo"),
    Evidence.PLATE_PHOTO: ("手持当年认证牌半身照", "Half-length photo with this year's plate"),
    Evidence.ID_CARD: ("身份证人像面", "Identity card, side with the portrait"),
    Evidence.HOUSEHOLD_BOOK: ("户口簿", "Household register"),
    Evidence.COMMITMENT_LETTER: ("近亲属承诺书", "Commitment of a close relative"),
    Evidence.CONSULAR_CERTIFICATE: ("使领馆健在证明", "Consular certificate of life"),
    Evidence.RESIDENCE_ABROAD: ("境外居住证明", "Proof of residence abroad"),
    Evidence.HOSPITAL_DEATH_CERTIFICATE: ("医院死亡证明", "Hospital death certificate"),
    Evidence.CREMATION_CERTIFICATE: ("火化证明", "Cremation certificate"),
    Evidence.REGISTER_CANCELLATION: ("户籍注销证明", "Cancellation in the household register"),
    Evidence.VILLAGE_STATEMENT: ("镇村证明", "Statement of the village and township"),
    Evidence.COURT_RULING: ("法院判决书", "Court ruling"),
    Evidence.CUSTODY_NOTICE: ("羁押或服刑通知书", "Notice of custody"),
    Evidence.POLICE_REPORT: ("公安机关报案证明", "Police report"),
    Evidence.EMIGRATION_PROOF: ("出国定居证明", "Proof of settling abroad"),
    Evidence.REGISTER_TRANSFER: ("户口迁移证明", "Transfer of the household register"),
    Evidence.OTHER_PENSION_PROOF: ("其他养老待遇证明", "Proof of another pension"),
}


class Circumstance(StrEnum):
    """What makes a further paper needed: card and register differ; a court declared the death."""

    MISMATCH = "mismatch"
    DECLARED = "declared"


@dataclass(frozen=True, slots=True)
class Requirement:
    """Any one of the papers is needed; only in a circumstance, and by some methods, if it says so.

    No methods are all of those that collect papers.
    """

    any_of: tuple[Evidence, ...]
    when: Circumstance | None = None
    methods: frozenset[Method] = frozenset()

    def applies(self, method: Method, circumstances: Collection[Circumstance]) -> bool:
        """Whether it asks for anything here."""
        return (not self.methods or method in self.methods) and (
            self.when is None or self.when in circumstances
        )


EvidenceTable = Mapping[Result, tuple[Requirement, ...]]
_WITHOUT_PAPERS = frozenset({Method.DATA_MATCH, Method.SELF_FACE})
_FACE_TO_FACE = frozenset({Method.COUNTER, Method.HOME_VISIT, Method.VILLAGE, Method.REMOTE_ASSIST})


def lacking(
    table: EvidenceTable,
    result: Result,
    method: Method,
    given: Collection[Evidence],
    circumstances: Collection[Circumstance] = (),
) -> tuple[Requirement, ...]:
    """What is still needed, all at once (一次性告知); empty when the papers suffice."""
    if method in _WITHOUT_PAPERS:
        return ()
    return tuple(
        each
        for each in table.get(result, ())
        if each.applies(method, circumstances) and not set(given).intersection(each.any_of)
    )


def _need(*any_of: Evidence, when: Circumstance | None = None) -> Requirement:
    return Requirement(any_of, when)


DEFAULT_EVIDENCE: EvidenceTable = {
    Result.PASS: (
        Requirement((Evidence.FACE_PHOTO, Evidence.PLATE_PHOTO), methods=_FACE_TO_FACE),
        Requirement(
            (Evidence.ID_CARD,), methods=_FACE_TO_FACE | {Method.CONSULAR, Method.COMMITMENT}
        ),
        _need(Evidence.HOUSEHOLD_BOOK, when=Circumstance.MISMATCH),
        Requirement((Evidence.CONSULAR_CERTIFICATE,), methods=frozenset({Method.CONSULAR})),
        Requirement((Evidence.COMMITMENT_LETTER,), methods=frozenset({Method.COMMITMENT})),
    ),
    Result.DEATH: (
        _need(
            Evidence.HOSPITAL_DEATH_CERTIFICATE,
            Evidence.CREMATION_CERTIFICATE,
            Evidence.REGISTER_CANCELLATION,
            Evidence.VILLAGE_STATEMENT,
            Evidence.COURT_RULING,
        ),
        _need(Evidence.COURT_RULING, when=Circumstance.DECLARED),
    ),
    Result.MISSING: (_need(Evidence.POLICE_REPORT, Evidence.VILLAGE_STATEMENT),),
    Result.CUSTODY: (_need(Evidence.CUSTODY_NOTICE, Evidence.COURT_RULING),),
    Result.ABROAD: (_need(Evidence.CONSULAR_CERTIFICATE, Evidence.RESIDENCE_ABROAD),),
    Result.EMIGRATED: (_need(Evidence.EMIGRATION_PROOF),),
    Result.MOVED: (_need(Evidence.REGISTER_TRANSFER),),
    Result.DUPLICATE: (_need(Evidence.OTHER_PENSION_PROOF),),
    Result.UNREACHABLE: (),
    Result.REFUSED: (),
}

W = TypeVar("W", bound=StrEnum)
_MOST = 8
_KNOWN = {"any_of", "when", "methods"}


def parse_evidence_table(raw: object) -> EvidenceTable:
    """The table of a JSON value: all ten results, each with its requirements, in the value's order.

    {"death": [{"any_of": ["cremation_certificate", "court_ruling"], "when": "declared",
    "methods": ["village"]}], "refused": [], …}; `when` and `methods` may be left out. Raises
    Refusal("evidence_invalid") with `field` and `reason`: not_an_object, missing, unknown_field,
    wrong_type, too_many or out_of_range.
    """
    if not isinstance(raw, dict):
        raise _invalid("table", "not_an_object")
    results = {result.value: result for result in Result}
    for name in raw:
        if name not in results:
            raise _invalid(str(name)[:40], "unknown_field")
    for name in results:
        if name not in raw:
            raise _invalid(name, "missing")
    return {results[name]: _requirements(name, asked) for name, asked in raw.items()}


def evidence_table_to_dict(table: EvidenceTable) -> dict[str, list[dict[str, object]]]:
    """The JSON value that `parse_evidence_table` reads."""
    return {result.value: [_to_dict(each) for each in asked] for result, asked in table.items()}


def _to_dict(asked: Requirement) -> dict[str, object]:
    more: dict[str, object] = {"when": asked.when.value} if asked.when else {}
    if asked.methods:
        more["methods"] = sorted(method.value for method in asked.methods)
    return {"any_of": [each.value for each in asked.any_of], **more}


def _requirements(field: str, raw: object) -> tuple[Requirement, ...]:
    if not isinstance(raw, list):
        raise _invalid(field, "wrong_type")
    if len(raw) > _MOST:
        raise _invalid(field, "too_many")
    return tuple(_requirement(field, each) for each in raw)


def _requirement(field: str, raw: object) -> Requirement:
    if not isinstance(raw, dict):
        raise _invalid(field, "not_an_object")
    if not _KNOWN.issuperset(raw):
        raise _invalid(field, "unknown_field")
    any_of = _words(Evidence, field, raw.get("any_of"))
    if not any_of:
        raise _invalid(field, "out_of_range")
    when = _words(Circumstance, field, [raw["when"]])[0] if "when" in raw else None
    methods = frozenset(_words(Method, field, raw.get("methods", [])))
    if methods & _WITHOUT_PAPERS:
        raise _invalid(field, "out_of_range")
    return Requirement(any_of, when, methods)


def _words(kind: type[W], field: str, raw: object) -> tuple[W, ...]:
    if not isinstance(raw, list):
        raise _invalid(field, "wrong_type")
    if len(raw) > len(kind):
        raise _invalid(field, "too_many")
    known = {word.value: word for word in kind}
    if not all(isinstance(word, str) and word in known for word in raw):
        raise _invalid(field, "out_of_range")
    return tuple(dict.fromkeys(known[word] for word in raw))


def _invalid(field: str, reason: str) -> Refusal:
    return Refusal("evidence_invalid", field=field, reason=reason)

"""A village files: who does it, and what the rules make of what the phone sends."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from backend.demo.figures import Blank, correct, fill, reason
from backend.demo.people import Person, Staff
from backend.demo.story import Part, Story
from backend.domain.filing import Accepted, Duty, Item, decide
from backend.domain.form_definition import Kind
from backend.domain.refusal import Refusal
from backend.domain.regions import Level
from backend.store.database import to_json
from backend.vault import content_digest

WHY_ON_BEHALF: Final = (
    "联络员外出，电话核实后代报",
    "联络员住院，由人社所代报",
    "村里停电断网，电话代报",
)


class Liaisons:
    """Everybody who files."""

    def __init__(self, story: Story, staff: Staff) -> None:
        self._story, self._staff = story, staff

    def file(self, part: Part, duty: Duty, number: UUID, at: datetime) -> tuple[Accepted, UUID]:
        """A filing under a number, and whose it is. Refusal exempt if it is waived by then."""
        person, on_behalf = self._filer(part, duty, at)
        item = self._item(part, duty, number, on_behalf=on_behalf)
        return taken(item, duty, on_behalf=on_behalf, at=at), person.id

    def _filer(self, part: Part, duty: Duty, at: datetime) -> tuple[Person, bool]:
        """Who files, and whether on behalf: the office does where nobody else would."""
        assert part.filing is not None
        first = duty.revisions == 0
        if not (first and part.filing.by_office):
            people = self._staff.liaisons(duty.holder, at, backup=False)
            backups = self._staff.liaisons(duty.holder, at, backup=True)
            people = backups + people if first and part.filing.by_backup else people + backups
            if people:
                return people[0], False
        office = self._staff.office(duty.holder[: Level.TOWNSHIP.digits])
        return part.rng("office").choice(office), True

    def _item(self, part: Part, duty: Duty, number: UUID, *, on_behalf: bool) -> Item:
        """What is sent. A correction is a report, whatever came before."""
        assert part.filing is not None
        first = duty.revisions == 0
        kind = part.filing.kind if first else Kind.REPORT
        if kind is Kind.UNCHANGED and duty.last is None:
            kind = Kind.REPORT
        answers = self._answers(part, duty) if kind is Kind.REPORT else {}
        return Item(
            id=number,
            obligation=duty.id,
            kind=kind,
            answers=answers,
            reasons={},
            remark="",
            attachments=[],
            captured_at=part.filing.captured_at if first and not on_behalf else None,
            zero_confirmed=kind is Kind.ZERO,
            on_behalf_reason=part.rng("why").choice(WHY_ON_BEHALF) if on_behalf else None,
            digest=content_digest(to_json([number, duty.id, kind, answers]).encode()),
        )

    def _answers(self, part: Part, duty: Duty) -> dict[str, Any]:
        profile = self._story.profile(part.region)
        blank = Blank(duty.form, profile, part.round.ends_on, duty.last)
        answers = fill(blank, part.rng("answers"))
        return correct(blank, answers) if duty.revisions else answers


def taken(item: Item, duty: Duty, *, on_behalf: bool, at: datetime) -> Accepted:
    """What the rules make of an item, with reasons where a warning wants one. Else Refusal."""
    try:
        made = decide(item, duty, None, on_behalf=on_behalf, device_now=at, now=at)
    except Refusal as refusal:
        item = replace(item, reasons=_reasons_wanted(refusal))
        made = decide(item, duty, None, on_behalf=on_behalf, device_now=at, now=at)
    assert isinstance(made, Accepted)
    return made


def _reasons_wanted(refusal: Refusal) -> dict[str, str]:
    """Reasons for the warnings, if that is all there is against it; else the refusal stands."""
    findings = refusal.params.get("findings", ())
    if not findings or any(finding["code"] != "reason_required" for finding in findings):
        raise refusal
    return {finding["check"]: reason(finding["check"]) for finding in findings}

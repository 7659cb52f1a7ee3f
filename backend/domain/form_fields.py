"""One field of a form definition: its type, and the properties that go with the type."""

import re
from typing import Final

from backend.domain import answers
from backend.domain.answers import MAX_NUMBER, MAX_TEXT, FieldType, Judge
from backend.domain.expression_types import Type
from backend.domain.form_definition import Choice, Field
from backend.domain.form_reader import Reader

MAX_CHOICES: Final = 100
LONGEST_TEXT: Final = 2000
LONGEST_LABEL: Final = 100
LONGEST_UNIT: Final = 20
LONGEST_MESSAGE: Final = 300

# What an expression sees of each type of field.
TYPES: Final = {
    FieldType.INTEGER: Type.NUMBER,
    FieldType.DECIMAL: Type.NUMBER,
    FieldType.TEXT: Type.TEXT,
    FieldType.CHOICE: Type.TEXT,
    FieldType.CHOICES: Type.LIST,
    FieldType.DATE: Type.DATE,
    FieldType.BOOLEAN: Type.BOOL,
}
_CHOICE: Final = re.compile(r"[A-Za-z0-9_]{1,40}")
_LEDGER: Final = re.compile(r"[a-z][a-z0-9_.]{0,59}")


def read_field(reader: Reader, key: str) -> tuple[Field, FieldType | None]:
    """The field and its type, None where that is unknown (the field then stands in as text)."""
    kind = reader.one_of("type", FieldType)
    minimum, maximum = _limits(reader, kind)
    max_length = _max_length(reader, kind)
    choices = _choices(reader, kind)
    field = Field(
        key=key,
        label=reader.words("label", LONGEST_LABEL),
        type=kind or FieldType.TEXT,
        judge=_judge(kind, minimum, maximum, max_length, choices),
        unit=reader.optional_words("unit", LONGEST_UNIT),
        required=reader.flag("required"),
        minimum=minimum,
        maximum=maximum,
        max_length=max_length,
        choices=choices,
        flow=reader.flag("flow"),
        prefill=reader.expression("prefill"),
        ledger=_ledger(reader, kind),
        compute=reader.expression("compute"),
        read_only=reader.flag("read_only"),
        help=reader.optional_words("help", LONGEST_MESSAGE),
    )
    reader.close()
    return field, kind


def _limits(reader: Reader, kind: FieldType | None) -> tuple[float | None, float | None]:
    if kind is None or not kind.is_number:
        for key in ("min", "max", "unit"):
            _not_for(reader, kind, key)
        return None, None
    build = answers.integer_judge if kind is FieldType.INTEGER else answers.decimal_judge
    judge = build(-MAX_NUMBER, MAX_NUMBER)
    limits: list[float] = []
    for key, default in (("min", 0), ("max", MAX_NUMBER)):
        value = reader.optional(key)
        fault = None if value is None else judge(value)
        if fault:
            reader.note(key, fault[0].value)
        limits.append(default if value is None or fault else value)
    if limits[0] > limits[1]:
        reader.note("max", "below_min")
    return limits[0], limits[1]


def _max_length(reader: Reader, kind: FieldType | None) -> int | None:
    if kind is not FieldType.TEXT:
        _not_for(reader, kind, "max_length")
        return None
    return reader.whole("max_length", LONGEST_TEXT) or MAX_TEXT


def _choices(reader: Reader, kind: FieldType | None) -> tuple[Choice, ...]:
    if kind not in (FieldType.CHOICE, FieldType.CHOICES):
        _not_for(reader, kind, "choices")
        return ()
    found: list[Choice] = []
    for item in reader.objects("choices", MAX_CHOICES):
        value = item.name("value", _CHOICE)
        if value and value in [choice.value for choice in found]:
            item.note("value", "duplicate")
        found.append(Choice(value, item.words("label", LONGEST_LABEL)))
        item.close()
    return tuple(found)


def _ledger(reader: Reader, kind: FieldType | None) -> str | None:
    if kind is not FieldType.INTEGER:
        _not_for(reader, kind, "ledger")
        return None
    return None if reader.optional("ledger") is None else reader.name("ledger", _LEDGER)


def _not_for(reader: Reader, kind: FieldType | None, key: str) -> None:
    """Note a property that a field of this (known) type can't have."""
    if reader.optional(key) is not None and kind is not None:
        reader.note(key, "not_for_type")


def _judge(
    kind: FieldType | None,
    minimum: float | None,
    maximum: float | None,
    max_length: int | None,
    choices: tuple[Choice, ...],
) -> Judge:
    low, high = minimum or 0, MAX_NUMBER if maximum is None else maximum
    values = frozenset(choice.value for choice in choices)
    match kind:
        case FieldType.INTEGER:
            return answers.integer_judge(low, high)
        case FieldType.DECIMAL:
            return answers.decimal_judge(low, high)
        case FieldType.CHOICE:
            return answers.choice_judge(values)
        case FieldType.CHOICES:
            return answers.choices_judge(values)
        case FieldType.DATE:
            return answers.date_judge()
        case FieldType.BOOLEAN:
            return answers.boolean_judge()
        case _:
            return answers.text_judge(max_length or MAX_TEXT)

"""From a definition as JSON, shipped or sent by a county, to a form; or all that is wrong."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from backend.domain.answers import Level, shown
from backend.domain.expression_tree import KEY, RESERVED
from backend.domain.expression_types import Schema, Type, infer
from backend.domain.expressions import Expression, parse
from backend.domain.form_definition import Check, Field, FormDefinition, Group, Kind
from backend.domain.form_fields import LONGEST_LABEL, LONGEST_MESSAGE, TYPES, read_field
from backend.domain.form_reader import Problems, Reader
from backend.domain.refusal import Refusal

MAX_GROUPS: Final = 40
MAX_FIELDS: Final = 200
MAX_CHECKS: Final = 200
MAX_ROWS: Final = 500

_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{1,39}")


class _Draft(NamedTuple):
    """A field and where it was read, for what can only be checked once all fields are known."""

    reader: Reader
    field: Field
    type: Type | None


def parse_definition(raw: object) -> FormDefinition:
    """Parse and check any JSON; raises Refusal("form_invalid", problems=[{path, reason, …}])."""
    parser = _Parser(raw)
    form = parser.form()
    if parser.problems.found:
        raise Refusal("form_invalid", problems=parser.problems.found)
    return form


class _Parser:
    """One pass over the groups to learn all names, then the formulas and checks that use them."""

    def __init__(self, raw: object) -> None:
        self.problems = Problems()
        self.reader = Reader(raw, "", self.problems)
        self.taken: set[str] = set()
        self.flat: list[_Draft] = []
        self.types: dict[str, Type | None] = {}
        self.columns: dict[str, dict[str, Type | None]] = {}

    def form(self) -> FormDefinition:
        reader = self.reader
        code = reader.name("code", _CODE)
        title = reader.words("title", LONGEST_LABEL)
        kinds = self.kinds()
        groups = tuple(map(self.group, reader.objects("groups", MAX_GROUPS)))
        if sum(len(group.fields) for group in groups) > MAX_FIELDS:
            reader.note("groups", "too_many_fields", max=MAX_FIELDS)
        for draft in self.flat:
            self.formulas(draft)
        computed = self.computed()
        checks = self.checks()
        reader.close()
        fields = {draft.field.key: draft.field for draft in self.flat}
        tables = {group.key: group for group in groups if group.repeat is not None}
        return FormDefinition(code, title, kinds, groups, checks, fields, tables, computed)

    def kinds(self) -> tuple[Kind, ...]:
        found = [
            self.reader.member(f"kinds[{index}]", value, Kind)
            for index, value in enumerate(self.reader.list_of("kinds", len(Kind)))
        ]
        if len(set(found)) < len(found):
            self.reader.note("kinds", "duplicate")
        return tuple(kind for kind in found if kind is not None)

    def key(self, reader: Reader) -> str:
        """A key of the one name space that groups and fields share."""
        key = reader.name("key", KEY)
        if key in RESERVED:
            reader.note("key", "reserved")
        if key and key in self.taken:
            reader.note("key", "duplicate")
        self.taken.add(key)
        return key

    def group(self, reader: Reader) -> Group:
        key = self.key(reader)
        label = reader.words("label", LONGEST_LABEL)
        repeat = _repeat(reader)
        drafts = [self.field(item) for item in reader.objects("fields", MAX_FIELDS)]
        types = {draft.field.key: draft.type for draft in drafts}
        if repeat is None:
            self.flat += drafts
            self.types |= types
        else:
            self.columns[key] = types
            for draft in drafts:
                for name in ("prefill", "compute", "ledger"):
                    if draft.reader.optional(name) is not None:
                        draft.reader.note(name, "not_in_rows")
        reader.close()
        return Group(key, label, tuple(draft.field for draft in drafts), repeat)

    def field(self, reader: Reader) -> _Draft:
        field, kind = read_field(reader, self.key(reader))
        return _Draft(reader, field, TYPES[kind] if kind else None)

    def formulas(self, draft: _Draft) -> None:
        """A prefill may look at last period only; a total at everything."""
        field, at = draft.field, draft.reader.at
        if field.prefill:
            self.formula(at("prefill"), field.prefill, Schema({}, self.types), draft.type)
        if field.compute:
            schema = Schema(self.types, self.types, self.columns)
            self.formula(at("compute"), field.compute, schema, draft.type)

    def formula(
        self, path: str, expression: Expression, schema: Schema, wanted: Type | None
    ) -> None:
        found, refusals = infer(expression.tree, schema)
        self.problems.refused(path, refusals)
        if not refusals and wanted is not None and (found != wanted or found is Type.LIST):
            self.problems.add(path, "type_mismatch", position=0)

    def computed(self) -> tuple[Field, ...]:
        """Totals in an order in which each finds its parts done."""
        waiting = {draft.field.key: draft for draft in self.flat if draft.field.compute}
        order: list[Field] = []
        while ready := [draft for draft in waiting.values() if not _parts(draft) & waiting.keys()]:
            for draft in ready:
                order.append(waiting.pop(draft.field.key).field)
        for draft in waiting.values():
            draft.reader.note("compute", "cycle")
        return tuple(order)

    def checks(self) -> tuple[Check, ...]:
        readers = self.reader.objects("checks", MAX_CHECKS, fewest=0)
        found: dict[str, Check] = {}
        for reader in readers:
            check = self.check(reader)
            if check.key and check.key in found:
                reader.note("key", "duplicate")
            found[check.key] = check
        return tuple(found.values())

    def check(self, reader: Reader) -> Check:
        key = reader.name("key", KEY)
        level = reader.one_of("level", Level) or Level.ERROR
        each = reader.optional("each")
        row = self.columns.get(each) if isinstance(each, str) else None
        if each is not None and row is None:
            reader.note("each", "unknown_name")
        types = {**self.types, **(row or {})}
        reader.needed("expr")
        expression = reader.expression("expr")
        if expression:
            schema = Schema(types, self.types, self.columns)
            self.formula(reader.at("expr"), expression, schema, Type.BOOL)
        fields = self.check_fields(reader, types)
        message = reader.words("message", LONGEST_MESSAGE)
        reader.close()
        return Check(key, level, expression or _STAND_IN, fields, message, each)

    def check_fields(self, reader: Reader, types: Mapping[str, object]) -> tuple[str, ...]:
        """The fields that a failed check points at."""
        fields = reader.list_of("fields", MAX_FIELDS)
        for index, field in enumerate(fields):
            if not isinstance(field, str):
                reader.note(f"fields[{index}]", "wrong_type")
            elif field not in types and field not in self.columns:
                reader.note(f"fields[{index}]", "unknown_name", name=shown(field))
        return tuple(field for field in fields if isinstance(field, str))


_STAND_IN: Final = parse("true")


def _parts(draft: _Draft) -> frozenset[str]:
    return draft.field.compute.names.fields if draft.field.compute else frozenset()


def _repeat(reader: Reader) -> int | None:
    value = reader.optional("repeat")
    if value is None:
        return None
    inner = Reader(value, reader.at("repeat"), reader.problems)
    inner.needed("max")
    most = inner.whole("max", MAX_ROWS)
    inner.close()
    return most or MAX_ROWS

"""The rules of the house, as programs: who may import whom, what every route declares, sizes."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.domain.roles import Action
from backend.main import build_app
from backend.problems import CATALOGUE
from backend.settings import load

ROOT = Path(__file__).parents[1]
SOURCES = sorted(p for top in ("backend", "media") for p in (ROOT / top).rglob("*.py"))
NOTHING: frozenset[str] = frozenset()
PLUMBING = frozenset(
    {"problems", "problem_entries", "vault", "settings", "clock", "logs", "observe", "terminal"}
)
ACTS = frozenset(
    {"sessions", "appointments", "succession", "seeding", "settling", "adjusting", "nudging"}
) | frozenset({"requesting", "outlook", "previewing", "publishing", "hearing", "invitations"})
LISTS = frozenset({"lists", "roster_import", "match_import", "faulty_rows", "results_sheet"}) | {
    "written_sheets",
    "list_templates",
    "list_undo",
    "account_import",
    "county_regions",
    "ledger_import",
    "ledger_sheet",
}
CORE = frozenset({"domain", "tables", "store"}) | PLUMBING

# Part of backend → the parts of backend it may import (besides itself).
MAY_IMPORT = {
    "": NOTHING,
    "settings": NOTHING,
    "clock": NOTHING,
    "problems": {"problem_entries", "told_problems"},
    "problem_entries": NOTHING,
    "told_problems": NOTHING,
    "vault": NOTHING,
    "terminal": NOTHING,
    "logs": NOTHING,
    "compression": NOTHING,
    "sheets": {"long_workbook"},
    "long_workbook": NOTHING,
    "postgres": NOTHING,
    "forms": NOTHING,
    "piccolo_conf": NOTHING,
    "observe": {"logs"},
    "serving": {"settings"},
    "domain": NOTHING,
    "tables": NOTHING,
    "store": {"domain", "tables", "piccolo_conf"},
    "access": CORE | {"sessions"},
    "told": CORE | {"access"},
    "managed": CORE | {"access"},
    "second_factor": CORE,
    "sessions": CORE | {"second_factor"},
    "handover": CORE | {"access", "appointments", "invitations"},
    "appointments": CORE | {"sessions"},
    "succession": CORE,
    "planning": CORE,
    "underway": {"domain"},
    "seeding": CORE | {"forms"},
    "migrating": {"store", "piccolo_conf"},
    "region_import": CORE | {"sheets"},
    "lists": CORE | {"sheets"},
    "roster_import": CORE | {"lists"},
    "match_import": CORE | {"lists"},
    "ledger_import": CORE | {"lists", "roster_import"},
    "written_sheets": CORE | {"sheets"},
    "list_templates": {"lists"},
    "account_import": CORE | {"lists", "appointments"},
    "county_regions": CORE | {"lists", "region_import"},
    "list_undo": CORE | LISTS,
    "ledger_sheet": CORE | {"written_sheets"},
    "faulty_rows": CORE | {"lists"},
    "photos": CORE,
    "results_sheet": CORE | {"written_sheets"},
    "list_commands": None,
    "photo_commands": None,
    "channels": {"domain", "settings"},
    "settling": CORE | {"channels"},
    "adjusting": CORE,
    "nudging": CORE,
    "requesting": CORE | {"adjusting"},
    "publishing": CORE,
    "hearing": CORE,
    "outlook": CORE,
    "previewing": CORE,
    "invitations": CORE | {"sessions"},
    "counting": CORE,
    "circulating": CORE | {"counting"},
    "assessing": CORE,
    "printing": {"domain"},
    "administration": CORE | ACTS,
    "doctor": CORE | {"migrating", "tasks", "channels", "photos", "piccolo_conf"},
    "demo": CORE | ACTS | LISTS | {"photos", "tasks", "assessing", "circulating", "told"},
    "simulation": CORE | ACTS | {"demo", "tasks", "channels", "migrating"},
    "routes": CORE
    | ACTS
    | LISTS
    | {"access", "managed", "told", "channels", "compression", "photos"}
    | {"second_factor", "handover", "underway"}
    | {"counting", "circulating", "assessing", "printing", "planning"},
    "tasks": CORE | ACTS | {"channels", "photos"},
    "console": CORE | {"postgres"},
    "main": None,
    "cli": None,
}
TOO_LONG_FILE, TOO_LONG_FUNCTION = 300, 30


def _part(path: Path) -> str:
    inside = path.relative_to(ROOT / "backend").parts
    return "" if inside == ("__init__.py",) else inside[0].removesuffix(".py")


def _imports(path: Path) -> Iterator[str]:
    """Full names of what a file imports; `from a import b` gives both a and a.b."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _ours(name: str) -> str | None:
    """The part of backend that an imported name belongs to."""
    parts = name.split(".")
    return parts[1] if parts[0] == "backend" and len(parts) > 1 else None


def test_parts_import_only_what_the_table_allows() -> None:
    wrong = []
    for path in SOURCES:
        if path.is_relative_to(ROOT / "media"):
            wrong += [f"{path.name}: {n}" for n in _imports(path) if n.split(".")[0] == "backend"]
            continue
        part = _part(path)
        assert part in MAY_IMPORT, f"{path}: say in MAY_IMPORT what it may import"
        allowed = MAY_IMPORT[part]
        if allowed is None:
            continue
        found = {_ours(name) for name in _imports(path)} - {None, part, *allowed}
        wrong += [f"{path.relative_to(ROOT)}: backend.{name}" for name in sorted(map(str, found))]
    assert wrong == []


def test_the_domain_needs_only_the_standard_library() -> None:
    wrong = [
        f"{path.name}: {name}"
        for path in SOURCES
        if path.is_relative_to(ROOT / "backend/domain")
        for name in _imports(path)
        if not name.startswith("backend.domain")
        and name != "backend"
        and name.split(".")[0] not in sys.stdlib_module_names
    ]
    assert wrong == []


def test_the_domain_awaits_nothing() -> None:
    for path in SOURCES:
        if path.is_relative_to(ROOT / "backend/domain"):
            found = [n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if _is_async(n)]
            assert found == [], path


def _is_async(node: ast.AST) -> bool:
    return isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncWith | ast.AsyncFor)


CLOCKS = re.compile(r"\b(datetime\.now|datetime\.utcnow|date\.today|time\.time)\(")


def test_only_the_clock_reads_the_clock() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {match.group(1)}"
        for path in SOURCES
        if path != ROOT / "backend/clock.py"
        for match in CLOCKS.finditer(path.read_text("utf-8"))
    ]
    assert wrong == []


def test_every_route_declares_its_access() -> None:
    app = build_app(load({"CUNBAO_SECRET_KEY": "x" * 32}))
    checked = 0
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if handler.fn.__module__.startswith("litestar."):
                continue  # the pages of the OpenAPI document
            access = handler.opt.get("access")
            assert access == "public" or isinstance(access, Action), handler
            checked += 1
    assert checked > 40


RAISED = re.compile(r"\b(?:Problem|Refusal)\(\s*\"(\w+)\"")
NAMED = re.compile(r"\"(\w+)\"")


def _literals() -> set[str]:
    """Every word in quotes in backend, outside the catalogue itself."""
    texts = (p.read_text("utf-8") for p in SOURCES if p.name != "problems.py")
    return {word for text in texts for word in NAMED.findall(text)}


def test_every_problem_raised_is_in_the_catalogue() -> None:
    raised = {code for path in SOURCES for code in RAISED.findall(path.read_text("utf-8"))}
    assert raised - set(CATALOGUE) == set()


def test_every_problem_of_the_catalogue_is_used_and_worded_twice() -> None:
    assert set(CATALOGUE) - _literals() == set()
    for code, entry in CATALOGUE.items():
        assert 400 <= entry.status < 600, code
        assert re.search(r"[\u4e00-\u9fff]", entry.zh), code
        assert entry.en, code
        assert not re.search(r"[\u4e00-\u9fff]", entry.en), code


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and length of every function, its docstring not counted."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            if body:
                assert body[-1].end_lineno is not None
                yield node.name, body[-1].end_lineno - body[0].lineno + 1


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    lines = path.read_text("utf-8").count("\n")
    assert lines <= TOO_LONG_FILE, f"{path.name} has {lines} lines: a concept is missing"
    long = [(name, n) for name, n in _functions(path) if n > TOO_LONG_FUNCTION]
    assert long == []


def test_unit_tests_need_no_database() -> None:
    for path in (ROOT / "tests/unit").glob("*.py"):
        found = [n for n in _imports(path) if n.startswith(("backend.store", "asyncpg", "piccolo"))]
        assert found == [], path


def test_no_two_migrations_share_an_id() -> None:
    """Piccolo keeps the last of those that do, and says nothing."""
    texts = [path.read_text("utf-8") for path in (ROOT / "migrations").glob("cunbao_*.py")]
    ids = [re.findall(r"^ID = \"(.+)\"$", text, re.M)[0] for text in texts]
    assert len(ids) == len(set(ids))

"""`cunbao roster` and `cunbao match`: lists of pensioners, read by the operator."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from backend.console import Stop, database_of, run_act, settings_of
from backend.lists import Headings, Report
from backend.settings import Settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_SHOWN = 20


@click.group()
def roster() -> None:
    """The roster 花名册 of pensioners."""


@click.group()
def match() -> None:
    """Lists from other offices 数据比对."""


@roster.command("import")
@click.argument("file", type=_FILE)
@click.option("--dry-run", is_flag=True, help="Show the difference and change nothing.")
@click.option("--gone-ok", is_flag=True, help="Let many be gone at once: this is the whole roster.")
def import_roster(file: Path, dry_run: bool, gone_ok: bool) -> None:
    """Import a CSV or XLSX roster: all of it or nothing.

    Rows with faults are written beside it as a workbook, with the reason in a column.
    """
    from backend import roster_import
    from backend.clock import system_clock
    from backend.terminal import progress
    from backend.vault import Vault

    async def work(vault: Vault) -> Report:
        with progress("reading") as report:
            county = await roster_import.county_of(file)
            ask = roster_import.Ask(file, county, system_clock(), dry_run=dry_run, gone_ok=gone_ok)
            return await roster_import.import_roster(ask, vault, report)

    with database_of(settings_of()) as config:
        found = run_act(config, work(Vault(config.secret_key)))
        if found.outcome == "rejected":
            _give_back(config, found.batch, roster_import.ROSTER, file)
        if dry_run:
            _show_changes(config, found.batch)
    _tell(found, dry_run)


@match.command("import")
@click.argument("file", type=_FILE)
@click.option("--source", required=True, help="Which office the list is from, like 民政火化.")
@click.option("--county", required=True, help="Whose pensioners it may name, like 990101.")
@click.option("--kind", type=click.Choice(["alive", "deceased", "custody", "moved"]))
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="The day, where a row has none.")
@click.option("--dry-run", is_flag=True, help="Count what would become of it.")
def import_match(
    file: Path, source: str, county: str, kind: str | None, on: datetime | None, dry_run: bool
) -> None:
    """Match another office's CSV or XLSX list: id_no, and name, kind, date where it has them.

    Signs of life certify, anything else becomes a suspicion; no pension is stopped by it.
    """
    from backend import match_import
    from backend.clock import system_clock
    from backend.domain.certification.matches import HitKind
    from backend.terminal import progress
    from backend.vault import Vault

    about: dict[str, Any] = {
        "kind": HitKind(kind) if kind else None,
        "on": on.date() if on else None,
    }

    async def work(vault: Vault) -> Report:
        now = system_clock()
        ask = match_import.Ask(file, county, now, dry_run=dry_run, source=source, **about)
        with progress("reading") as report:
            return await match_import.import_match(ask, vault, report)

    with database_of(settings_of()) as config:
        found = run_act(config, work(Vault(config.secret_key)))
        if found.outcome == "rejected":
            _give_back(config, found.batch, match_import.MATCH, file)
    _tell(found, dry_run)


def _tell(found: Report, dry_run: bool) -> None:
    for name in found.ignored:
        click.echo(f"column {name} is ignored")
    click.echo(f"{_said(found.counts)}{'; nothing was changed' if dry_run else ''}")


def _said(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {kind.replace('_', ' ')}" for kind, number in counts.items())


def _give_back(config: Settings, batch: int, headings: Headings, file: Path) -> None:
    """Writes the faulty rows beside the file and stops."""
    from backend.faulty_rows import faulty_rows
    from backend.store import imports
    from backend.store.database import from_json
    from backend.vault import Vault

    path = file.with_name(f"{file.stem}-faulty.xlsx")

    async def write() -> int:
        [row] = await imports.page([""], None, batch + 1, 1)
        header = from_json(row["header"])
        return await faulty_rows(batch, header, headings, Vault(config.secret_key), path, "zh")

    try:
        number = run_act(config, write())
    except OSError as error:
        raise Stop(f"{path}: can't be written ({error.strerror})") from None
    raise Stop(f"{number} rows with faults, see {path}; nothing was imported")


def _show_changes(config: Settings, batch: int) -> None:
    """The first changes of each kind, names masked."""
    from backend.domain.masking import masked_name
    from backend.store import imports

    async def find() -> list[str]:
        lines = []
        for kind in ("moved", "back", "gone", "changed"):
            for row in await imports.changes(batch, kind, None, _SHOWN):
                place = (
                    f"{row['was_region']} → {row['region']}" if kind == "moved" else row["region"]
                )
                fields = ", ".join(row["fields"]) if kind == "changed" else ""
                lines.append(f"{kind:8} {masked_name(row['name'])}  {place}  {fields}".rstrip())
        return lines

    for line in run_act(config, find()):
        click.echo(line)

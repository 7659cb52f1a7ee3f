"""The `cunbao` command."""

import asyncio
import gc
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import click
import uvloop

from backend.console import Stop, database_of, run_act, settings_of, with_pool
from backend.list_commands import match, roster
from backend.photo_commands import media
from backend.settings import Settings

if TYPE_CHECKING:
    from backend.demo import Demo, Invited


async def _prepare() -> None:
    from backend import migrating, seeding
    from backend.clock import system_clock

    await migrating.migrate()
    await seeding.seed(system_clock())


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option("0.1.0", prog_name="cunbao")
def main() -> None:
    """Cunbao 村报: village employment reports, from the duty to the rate."""


main.add_command(roster)
main.add_command(match)
main.add_command(media)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64))
@click.option("--demo", is_flag=True, help="Make the demo county first, and show its logins.")
def serve(host: str, port: int, workers: int, demo: bool) -> None:
    """Serve the API. Ctrl-C stops everything, the embedded database included."""
    from backend import serving

    config = settings_of(demo=demo)
    if not serving.is_free(host, port):
        raise Stop(f"port {port} on {host} is taken; stop what uses it or choose --port")
    with database_of(config) as config:
        with_pool(config, _prepare())
        if demo:
            _make_demo(config)
            guest = with_pool(config, _invited(config))
            click.echo(f"\nfirst use, by a link for one phone (the liaison {guest.name}):")
            click.echo(f"  http://{host}:{port}/#/welcome/{guest.token}")
        click.echo(f"\napp    http://{host}:{port}/")
        click.echo(f"office http://{host}:{port}/office")
        click.echo(f"API    http://{host}:{port}/api/v1")
        click.echo(f"docs   http://{host}:{port}/docs\nstop   Ctrl-C\n")
        serving.serve(config, host, port, workers)


@main.command()
@click.option("--check", is_flag=True, help="Only check that tables and migrations agree.")
def migrate(check: bool) -> None:
    """Bring the database to the current tables, and add the reference data."""
    if check:
        _check_drift()
        return
    with database_of(settings_of()) as config:
        with_pool(config, _prepare())


def _check_drift() -> None:
    from backend.migrating import drift

    found = asyncio.run(drift())
    for statement in found:
        click.echo(statement, err=True)
    if found:
        raise Stop("the tables differ from the migrations: add a migration")
    click.echo("tables and migrations agree")


@main.command()
def demo() -> None:
    """Make the demo county 990101, with six months of reports, unless it is there."""
    with database_of(settings_of(demo=True)) as config:
        with_pool(config, _prepare())
        _make_demo(config)


async def _with_people(config: Settings, report: Callable[[int, int], None]) -> "Demo":
    from backend import demo
    from backend.clock import system_clock
    from backend.photos import open_photos
    from backend.vault import Vault

    vault = Vault(config.secret_key)
    made = await demo.make(vault, system_clock, report)
    await demo.add_pensioners(vault, open_photos(config, vault), system_clock())
    await demo.add_villagers(vault, system_clock())
    await demo.add_notices(vault, system_clock())
    await demo.add_affairs(vault, system_clock())
    return made


async def _invited(config: Settings) -> "Invited":
    from backend import demo
    from backend.clock import system_clock
    from backend.vault import Vault

    return await demo.invite(Vault(config.secret_key), system_clock())


def _make_demo(config: Settings) -> None:
    from backend import demo as county
    from backend.terminal import progress

    try:
        with progress("making the demo county") as report:
            made = with_pool(config, _with_people(config, report))
    except county.NotTheDemo as error:
        raise Stop(str(error)) from None
    there = "" if made.is_new else " was there already and stays as it is"
    click.echo(f"\nDemo county 990101{there}. All passwords: {county.PASSWORD}")
    for login in made.logins:
        click.echo(f"  {login.phone}  {login.role:15} {login.name}  {login.place}")


@main.group()
def regions() -> None:
    """The tree of regions."""


@regions.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_regions(file: Path) -> None:
    """Import a CSV or XLSX file with code,name,level,parent_code: all of it or nothing."""
    from backend.region_import import ImportRejected, import_file
    from backend.terminal import progress

    with database_of(settings_of()) as config, progress("importing") as report:
        try:
            result = with_pool(config, import_file(file, report))
        except ImportRejected as rejected:
            for fault in rejected.faults[:50]:
                click.echo(str(fault), err=True)
            raise Stop(f"{len(rejected.faults)} faults; nothing was imported") from None
    for note in result.notes:
        click.echo(note)
    click.echo(
        f"{result.new} new, {result.renamed} renamed, {result.unchanged} unchanged, "
        f"{result.ended} no longer in force left alone"
    )


@regions.command("merge")
@click.argument("old")
@click.argument("into")
def merge_regions(old: str, into: str) -> None:
    """Let village OLD join village INTO, which then answers for its duties."""
    _succeed(old, into, None)


@regions.command("recode")
@click.argument("old")
@click.argument("new")
@click.argument("name")
def recode_region(old: str, new: str, name: str) -> None:
    """Give village OLD the code NEW and NAME; its history stays under the old code."""
    _succeed(old, new, name)


def _succeed(old: str, new: str, name: str | None) -> None:
    from backend import administration

    with database_of(settings_of()) as config:
        moved = run_act(config, administration.succeed(old, new, name))
    click.echo(f"{moved} duties are now answered for by {new}")


@main.group()
def accounts() -> None:
    """People."""


@accounts.command("create")
@click.option("--name", required=True)
@click.option("--phone", required=True)
@click.option("--role", required=True)
@click.option("--region", required=True, help="The region's key, like 990101 or 990101100.")
@click.option("--backup", is_flag=True, help="As B角.")
@click.password_option(help="Asked for when not given.")
def create_account(
    name: str, phone: str, role: str, region: str, backup: bool, password: str
) -> None:
    """Open an account with a first post: the way to the first sysadmin."""
    from backend import administration
    from backend.vault import Vault

    config = settings_of()
    with database_of(config) as config:
        person = administration.NewPerson(name, phone, password, role, region, backup)
        number = run_act(config, administration.create_account(Vault(config.secret_key), person))
    click.echo(f"account {number}")


@main.command()
def doctor() -> None:
    """Is everything in order? One line each; exit code 1 when something is broken."""
    from backend.clock import system_clock
    from backend.doctor import examine

    with database_of(settings_of()) as config:
        findings = asyncio.run(examine(config, system_clock))
    for finding in findings:
        click.echo(f"{finding.level.value:5} {finding.name:12} {finding.line}")
    if any(finding.level.value == "fail" for finding in findings):
        sys.exit(1)


@main.command()
@click.option("--villages", default=910, show_default=True, type=click.IntRange(4, 2000))
@click.option("--months", default=12, show_default=True, type=click.IntRange(1, 12))
@click.option("--seed", default=1, show_default=True, type=int)
def simulate(villages: int, months: int, seed: int) -> None:
    """Live a county's year under a model of its people, and check the promises of the reminders.

    In a database of its own, dropped afterwards. Exit code 1 when a promise was broken.
    """
    from backend import simulation
    from backend.terminal import progress

    config = settings_of(demo=True)
    # The journal of a year is kept until the end: looking through it for garbage finds none.
    gc.set_threshold(200_000)
    with database_of(config) as config, progress("days") as report:
        assert config.database_url is not None
        work = simulation.simulate(
            config.database_url, villages=villages, months=months, seed=seed, report=report
        )
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                found = runner.run(work)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise Stop(f"no database for the simulation could be had ({error})") from None
    click.echo("\n".join(found.lines()))
    if not found.holds:
        sys.exit(1)


@main.group()
def audit() -> None:
    """The record of who did what."""


@audit.command("verify")
def verify_audit() -> None:
    """Recompute the hash chain; names every entry changed, missing or added. Exit code 1 then."""
    from backend.store.audit import verify
    from backend.vault import Vault

    with database_of(settings_of()) as config:
        found = with_pool(config, verify(Vault(config.secret_key).audit_key))
    for fault in found.faults:
        click.echo(fault, err=True)
    click.echo(
        f"{found.entries} entries in {found.seals} seals, {found.unsealed} waiting, "
        f"head {found.head}"
    )
    if found.faults:
        sys.exit(1)


if __name__ == "__main__":
    main(prog_name="cunbao")

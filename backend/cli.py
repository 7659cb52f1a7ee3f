"""The `cunbao` command."""

import asyncio
import os
import secrets
import sys
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import click

from backend import settings
from backend.postgres import PostgresUnavailable, running
from backend.settings import BadSetting, Settings

T = TypeVar("T")
DEMO_SECRET = "demo-secret"


class Stop(click.ClickException):
    """One clear line, and exit code 1."""

    def show(self, file: Any = None) -> None:
        click.echo(f"cunbao: {self.message}", err=True)


def _demo_secret(home: Path) -> str:
    """The demo's own secret: made once, kept in the home, of no use elsewhere."""
    path = home / DEMO_SECRET
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(32))
        return path.read_text()
    except OSError as error:
        raise Stop(f"{home}: can't be written ({error.strerror}); set CUNBAO_HOME") from None


def _settings(*, demo: bool = False) -> Settings:
    """Settings from the environment; the demo may do without a secret of its own."""
    environ: Mapping[str, str] = os.environ
    home = Path(environ.get("CUNBAO_HOME") or "var").absolute()
    if "CUNBAO_SECRET_KEY" not in environ and (demo or (home / DEMO_SECRET).exists()):
        environ = {**environ, "CUNBAO_SECRET_KEY": _demo_secret(home)}
    try:
        return settings.load(environ)
    except BadSetting as error:
        raise Stop(str(error)) from None


@contextmanager
def _database(config: Settings) -> Iterator[Settings]:
    """The settings with an address that answers; the embedded database runs as long as we do."""
    if config.database_url is not None:
        yield config
        return
    try:
        with running(config.home, log=lambda line: click.echo(line, err=True)) as server:
            yield replace(config, database_url=server.dsn)
    except PostgresUnavailable as error:
        raise Stop(str(error)) from None


def _with_pool(config: Settings, work: Coroutine[Any, Any, T]) -> T:
    """Runs some work with the process's pool open."""
    from backend.store import database

    async def run() -> T:
        assert config.database_url is not None
        try:
            await database.connect(config.database_url, 4)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            work.close()
            raise Stop(f"CUNBAO_DATABASE_URL: the database does not answer ({error})") from None
        try:
            return await work
        finally:
            await database.disconnect()

    return asyncio.run(run())


async def _prepare() -> None:
    from backend import migrating, seeding
    from backend.clock import system_clock

    await migrating.migrate()
    await seeding.seed(system_clock())


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option("0.1.0", prog_name="cunbao")
def main() -> None:
    """Cunbao 村报: village employment reports, from the duty to the rate."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64))
@click.option("--demo", is_flag=True, help="Make the demo county first, and show its logins.")
def serve(host: str, port: int, workers: int, demo: bool) -> None:
    """Serve the API. Ctrl-C stops everything, the embedded database included."""
    from backend import serving

    config = _settings(demo=demo)
    if not serving.is_free(host, port):
        raise Stop(f"port {port} on {host} is taken; stop what uses it or choose --port")
    with _database(config) as config:
        _with_pool(config, _prepare())
        if demo:
            _make_demo(config)
        click.echo(f"\nAPI    http://{host}:{port}/api/v1")
        click.echo(f"docs   http://{host}:{port}/docs\nstop   Ctrl-C\n")
        serving.serve(config, host, port, workers)


@main.command()
@click.option("--check", is_flag=True, help="Only check that tables and migrations agree.")
def migrate(check: bool) -> None:
    """Bring the database to the current tables, and add the reference data."""
    if check:
        _check_drift()
        return
    with _database(_settings()) as config:
        _with_pool(config, _prepare())


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
    with _database(_settings(demo=True)) as config:
        _with_pool(config, _prepare())
        _make_demo(config)


def _make_demo(config: Settings) -> None:
    from backend import demo as county
    from backend.clock import system_clock
    from backend.terminal import progress
    from backend.vault import Vault

    try:
        with progress("making the demo county") as report:
            made = _with_pool(config, county.make(Vault(config.secret_key), system_clock, report))
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

    with _database(_settings()) as config, progress("importing") as report:
        try:
            result = _with_pool(config, import_file(file, report))
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

    with _database(_settings()) as config:
        moved = _run(config, administration.succeed(old, new, name))
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

    config = _settings()
    with _database(config) as config:
        person = administration.NewPerson(name, phone, password, role, region, backup)
        number = _run(config, administration.create_account(Vault(config.secret_key), person))
    click.echo(f"account {number}")


def _run(config: Settings, work: Coroutine[Any, Any, T]) -> T:
    """Runs an operator's command; a problem of the catalogue is one clear line."""
    from backend.domain.refusal import Refusal
    from backend.problems import Problem, message

    try:
        return _with_pool(config, work)
    except (Problem, Refusal) as error:
        raise Stop(message(error.code, error.params, "en")) from None


@main.command()
def doctor() -> None:
    """Is everything in order? One line each; exit code 1 when something is broken."""
    from backend.clock import system_clock
    from backend.doctor import examine

    with _database(_settings()) as config:
        findings = asyncio.run(examine(config, system_clock))
    for finding in findings:
        click.echo(f"{finding.level.value:5} {finding.name:12} {finding.line}")
    if any(finding.level.value == "fail" for finding in findings):
        sys.exit(1)


@main.group()
def audit() -> None:
    """The record of who did what."""


@audit.command("verify")
def verify_audit() -> None:
    """Recompute the hash chain; names every entry changed, missing or added. Exit code 1 then."""
    from backend.store.audit import verify
    from backend.vault import Vault

    with _database(_settings()) as config:
        found = _with_pool(config, verify(Vault(config.secret_key).audit_key))
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

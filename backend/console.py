"""What every command needs: settings, a database that answers, and one clear line when not."""

import asyncio
import os
import secrets
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


def settings_of(*, demo: bool = False) -> Settings:
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
def database_of(config: Settings) -> Iterator[Settings]:
    """The settings with an address that answers; the embedded database runs as long as we do."""
    if config.database_url is not None:
        yield config
        return
    try:
        with running(config.home, log=lambda line: click.echo(line, err=True)) as server:
            yield replace(config, database_url=server.dsn)
    except PostgresUnavailable as error:
        raise Stop(str(error)) from None


def with_pool(config: Settings, work: Coroutine[Any, Any, T]) -> T:
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


def run_act(config: Settings, work: Coroutine[Any, Any, T]) -> T:
    """Runs an operator's command; a problem of the catalogue is one clear line."""
    from backend.domain.refusal import Refusal
    from backend.problems import Problem, message

    try:
        return with_pool(config, work)
    except (Problem, Refusal) as error:
        raise Stop(message(error.code, error.params, "en")) from None

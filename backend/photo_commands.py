"""`cunbao media`: whether every photo is still what was stored, and what belongs to nobody."""

import sys
from collections import Counter
from collections.abc import Coroutine
from datetime import datetime
from typing import Any, TypeVar

import click

from backend.console import Stop, database_of, run_act, settings_of
from backend.settings import Settings
from media.objects import StoreError

T = TypeVar("T")


def _told(config: Settings, work: Coroutine[Any, Any, T]) -> T:
    """Runs it; a store that fails is one clear line."""
    try:
        return run_act(config, work)
    except StoreError as error:
        raise Stop(f"the object store: {error}") from None


@click.group()
def media() -> None:
    """Photos and papers in the object store."""


@media.command()
def verify() -> None:
    """Read and hash every photo and paper again. Exit code 1 when one is missing or altered."""
    from backend.photos import open_photos, stored_contents
    from backend.vault import Vault
    from media.verifying import State
    from media.verifying import verify as verified

    async def work(config: Settings) -> Counter[State]:
        photos, found = open_photos(config, Vault(config.secret_key)), Counter[State]()
        async for verdict in verified(photos.store, stored_contents()):
            found[verdict.state] += 1
            if verdict.state is not State.OK:
                click.echo(f"{verdict.state.value:8} {verdict.key}", err=True)
        return found

    with database_of(settings_of()) as config:
        found = _told(config, work(config))
    total = sum(found.values())
    click.echo(f"{found[State.OK]} of {total} are as they were stored")
    if found[State.OK] < total:
        sys.exit(1)


@media.command()
def sweep() -> None:
    """Remove objects that no row names and that are older than a week."""
    from backend.clock import system_clock
    from backend.photos import named, open_photos
    from backend.vault import Vault
    from media.sweeping import Swept, TooManyOrphans
    from media.sweeping import sweep as swept

    async def work(config: Settings, now: datetime) -> Swept:
        photos = open_photos(config, Vault(config.secret_key))
        try:
            return await swept(photos.bare, named, now)
        except TooManyOrphans as error:
            raise Stop(str(error)) from None

    with database_of(settings_of()) as config:
        found = _told(config, work(config, system_clock()))
    click.echo(f"{len(found.removed)} of {found.seen} objects removed")


@media.command()
def reseal() -> None:
    """Seal every object with the newest key; afterwards the older ones can go."""
    from backend.photos import open_photos
    from backend.vault import Vault

    async def work(config: Settings) -> int:
        photos, count = open_photos(config, Vault(config.secret_key)), 0
        async for page in photos.bare.pages():
            count += sum([await photos.store.reseal(entry.key) for entry in page])
        return count

    with database_of(settings_of()) as config:
        count = _told(config, work(config))
    click.echo(f"{count} objects sealed anew")

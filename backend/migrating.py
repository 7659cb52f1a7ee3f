"""Bringing the database to the shape of the tables, and checking that migrations say the same."""

from contextlib import redirect_stdout
from io import StringIO
from itertools import chain

from piccolo.apps.migrations.commands.forwards import ForwardsMigrationManager
from piccolo.apps.migrations.commands.new import AutoMigrationManager
from piccolo.apps.migrations.tables import Migration

from backend.store.database import fetch, fetch_value
from migrations.piccolo_app import APP_CONFIG

# Two processes that start together migrate one after the other.
_LOCK = 4_711_002


async def migrate() -> None:
    """Applies what is missing. Needs `database.connect`; safe to call from several processes."""
    from backend.piccolo_conf import DB

    connection = await DB.get_new_connection()
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await Migration.create_table(if_not_exists=True)
        with redirect_stdout(StringIO()):  # Piccolo prints as if to a person at its own command
            result = await ForwardsMigrationManager(app_name="cunbao").run()
        if not result.success:
            raise RuntimeError(result.message)
    finally:
        await connection.close()


async def drift() -> list[str]:
    """What the tables say that no migration says: empty when they agree."""
    with redirect_stdout(StringIO()):
        alterations = await AutoMigrationManager(auto_input="n").get_alter_statements(APP_CONFIG)
    return list(chain.from_iterable(each.statements for each in alterations))


async def pending() -> int:
    """How many migrations the database still lacks."""
    exists = await fetch_value("SELECT to_regclass('migration') IS NOT NULL")
    done = {row["name"] for row in await fetch("SELECT name FROM migration")} if exists else set()
    manager = ForwardsMigrationManager(app_name="cunbao")
    modules = manager.get_migration_modules(APP_CONFIG.resolved_migrations_folder_path)
    return len(set(manager.get_migration_ids(modules)) - done)

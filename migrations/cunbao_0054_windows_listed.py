"""Certification windows are listed village by village, a page at a time."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-23T15:30:54:000000"
VERSION = "1.38.0"
DESCRIPTION = "index of listed certification windows"

_STATEMENT = """CREATE INDEX obligation_windows ON obligation (holder, id)
    WHERE beneficiary IS NOT NULL"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="cunbao", description=DESCRIPTION)

    async def run() -> None:
        from backend.piccolo_conf import DB

        await DB.run_ddl(_STATEMENT)

    manager.add_raw(run)
    return manager

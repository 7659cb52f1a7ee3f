"""Returns of late are found by when they were decided, not one by one by their obligation."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-23T05:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "index of returns by time"

_STATEMENT = """CREATE INDEX review_returned_at ON review (at, obligation, submission)
    WHERE decision = 'return'"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="cunbao", description=DESCRIPTION)

    async def run() -> None:
        from backend.piccolo_conf import DB

        await DB.run_ddl(_STATEMENT)

    manager.add_raw(run)
    return manager

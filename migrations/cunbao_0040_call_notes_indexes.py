"""Notes of calls are read by village, the newest first."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-23T14:37:27:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of notes of calls"

_STATEMENTS = (
    'ALTER TABLE call_note ALTER COLUMN region TYPE varchar(12) COLLATE "C"',
    "CREATE INDEX call_note_of ON call_note (region, at DESC)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="cunbao", description=DESCRIPTION)

    async def run() -> None:
        from backend.piccolo_conf import DB

        for statement in _STATEMENTS:
            await DB.run_ddl(statement)

    manager.add_raw(run)
    return manager

"""Requests to export are read newest first, and their numbers stand on the files."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-23T15:35:11:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of requests to export"

_STATEMENTS = (
    'ALTER TABLE export_request ALTER COLUMN region TYPE varchar(12) COLLATE "C"',
    "CREATE UNIQUE INDEX export_request_number ON export_request (number)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="cunbao", description=DESCRIPTION)

    async def run() -> None:
        from backend.piccolo_conf import DB

        for statement in _STATEMENTS:
            await DB.run_ddl(statement)

    manager.add_raw(run)
    return manager

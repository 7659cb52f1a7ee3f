"""Indexes without the rows that nobody looks for in them: filing writes fewer."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-23T02:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "lean indexes"

_STATEMENTS = (
    "DROP INDEX audit_entry_seal",
    "CREATE INDEX audit_entry_seal ON audit_entry (seal) WHERE seal IS NOT NULL",
    "CREATE INDEX obligation_amended ON obligation (period, region) WHERE amended",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="cunbao", description=DESCRIPTION)

    async def run() -> None:
        from backend.piccolo_conf import DB

        for statement in _STATEMENTS:
            await DB.run_ddl(statement)

    manager.add_raw(run)
    return manager

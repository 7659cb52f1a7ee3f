"""What Piccolo's tables can't say about reminders held back."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-23T02:30:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "checks of reminders held back"

_STATEMENTS = (
    "ALTER TABLE schedule ADD CHECK (hold_back BETWEEN 0 AND 50)",
    "ALTER TABLE reminder ADD CHECK (held_back = (message IS NULL))",
    # Decided in order of time, so a few pages say which rows a span of weeks can be in.
    "CREATE INDEX reminder_decided ON reminder USING brin (decided_at)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="cunbao", description=DESCRIPTION)

    async def run() -> None:
        from backend.piccolo_conf import DB

        for statement in _STATEMENTS:
            await DB.run_ddl(statement)

    manager.add_raw(run)
    return manager

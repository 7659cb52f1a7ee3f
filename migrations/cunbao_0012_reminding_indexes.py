"""Reminders of reports, corrections and reviews alike are found by one hint."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-23T03:05:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of reminding"

_STATEMENTS = (
    "DROP INDEX obligation_remind",
    "CREATE INDEX obligation_remind ON obligation (remind_at) WHERE remind_at IS NOT NULL",
    # What was filed or returned before these were reminded of is looked at once.
    "UPDATE obligation SET remind_at = NULL WHERE stage = 'accepted' AND remind_at IS NOT NULL",
    """UPDATE obligation SET remind_at = stage_since
        WHERE stage IN ('town', 'county', 'returned')""",
    "ALTER TABLE leave ADD CHECK (starts_on <= ends_on)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="cunbao", description=DESCRIPTION)

    async def run() -> None:
        from backend.piccolo_conf import DB

        for statement in _STATEMENTS:
            await DB.run_ddl(statement)

    manager.add_raw(run)
    return manager

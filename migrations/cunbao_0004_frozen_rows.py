"""The periods there are already keep what their schedules say now."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-22T23:56:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "what the periods there are keep"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="cunbao", description=DESCRIPTION)

    async def run() -> None:
        from backend.piccolo_conf import DB

        await DB.run_ddl(
            """UPDATE period SET steps = s.steps, allowance_hours = s.allowance_hours
            FROM schedule s WHERE s.id = period.schedule"""
        )

    manager.add_raw(run)
    return manager

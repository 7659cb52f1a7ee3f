"""The ladder each schedule has becomes its version 1, published since it began to count."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-23T02:52:50:000000"
VERSION = "1.38.0"
DESCRIPTION = "first versions of ladders"

FIRST_VERSIONS = """INSERT INTO ladder (schedule, version, steps, created_at, published_at)
    SELECT id, 1, ladder, created_at, greatest(created_at, ladder_since) FROM schedule"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="cunbao", description=DESCRIPTION)

    async def run() -> None:
        from backend.piccolo_conf import DB

        await DB.run_ddl(FIRST_VERSIONS)

    manager.add_raw(run)
    return manager

"""Finding the few contents that were refused, to tell who filed them."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-23T11:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "index of refused contents"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="cunbao", description=DESCRIPTION)

    async def run() -> None:
        from backend.piccolo_conf import DB

        await DB.run_ddl(
            "CREATE INDEX media_object_refused ON media_object (examined_at) "
            "WHERE refused IS NOT NULL AND erased_at IS NULL"
        )

    manager.add_raw(run)
    return manager

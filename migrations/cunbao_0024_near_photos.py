"""Photos like a new one are found in the indexes alone."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-23T08:05:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "near photos"

_BLOCKS = (0, 16, 32, 48)
_STATEMENTS = (
    *(f"DROP INDEX media_object_block_{place}" for place in _BLOCKS),
    # Of the thousands that agree in a block hardly one is near: the key beside the block tells
    # without a look at the row.
    *(
        f"""CREATE INDEX media_object_near_{place} ON media_object
            (((like_key >> {place}) & 65535), like_key) WHERE like_key IS NOT NULL"""
        for place in _BLOCKS
    ),
    "CREATE INDEX media_object_key ON media_object (like_key) WHERE like_key IS NOT NULL",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="cunbao", description=DESCRIPTION)

    async def run() -> None:
        from backend.piccolo_conf import DB

        for statement in _STATEMENTS:
            await DB.run_ddl(statement)

    manager.add_raw(run)
    return manager

"""What Piccolo's tables can't say about the ledger: collation, and whom it holds once at a time."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-23T08:30:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of the labour ledger"

# Keys are digits; in collation C a prefix is a range, whatever the database's own collation.
_KEYS = {
    "resident": ("county", "region"),
    "resident_change": ("region",),
    "resident_left": ("region",),
    "resident_diff": ("region", "was_region"),
}

_INDEXES = (
    # One live entry a person in the whole county.
    """CREATE UNIQUE INDEX resident_once ON resident (county, id_number_index)
        WHERE gone_on IS NULL""",
    "CREATE INDEX resident_number ON resident (id_number_index)",
    "CREATE INDEX resident_region ON resident (region, id)",
    "CREATE INDEX resident_told ON resident (region, change_no)",
    "CREATE INDEX resident_left_told ON resident_left (region, change_no)",
    "CREATE INDEX resident_change_history ON resident_change (resident, received_at)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="cunbao", description=DESCRIPTION)

    async def run() -> None:
        from backend.piccolo_conf import DB

        for table, columns in _KEYS.items():
            for column in columns:
                await DB.run_ddl(
                    f'ALTER TABLE {table} ALTER COLUMN {column} TYPE varchar(12) COLLATE "C"'
                )
        for statement in _INDEXES:
            await DB.run_ddl(statement)

    manager.add_raw(run)
    return manager

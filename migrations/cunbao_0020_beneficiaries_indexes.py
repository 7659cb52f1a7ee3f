"""What Piccolo's tables can't say about pensioners: collation, and what is open once at a time."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-23T03:40:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of pensioners"

# Keys are digits; in collation C a prefix is a range, whatever the database's own collation.
_KEYS = {
    "beneficiary": ("county", "region"),
    "beneficiary_place": ("region",),
    "roster_change": ("region", "was_region"),
    "import_batch": ("county",),
    "cert_cycle": ("county",),
    "cert_evidence": ("county",),
}

_INDEXES = (
    "CREATE INDEX beneficiary_region ON beneficiary (region, id)",
    "CREATE INDEX import_batch_county ON import_batch (county, id)",
    """CREATE UNIQUE INDEX beneficiary_place_open ON beneficiary_place (beneficiary)
        WHERE until_on IS NULL""",
    "CREATE INDEX beneficiary_place_history ON beneficiary_place (beneficiary, from_on)",
    """CREATE INDEX match_hit_doubt ON match_hit (beneficiary, kind)
        WHERE outcome = 'suspect' AND cleared_at IS NULL""",
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

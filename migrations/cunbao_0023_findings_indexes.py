"""Codes and filings of a collector, deaths, and samples are found without reading all."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-23T06:20:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of findings"

_STATEMENTS = (
    'ALTER TABLE cert_sample ALTER COLUMN region TYPE varchar(12) COLLATE "C"',
    "CREATE INDEX cert_code_of ON cert_code (account, issued_at)",
    """CREATE INDEX submission_collected ON submission (filed_by, received_at)
        WHERE answers->>'method' IS NOT NULL""",
    """CREATE INDEX submission_deaths ON submission (received_at)
        WHERE answers->>'result' = 'death'""",
    "CREATE INDEX cert_sample_newest ON cert_sample (region, at)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="cunbao", description=DESCRIPTION)

    async def run() -> None:
        from backend.piccolo_conf import DB

        for statement in _STATEMENTS:
            await DB.run_ddl(statement)

    manager.add_raw(run)
    return manager

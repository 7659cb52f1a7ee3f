"""Keys compare as digits; circulars are read newest first, rules by the newest in force."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-23T11:17:30:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of circulars and the county's rules"

_STATEMENTS = (
    'ALTER TABLE circular ALTER COLUMN county TYPE varchar(6) COLLATE "C"',
    'ALTER TABLE county_rule ALTER COLUMN county TYPE varchar(6) COLLATE "C"',
    "CREATE INDEX circular_newest ON circular (at DESC, id DESC)",
    "CREATE INDEX county_rule_newest ON county_rule (county, kind, at DESC, id DESC)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="cunbao", description=DESCRIPTION)

    async def run() -> None:
        from backend.piccolo_conf import DB

        for statement in _STATEMENTS:
            await DB.run_ddl(statement)

    manager.add_raw(run)
    return manager

"""What Piccolo's tables can't say about certification duties: one schedule for an insurance, one
duty in a window, and what is still to follow.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-23T05:40:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of certification duties"

# Keys are digits; in collation C a prefix is a range, whatever the database's own collation.
_KEYS = {"cert_round": ("township",), "obligation_move": ("was", "became")}

_INDEXES = (
    """CREATE UNIQUE INDEX schedule_certification ON schedule (scope, insurance_type)
        WHERE insurance_type IS NOT NULL""",
    """CREATE UNIQUE INDEX obligation_pensioner ON obligation (beneficiary, period)
        WHERE beneficiary IS NOT NULL""",
    """CREATE INDEX obligation_to_follow ON obligation (holder, schedule)
        WHERE beneficiary IS NOT NULL AND stage <> 'accepted'""",
    "CREATE INDEX beneficiary_to_follow ON beneficiary (region) WHERE change_no IS NULL",
    "CREATE INDEX beneficiary_changes ON beneficiary (region, change_no)",
    "CREATE INDEX beneficiary_place_left ON beneficiary_place (region, change_no)"
    " WHERE until_on IS NOT NULL",
    "CREATE INDEX obligation_move_left ON obligation_move (was, change_no)",
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

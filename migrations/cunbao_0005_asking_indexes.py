"""What Piccolo's tables can't say about requests: one undecided at a time per obligation."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-22T23:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of requests"

_INDEXES = (
    """CREATE UNIQUE INDEX adjustment_request_open ON adjustment_request (obligation)
        WHERE decided_at IS NULL""",
    "CREATE INDEX adjustment_request_obligation ON adjustment_request (obligation, number)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="cunbao", description=DESCRIPTION)

    async def run() -> None:
        from backend.piccolo_conf import DB

        for statement in _INDEXES:
            await DB.run_ddl(statement)

    manager.add_raw(run)
    return manager

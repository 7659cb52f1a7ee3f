"""Keys compare as digits, lists are read newest first, and steps by what they are about."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-23T08:32:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of notices and feedback"

_STATEMENTS = (
    'ALTER TABLE notice ALTER COLUMN office TYPE varchar(12) COLLATE "C"',
    'ALTER TABLE notice ALTER COLUMN scopes TYPE varchar(12)[] COLLATE "C"',
    """ALTER TABLE feedback ALTER COLUMN region TYPE varchar(12) COLLATE "C",
        ALTER COLUMN office TYPE varchar(12) COLLATE "C",
        ALTER COLUMN first_office TYPE varchar(12) COLLATE "C" """,
    "CREATE INDEX notice_newest ON notice (published_at DESC, number DESC)",
    "CREATE INDEX notice_read_of ON notice_read (account)",
    "CREATE INDEX feedback_of ON feedback (account, number DESC)",
    "CREATE INDEX feedback_at ON feedback (office, number DESC)",
    "CREATE INDEX feedback_first_at ON feedback (first_office, number DESC)",
    "CREATE INDEX feedback_step_of ON feedback_step (feedback, id)",
    """CREATE INDEX message_notice ON message ((params->>'notice'))
        WHERE kind = 'notice' AND delivered_at IS NULL AND dropped_at IS NULL""",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="cunbao", description=DESCRIPTION)

    async def run() -> None:
        from backend.piccolo_conf import DB

        for statement in _STATEMENTS:
            await DB.run_ddl(statement)

    manager.add_raw(run)
    return manager

"""Which rows are waiting, and of which there is one only."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-22T23:40:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of channels"

_STATEMENTS = (
    'ALTER TABLE address ALTER COLUMN region TYPE varchar(12) COLLATE "C"',
    'ALTER TABLE call_entry ALTER COLUMN region TYPE varchar(12) COLLATE "C"',
    "ALTER TABLE address ADD CHECK ((account IS NULL) <> (region IS NULL))",
    """CREATE UNIQUE INDEX address_of_account ON address (account, channel, key)
        WHERE removed_at IS NULL AND account IS NOT NULL""",
    """CREATE UNIQUE INDEX address_of_region ON address (region, channel)
        WHERE removed_at IS NULL AND region IS NOT NULL""",
    "CREATE INDEX address_key ON address (key, channel) WHERE removed_at IS NULL",
    """CREATE UNIQUE INDEX call_entry_open ON call_entry (region, account)
        WHERE done_at IS NULL""",
    "CREATE INDEX call_entry_list ON call_entry (region, since)",
    "DROP INDEX delivery_waiting",
    """CREATE INDEX delivery_waiting ON delivery (not_before, id)
        WHERE sent_at IS NULL AND failed_at IS NULL AND dropped_at IS NULL
          AND channel = 'in_app'""",
    """CREATE INDEX delivery_outside ON delivery (channel, deadline, id)
        WHERE sent_at IS NULL AND failed_at IS NULL AND dropped_at IS NULL
          AND channel <> 'in_app'""",
    "CREATE INDEX delivery_by_day ON delivery (not_before)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="cunbao", description=DESCRIPTION)

    async def run() -> None:
        from backend.piccolo_conf import DB

        for statement in _STATEMENTS:
            await DB.run_ddl(statement)

    manager.add_raw(run)
    return manager

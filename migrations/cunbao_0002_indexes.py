"""What Piccolo's tables can't say: collation, partial indexes, an audit that can't be edited."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-22T22:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes"

# Keys are digits; in collation C a prefix is a range, whatever the database's own collation.
_KEYS = {
    "region": ("key", "parent", "successor"),
    "post": ("region",),
    "schedule": ("scope",),
    "period": ("opened_up_to",),
    "obligation": ("region", "holder"),
    "rate_cell": ("township",),
    "form": ("owner",),
    "message": ("region",),
    "review": ("region",),
    "audit_entry": ("region",),
    "work_calendar": ("owner",),
}

_INDEXES = (
    "CREATE INDEX obligation_changes ON obligation (holder, change_no)",
    "CREATE INDEX obligation_history ON obligation (holder, schedule, original_due_at)",
    "CREATE INDEX obligation_region ON obligation (region)",
    """CREATE INDEX obligation_queue ON obligation (stage_since, id)
        WHERE stage IN ('town', 'county')""",
    "CREATE INDEX obligation_remind ON obligation (remind_at) WHERE stage = 'none'",
    "CREATE UNIQUE INDEX submission_receipt ON submission (receipt)",
    """CREATE INDEX review_turnaround ON review (region, at)
        INCLUDE (step, in_time, waited_workdays)""",
    """CREATE UNIQUE INDEX post_once ON post (account, role, region) WHERE ends_at IS NULL""",
    "CREATE INDEX review_returns ON review (obligation) WHERE decision = 'return'",
    "CREATE INDEX period_unopened ON period (opens_at, id) WHERE opened_at IS NULL",
    "CREATE INDEX rate_cell_unfinished ON rate_cell (closes_at) WHERE final_from IS NULL",
    """CREATE UNIQUE INDEX message_digest ON message (account)
        WHERE kind = 'reminder' AND closed_at IS NULL""",
    "CREATE INDEX message_list ON message (account, delivered_at DESC, id DESC)",
    """CREATE INDEX delivery_waiting ON delivery (not_before, id)
        WHERE sent_at IS NULL AND failed_at IS NULL""",
    "CREATE INDEX audit_entry_unsealed ON audit_entry (id) WHERE seal IS NULL",
    "CREATE INDEX audit_entry_seal ON audit_entry (seal)",
    "CREATE INDEX audit_entry_region ON audit_entry (region, id)",
)

# Entries are only ever added; sealing may set the two columns it owns, once.
_APPEND_ONLY = """
CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'audit_entry' AND TG_OP = 'UPDATE' THEN
        IF OLD.seal IS NULL AND OLD.digest IS NULL
           AND to_jsonb(NEW) - 'seal' - 'digest' = to_jsonb(OLD) - 'seal' - 'digest' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'audit entries are never changed';
END $$
"""

_SETTINGS = (
    # Room on each page, so that counting a change needs no new index entry.
    "ALTER TABLE region SET (fillfactor = 60)",
    "ALTER TABLE obligation SET (fillfactor = 80)",
    # Receipts of two groups of four digits from the first one on.
    "ALTER SEQUENCE submission_receipt_seq RESTART WITH 1000001",
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
        for statement in (*_INDEXES, *_SETTINGS, _APPEND_ONLY):
            await DB.run_ddl(statement)
        await DB.run_ddl(
            "CREATE TRIGGER audit_seal_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seal "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()"
        )
        for event in ("UPDATE OR DELETE ON audit_entry FOR EACH ROW",
                      "TRUNCATE ON audit_entry FOR EACH STATEMENT"):  # fmt: skip
            await DB.run_ddl(
                f"CREATE TRIGGER audit_{event.split()[0].lower()} BEFORE {event} "
                "EXECUTE FUNCTION audit_append_only()"
            )

    manager.add_raw(run)
    return manager

"""What Piccolo's tables can't say about media: collation, and how photos are found."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-23T06:03:07:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of media"

_BLOCKS = (0, 16, 32, 48)
_STATEMENTS = (
    'ALTER TABLE attachment ALTER COLUMN county TYPE varchar(12) COLLATE "C"',
    'ALTER TABLE attachment ALTER COLUMN region TYPE varchar(12) COLLATE "C"',
    # What was named before there was a table for it.
    """INSERT INTO attachment (submission, position, county, region, beneficiary, account, sha256,
            name, size, from_gallery, filed_at)
        SELECT s.id, a.position, left(o.holder, 6), o.holder, o.beneficiary, s.filed_by,
            a.value->>'sha256', a.value->>'name', (a.value->>'size')::int, false, s.received_at
        FROM submission s JOIN obligation o ON o.id = s.obligation
        CROSS JOIN LATERAL jsonb_array_elements(s.attachments)
            WITH ORDINALITY AS a(value, position)""",
    "CREATE INDEX attachment_missing ON attachment (filed_at) WHERE arrived_at IS NULL",
    "CREATE INDEX attachment_content ON attachment (sha256)",
    "CREATE INDEX attachment_beneficiary ON attachment (beneficiary, filed_at)",
    """CREATE INDEX attachment_to_compare ON attachment (id)
        WHERE compared_at IS NULL AND arrived_at IS NOT NULL AND beneficiary IS NOT NULL
        AND (evidence IS NULL OR evidence IN ('face_photo', 'plate_photo'))""",
    """CREATE INDEX media_object_to_examine ON media_object (stored_at)
        WHERE examined_at IS NULL AND refused IS NULL AND erased_at IS NULL""",
    "CREATE INDEX media_object_age ON media_object (stored_at) WHERE erased_at IS NULL",
    "CREATE INDEX reuse_flag_open ON reuse_flag (attachment) WHERE decision IS NULL",
    # A near key agrees in one of its four blocks but for two bits.
    *(
        f"""CREATE INDEX media_object_block_{place} ON media_object
            (((like_key >> {place}) & 65535)) WHERE like_key IS NOT NULL"""
        for place in _BLOCKS
    ),
    # Its pages are read at random: statistics have to follow soon, or an index is forgotten.
    "ALTER TABLE media_object SET (autovacuum_vacuum_insert_scale_factor = 0.02)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="cunbao", description=DESCRIPTION)

    async def run() -> None:
        from backend.piccolo_conf import DB

        for statement in _STATEMENTS:
            await DB.run_ddl(statement)

    manager.add_raw(run)
    return manager

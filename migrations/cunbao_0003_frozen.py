"""A period keeps who reviews and the offline allowance, as it keeps form and deadlines."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import JSONB, Integer

ID = "2026-11-22T23:55:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "what a period keeps"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="cunbao", description=DESCRIPTION)
    manager.add_column(
        table_class_name="Period",
        tablename="period",
        column_name="steps",
        column_class_name="JSONB",
        column_class=JSONB,
        params={"default": "{}", "null": False},
    )
    manager.add_column(
        table_class_name="Period",
        tablename="period",
        column_name="allowance_hours",
        column_class_name="Integer",
        column_class=Integer,
        params={"default": 24, "null": False},
    )
    return manager

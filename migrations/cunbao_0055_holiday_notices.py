"""A county's word on a day stands beside the notice that it adopted for the year."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.constraints import Unique

ID = "2026-11-23T18:53:15:046028"
VERSION = "1.38.0"
DESCRIPTION = "holiday notices that a county adopted"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="cunbao", description=DESCRIPTION)

    manager.drop_constraint(
        table_class_name="WorkCalendar",
        tablename="work_calendar",
        constraint_name="work_calendar_unique_date",
        schema=None,
    )

    manager.add_constraint(
        table_class_name="WorkCalendar",
        tablename="work_calendar",
        constraint_name="work_calendar_unique_word",
        constraint_class=Unique,
        params={"columns": ["owner", "date", "source"], "nulls_distinct": True},
        schema=None,
    )

    return manager

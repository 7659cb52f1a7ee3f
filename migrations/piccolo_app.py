"""The one Piccolo application: all tables, all migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from backend.tables import ALL_TABLES

APP_CONFIG = AppConfig(
    app_name="cunbao",
    migrations_folder_path=Path(__file__).parent,
    table_classes=list(ALL_TABLES),
)

"""Where Piccolo finds the engine and the tables. The address is set by `store.database.connect`."""

from piccolo.conf.apps import AppRegistry
from piccolo.engine.postgres import PostgresEngine

DB = PostgresEngine(config={})

APP_REGISTRY = AppRegistry(apps=["migrations.piccolo_app"])

"""Where Piccolo finds the engine and the tables. The address is set by `store.database.connect`."""

from piccolo.conf.apps import AppRegistry
from piccolo.engine.postgres import PostgresEngine


class _Engine(PostgresEngine):
    """An engine that can be imported before it has an address."""

    async def check_version(self) -> None:
        """Piccolo would ask the server at import; `cunbao doctor` does it when there is one."""


DB = _Engine(config={})

APP_REGISTRY = AppRegistry(apps=["migrations.piccolo_app"])

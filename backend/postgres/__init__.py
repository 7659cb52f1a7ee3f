"""The embedded PostgreSQL, for whoever has none of their own: `start`, `stop`, `running`."""

from backend.postgres.place import PostgresUnavailable
from backend.postgres.server import Server, running, start, stop

__all__ = ["PostgresUnavailable", "Server", "running", "start", "stop"]

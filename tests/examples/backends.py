"""Where the examples run."""

from tests.servers import Backend

BACKENDS = (
    Backend("sqlite+pysqlite", "sqlite3"),
    Backend("postgresql+psycopg", "psycopg", "postgresql"),
)

"""How far a primary has written, and how far a replica of it has followed, as data."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..record import Record

if TYPE_CHECKING:
    from collections.abc import Callable


class Replication(Record):
    """The questions that a primary and its replicas answer.

    ``name``      of the kind of position, which tokens begin with
    ``position``  SQL for the primary: how far it has written, or NULL where it notes no such thing
    ``pattern``   what a position looks like
    ``reached``   makes of a position SQL for a replica: whether it has come there
    ``lag``       SQL for a replica: the seconds that it is behind; NULL where it does not follow
    ``lag_column``  the name of the column with them, where that is not the first
    """

    name: str
    position: str
    pattern: re.Pattern[str]
    reached: Callable[[str], str]
    lag: str
    lag_column: str | None = None

    def token(self, position: str) -> str:
        """Return *position* as a text that fits in a cookie."""
        return f"{self.name}:{position.replace(',', '_')}"

    def position_of(self, token: str) -> str | None:
        """Return the position that *token* stands for, or None where it is none of this kind."""
        name, _, position = token.partition(":")
        if name != self.name or not self.pattern.fullmatch(position):
            return None
        return position.replace("_", ",")


WRITE_AHEAD_LOG = Replication(
    name="lsn",
    # Where the next record goes: a commit that has not been written out yet is counted.
    position="SELECT CAST(pg_current_wal_insert_lsn() AS text)",
    pattern=re.compile(r"[0-9A-F]{1,8}/[0-9A-F]{1,8}"),
    reached=lambda position: (
        f"SELECT NOT pg_is_in_recovery() OR pg_last_wal_replay_lsn() >= '{position}'"
    ),
    # Who has replayed all that came is not behind, as long as more can come.
    lag=(
        "SELECT CASE WHEN NOT pg_is_in_recovery() THEN 0"
        " WHEN NOT EXISTS (SELECT FROM pg_stat_wal_receiver) THEN NULL"
        " WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0"
        " ELSE EXTRACT(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END"
    ),
)
"""PostgreSQL's: https://www.postgresql.org/docs/current/functions-admin.html, "Recovery Information
Functions" and "Backup Control Functions"."""

TRANSACTION_IDS = Replication(
    name="gtid",
    position="SELECT NULLIF(@@global.gtid_binlog_pos, '')",
    pattern=re.compile(r"\d{1,10}-\d{1,10}-\d{1,20}(_\d{1,10}-\d{1,10}-\d{1,20}){0,15}"),
    reached=lambda position: f"SELECT MASTER_GTID_WAIT('{position}', 0) = 0",
    lag="SHOW SLAVE STATUS",
    lag_column="Seconds_Behind_Master",
)
"""MariaDB's: https://mariadb.com/kb/en/gtid/ and https://mariadb.com/kb/en/master_gtid_wait/."""

KINDS = {kind.name: kind for kind in (WRITE_AHEAD_LOG, TRANSACTION_IDS)}
"""By their names, as dialects have them."""

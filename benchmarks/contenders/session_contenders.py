"""dovetail and SQLAlchemy: which package they are, and what is expected of them alone."""

from typing import ClassVar

from benchmarks.contender import Work
from benchmarks.contenders.session_life import SessionLife
from benchmarks.contenders.session_mapping import SessionMapping
from benchmarks.contenders.session_trade import SessionTrade


class Dovetail(SessionLife, SessionMapping, SessionTrade):
    title = "dovetail"
    package = "dovetail"
    import_statement = "import dovetail.orm"
    most_touch_statements: ClassVar[int | None] = 3

    def trade_mix_overlap(self) -> Work:
        """What queries do not read stays pending."""
        return self._trade_on(threads=False, autoflush="overlap")


class SQLAlchemy(SessionLife, SessionMapping, SessionTrade):
    title = "SQLAlchemy"
    package = "sqlalchemy"
    import_statement = "import sqlalchemy.orm"

"""dovetail and SQLAlchemy: what a session costs besides queries and writes."""

from collections.abc import Sequence
from typing import Any, ClassVar

from benchmarks import data
from benchmarks.contender import Work
from benchmarks.contenders.session_style import SessionStyle
from benchmarks.workloads import (
    BULK_ROWS,
    COMMIT_MANY_OBJECTS,
    COMMIT_OBJECTS,
    COMMIT_SESSIONS,
    FEW_OBJECTS,
    FLUSHES,
    IDLE_COMMITS,
    MANY_ROWS,
    MERGES,
    SCOPED_CALLS,
    TOUCHES,
)


class SessionLife(SessionStyle):
    """Commits, merges, flushes of little among much, scoped sessions."""

    most_touch_statements: ClassVar[int | None] = None
    """How many statements may read objects again after a commit; None where one for each."""

    def commit_0(self) -> Work:
        session = self.session()
        commits = range(self.n(IDLE_COMMITS))
        yield
        for _ in commits:
            session.connection()
            session.commit()
        yield
        return len(commits)

    def commit_1k(self) -> Work:
        return self._commit(COMMIT_SESSIONS, COMMIT_OBJECTS)

    def commit_20k(self) -> Work:
        return self._commit(1, COMMIT_MANY_OBJECTS)

    def _commit(self, sessions: int, objects: int) -> Work:
        self.session().close()
        self._sessions[:] = [self.orm.Session(self.engine) for _ in range(sessions)]
        statement = self.sa.select(self.m.Plain).order_by(self.m.Plain.id).limit(objects)
        loaded = [session.scalars(statement).all() for session in self._sessions]
        yield
        for session in self._sessions:
            session.commit()
        yield
        return sum("name" not in one.__dict__ for some in loaded for one in some)

    def _detached(self, count: int) -> Sequence[Any]:
        session, objects = self.loaded_plain(count)
        session.close()
        return objects

    def merge_500(self) -> Work:
        objects = self._detached(self.n(MERGES))
        for one in objects:
            one.age += 1
        session = self.session()
        yield
        merged = [session.merge(one) for one in objects]
        session.commit()
        yield
        del merged
        session.close()
        return self.place.query_sum(data.PLAIN_SUM)

    def merge_cached_500(self) -> Work:
        objects = self._detached(self.n(MERGES))
        session = self.session()
        yield
        merged = [session.merge(one, load=False) for one in objects]
        yield
        return self.plain_sum(merged)

    def merge_all_cached_500(self) -> Work:
        objects = self._detached(self.n(MERGES))
        session = self.session()
        yield
        merged = session.merge_all(objects, load=False)
        yield
        return self.plain_sum(merged)

    def query_500(self) -> Work:
        session, Plain = self.session(), self.m.Plain
        count = self.n(MERGES)
        yield
        objects = session.scalars(
            self.sa.select(Plain).where(Plain.id <= count).order_by(Plain.id)
        ).all()
        yield
        return self.plain_sum(objects)

    def bulk_insert_100k(self) -> Work:
        session, Plain = self.session(), self.m.Plain
        rows = [
            dict(zip(data.PLAIN_COLUMNS, row, strict=True))
            for row in data.plain_rows(self.n(BULK_ROWS))
        ]
        yield
        session.bulk_insert_mappings(Plain, rows)
        session.commit()
        yield
        return self.place.query_sum(data.PLAIN_SUM)

    def touch_1k(self) -> Work:
        session, objects = self.loaded_plain(self.n(TOUCHES))
        session.commit()
        session.connection()
        yield
        total = 0
        for one in objects:
            total += one.age
        yield
        self._check_statements(session, objects)
        return total

    def _check_statements(self, session: Any, objects: Sequence[Any]) -> None:
        """Count what the same costs once more, outside of what is measured."""
        if self.most_touch_statements is None:
            return
        sent: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_others: Any) -> None:
            sent.append(statement)

        session.commit()
        self.sa.event.listen(self.engine, "before_cursor_execute", note)
        for one in objects:
            _ = one.age
        self.sa.event.remove(self.engine, "before_cursor_execute", note)
        if len(sent) > self.most_touch_statements:
            raise AssertionError(f"{len(objects)} objects were read with {len(sent)} statements")

    def flush_1_of_1k(self) -> Work:
        return self._flush_one(FEW_OBJECTS)

    def flush_1_of_200k(self) -> Work:
        return self._flush_one(MANY_ROWS)

    def _flush_one(self, count: int) -> Work:
        session, objects = self.loaded_plain(count)
        changes = range(self.n(FLUSHES))
        one = objects[len(objects) // 2]
        yield
        for number in changes:
            one.age = 1000 + number
            session.flush()
        yield
        session.commit()
        session.close()
        return self.place.query_sum(data.PLAIN_SUM)

    def autoflush_200k(self) -> Work:
        session, objects = self.loaded_plain(MANY_ROWS)
        Plain = self.m.Plain
        changes = range(self.n(FLUSHES))
        one = objects[len(objects) // 2]
        key = one.id
        yield
        for number in changes:
            one.age = 1000 + number
            (found,) = session.scalars(self.sa.select(Plain).where(Plain.id == key))
            assert found is one
        yield
        session.commit()
        session.close()
        return self.place.query_sum(data.PLAIN_SUM)

    def _scoped(self) -> Any:
        self.session().close()
        scoped = self.orm.scoped_session(self.orm.sessionmaker(self.engine))
        self._sessions[:] = [scoped()]
        return scoped

    def scoped_call(self) -> Work:
        scoped = self._scoped()
        calls = range(self.n(SCOPED_CALLS))
        yield
        for _ in calls:
            scoped()
        yield
        return len(calls)

    def scoped_get(self) -> Work:
        scoped, Plain = self._scoped(), self.m.Plain
        keys = [number % 100 + 1 for number in range(self.n(SCOPED_CALLS))]
        objects = scoped.scalars(self.sa.select(Plain).where(Plain.id <= 100)).all()
        yield
        found = 0
        for key in keys:
            found += scoped.get(Plain, key) is not None
        yield
        del objects
        return found

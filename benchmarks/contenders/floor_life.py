"""The floor of what a session costs besides queries and writes."""

from itertools import starmap
from operator import itemgetter
from typing import Any

from benchmarks import data
from benchmarks.contender import Work
from benchmarks.contenders.driver_work import SELECT_PLAIN, DriverWork, Plain
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


class FloorLife(DriverWork):
    """What is left of that work where nobody keeps objects in step with rows."""

    def commit_0(self) -> Work:
        self.open()
        commits = range(self.n(IDLE_COMMITS))
        yield
        for _ in commits:
            self.run("BEGIN")
            self.run("COMMIT")
        yield
        return len(commits)

    def commit_1k(self) -> Work:
        return self._commit(COMMIT_SESSIONS, COMMIT_OBJECTS)

    def commit_20k(self) -> Work:
        return self._commit(1, COMMIT_MANY_OBJECTS)

    def _commit(self, sessions: int, objects: int) -> Work:
        """One connection stands for all: nothing is done to the objects."""
        self.open()
        loaded = [self.loaded_plain(objects)[1] for _ in range(sessions)]
        yield
        for _ in loaded:
            self.run("BEGIN")
            self.run("COMMIT")
        yield
        return sum(map(len, loaded))

    def merge_500(self) -> Work:
        _keep, objects = self.loaded_plain(self.n(MERGES))
        for one in objects:
            one.age += 1
        yield
        self.run("BEGIN")
        marks = ", ".join("?" * len(objects))
        found = {
            one.id: one
            for one in starmap(
                Plain,
                self.rows(f"{SELECT_PLAIN} WHERE id IN ({marks})", [one.id for one in objects]),
            )
        }
        changed = [(one.age, one.id) for one in objects if one.age != found[one.id].age]
        self.many("UPDATE plain SET age = ? WHERE id = ?", changed)
        self.run("COMMIT")
        yield
        return self.place.query_sum(data.PLAIN_SUM)

    def merge_cached_500(self) -> Work:
        _keep, objects = self.loaded_plain(self.n(MERGES))
        yield
        merged = [Plain(one.id, one.name, one.email, one.age, one.score) for one in objects]
        yield
        return self.plain_sum(merged)

    def merge_all_cached_500(self) -> Work:
        return self.merge_cached_500()

    def query_500(self) -> Work:
        self.open()
        count = self.n(MERGES)
        yield
        sql = f"{SELECT_PLAIN} WHERE id <= ? ORDER BY id"
        objects = list(starmap(Plain, self.rows(sql, (count,))))
        yield
        return self.plain_sum(objects)

    def bulk_insert_100k(self) -> Work:
        self.open()
        rows = [
            dict(zip(data.PLAIN_COLUMNS, row, strict=True))
            for row in data.plain_rows(self.n(BULK_ROWS))
        ]
        yield
        self.run("BEGIN")
        values: list[Any] = list(map(itemgetter(*data.PLAIN_COLUMNS), rows))
        self.insert("plain", data.PLAIN_COLUMNS, values)
        self.run("COMMIT")
        yield
        return self.place.query_sum(data.PLAIN_SUM)

    def touch_1k(self) -> Work:
        self.open()
        count = self.n(TOUCHES)
        yield
        sql = f"{SELECT_PLAIN} WHERE id <= ? ORDER BY id"
        total = 0
        for one in starmap(Plain, self.rows(sql, (count,))):
            total += one.age
        yield
        return total

    def flush_1_of_1k(self) -> Work:
        return self._flush_one(FEW_OBJECTS)

    def flush_1_of_200k(self) -> Work:
        return self._flush_one(MANY_ROWS)

    def _flush_one(self, count: int) -> Work:
        _keep, objects = self.loaded_plain(count)
        changes = range(self.n(FLUSHES))
        one = objects[len(objects) // 2]
        yield
        self.run("BEGIN")
        for number in changes:
            one.age = 1000 + number
            self.run("UPDATE plain SET age = ? WHERE id = ?", (one.age, one.id))
        yield
        self.run("COMMIT")
        return self.place.query_sum(data.PLAIN_SUM)

    def autoflush_200k(self) -> Work:
        _keep, objects = self.loaded_plain(MANY_ROWS)
        changes = range(self.n(FLUSHES))
        one = objects[len(objects) // 2]
        yield
        self.run("BEGIN")
        for number in changes:
            one.age = 1000 + number
            self.run("UPDATE plain SET age = ? WHERE id = ?", (one.age, one.id))
            ((key, *_),) = self.rows(f"{SELECT_PLAIN} WHERE id = ?", (one.id,))
            assert key == one.id
        yield
        self.run("COMMIT")
        return self.place.query_sum(data.PLAIN_SUM)

    def scoped_call(self) -> Work:
        kept: dict[str, Any] = {"session": self}
        calls = range(self.n(SCOPED_CALLS))
        yield
        for _ in calls:
            kept["session"]
        yield
        return len(calls)

    def scoped_get(self) -> Work:
        _keep, objects = self.loaded_plain(100)
        identity_map = {one.id: one for one in objects}
        keys = [number % 100 + 1 for number in range(self.n(SCOPED_CALLS))]
        yield
        found = 0
        for key in keys:
            found += identity_map.get(key) is not None
        yield
        return found

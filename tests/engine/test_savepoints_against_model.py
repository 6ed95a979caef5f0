"""Random transactions and savepoints, compared with a model: a stack of sets."""

import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dovetail.engine import create_engine
from dovetail.exc import InvalidRequestError, UniqueViolation


class Transactions(RuleBasedStateMachine):
    """One connection; the model is what each open level began with, and what holds now."""

    def __init__(self):
        super().__init__()
        self.engine = create_engine("sqlite://")
        with self.engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE IF EXISTS t")
            connection.exec_driver_sql("CREATE TABLE t (id INTEGER PRIMARY KEY)")
        self.connection = self.engine.connect()
        self.rows = set()
        self.committed = set()
        self.savepoints = []

    def teardown(self):
        self.connection.close()
        self.engine.dispose()

    @rule(number=st.integers(0, 9))
    def insert(self, number):
        if number in self.rows:
            with pytest.raises(UniqueViolation):
                self.connection.exec_driver_sql("INSERT INTO t VALUES (?)", (number,))
        else:
            self.connection.exec_driver_sql("INSERT INTO t VALUES (?)", (number,))
            self.rows.add(number)

    @rule()
    def begin_nested(self):
        self.savepoints.append((self.connection.begin_nested(), set(self.rows)))

    @precondition(lambda self: self.savepoints)
    @rule(data=st.data())
    def end_savepoint(self, data):
        position = data.draw(st.integers(0, len(self.savepoints) - 1))
        release = data.draw(st.booleans())
        savepoint, before = self.savepoints[position]
        del self.savepoints[position:]
        if release:
            savepoint.commit()
        else:
            savepoint.rollback()
            self.rows = before

    @rule()
    def commit(self):
        self.connection.commit()
        self.committed = set(self.rows)
        self.forget_savepoints()

    @rule()
    def rollback(self):
        self.connection.rollback()
        self.rows = set(self.committed)
        self.forget_savepoints()

    @rule()
    def close(self):
        self.connection.close()
        self.connection = self.engine.connect()
        self.rows = set(self.committed)
        self.forget_savepoints()

    def forget_savepoints(self):
        for savepoint, _ in self.savepoints:
            assert not savepoint.is_active
            with pytest.raises(InvalidRequestError):
                savepoint.commit()
            savepoint.rollback()
        self.savepoints = []

    @invariant()
    def the_table_is_as_the_model_says(self):
        found = self.connection.exec_driver_sql("SELECT id FROM t").scalars().all()
        assert set(found) == self.rows
        innermost = self.savepoints[-1][0] if self.savepoints else None
        assert self.connection.get_nested_transaction() is innermost


Transactions.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
test_transactions_and_savepoints_do_what_the_model_does = Transactions.TestCase

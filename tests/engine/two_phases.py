"""A driver that plays at two phases on SQLite, and writes down what it is asked."""

import sqlite3

from dovetail.dialects.driver import ServerFacts, register_driver
from dovetail.dialects.sqlite.drivers import SqliteConnection, SqliteDriver
from dovetail.steps import nothing

URL = "sqlite+twophase://"


class TwoPhaseConnection(SqliteConnection):
    asked = []

    def begin_twophase(self, xid):
        self.asked.append(("begin", xid))
        self.begin()

    def prepare_twophase(self, xid):
        self.asked.append(("prepare", xid))

    def commit_twophase(self, xid, is_prepared):
        self.asked.append(("commit", xid, is_prepared))
        if xid == "unknown":
            raise sqlite3.OperationalError("no such prepared transaction")
        self.commit()

    def rollback_twophase(self, xid, is_prepared):
        self.asked.append(("rollback", xid, is_prepared))
        self.rollback()

    def recover_twophase(self):
        return ["left"]


class TwoPhaseDriver(SqliteDriver):
    name = "twophase"

    def connect(self, arguments, options):
        return TwoPhaseConnection(super().connect(arguments, options).raw)

    def server_steps(self, connection):
        yield from nothing
        return ServerFacts(features={"supports_two_phase": True})


def register():
    """Make the driver known; return the list of what it is asked from now on."""
    register_driver("sqlite", "twophase", TwoPhaseDriver)
    TwoPhaseConnection.asked = []
    return TwoPhaseConnection.asked

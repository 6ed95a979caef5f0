"""The contract of dialects and drivers, on every server with every driver."""

from dovetail.testing.contract import CoreContract, SessionsContract


class TestCore(CoreContract):
    pass


class TestSessions(SessionsContract):
    pass

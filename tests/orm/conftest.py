"""A database in memory, a session on it, and a log of what is sent."""

import pytest

from dovetail import create_engine, event
from dovetail.orm import Session
from dovetail.orm.mapping import registry as registries


class StatementLog:
    """What was sent to the database: text on one line, and parameters."""

    def __init__(self):
        self.sent = []

    def __len__(self):
        return len(self.sent)

    @property
    def statements(self):
        return [text for text, _ in self.sent]

    @property
    def verbs(self):
        """The first words of what was sent: ``INSERT user_account``, ``SELECT``, …"""
        verbs = []
        for text in self.statements:
            first, *rest = text.split()
            named = {"INSERT": rest[1:2], "DELETE": rest[1:2], "UPDATE": rest[:1]}.get(first, [])
            verbs.append(" ".join([first, *named]))
        return verbs

    def clear(self):
        self.sent.clear()

    def note(self, connection, cursor, statement, parameters, context, executemany):
        self.sent.append((" ".join(statement.split()), parameters))


@pytest.fixture(autouse=True)
def _refused_mappings_go():
    """Let go of mappings that a test saw refused: ``Mapped[A]`` is kept by the typing module."""
    before = set(registries._registries)
    yield
    for registry in set(registries._registries) - before:
        if registry.is_waiting:
            registry.let_go()


@pytest.fixture
def engine():
    engine = create_engine("sqlite://")
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine):
    with Session(engine) as session:
        yield session


@pytest.fixture
def sql_log(engine):
    log = StatementLog()
    event.listen(engine, "before_cursor_execute", log.note)
    return log


@pytest.fixture
def file_engine(tmp_path):
    """An engine on a file, where each session has a connection of its own."""
    engine = create_engine(f"sqlite:///{tmp_path / 'orm.db'}")
    yield engine
    engine.dispose()

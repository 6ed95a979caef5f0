"""The whole contract of a dialect and a driver, to be inherited."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from .definitions import DefinitionsContract
from .errors import ErrorsContract
from .failures import FailuresContract
from .features import FeaturesContract
from .keys import KeysContract
from .loading import AwaitedLoadingContract, LazyLoadingContract, LoadContract, LoadingContract
from .session_transactions import SessionTransactionsContract
from .sessions import SessionContract
from .statements import StatementsContract
from .transactions import TransactionsContract
from .types import TypesContract


class CoreContract:
    """What connections do: types, statements, transactions, errors, definitions."""

    class TestTypes(TypesContract):
        """Values of all types, there and back."""

    class TestStatements(StatementsContract):
        """SELECT, INSERT, UPDATE and DELETE."""

    class TestTransactions(TransactionsContract):
        """Transactions, savepoints and isolation."""

    class TestErrors(ErrorsContract):
        """What violations and mistakes are."""

    class TestFeatures(FeaturesContract):
        """What the features record claims besides."""

    class TestDefinitions(DefinitionsContract):
        """Tables that are made, read and dropped."""


class SessionsContract:
    """What sessions do: states, transactions, keys, loading, failures."""

    class TestSession(SessionContract):
        """The verbs of a session."""

    class TestSessionTransactions(SessionTransactionsContract):
        """Transactions and savepoints of a session."""

    class TestKeys(KeysContract):
        """Keys that the server makes."""

    class TestLoading(LoadingContract):
        """What is loaded with a statement."""

    class TestLazyLoading(LazyLoadingContract):
        """What is loaded when it is read."""

    class TestAwaitedLoading(AwaitedLoadingContract):
        """What is read where nothing can be awaited."""

    class TestLoad(LoadContract):
        """What is loaded for instances that are there."""

    class TestFailures(FailuresContract):
        """Which instance a flush could not write."""


class DialectContract(CoreContract, SessionsContract):
    """All tests of a dialect and one driver of it: a subclass says where the database is.

    ``url`` names an empty database that the tests may fill; ``{folder}`` in it stands for a
    folder that is new for each test::

        class TestPebble(DialectContract):
            url = "pebble+stone:///{folder}/test.db"


        class TestPebbleAwaited(DialectContract):
            url = "pebble+aiostone:///{folder}/test.db"

    What the features record says a server cannot do is skipped, with the sentence of the
    record; what it says the server can do is tried.
    """

    url: ClassVar[str]

    @pytest.fixture
    def database_url(self, tmp_path: Path) -> str:
        """The URL of an empty database."""
        return self.url.format(folder=tmp_path)

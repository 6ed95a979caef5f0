"""The fixtures that are awaited, for pytest-asyncio, which knows its own by its decorator."""

from importlib import import_module
from typing import Any

from pytest_dovetail import async_engine_of_a_test, async_session_of_a_test

_fixture: Any = import_module("pytest_asyncio").fixture

async_db_engine: Any = _fixture(name="async_db_engine")(async_engine_of_a_test)
async_db_session: Any = _fixture(name="async_db_session")(async_session_of_a_test)

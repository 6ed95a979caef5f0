"""The fixtures that are awaited, for any plugin that awaits fixtures of pytest, such as anyio's."""

import pytest

from pytest_dovetail import async_engine_of_a_test, async_session_of_a_test

async_db_engine = pytest.fixture(name="async_db_engine")(async_engine_of_a_test)
async_db_session = pytest.fixture(name="async_db_session")(async_session_of_a_test)

"""An engine for the extensions."""

import pytest

import dovetail


@pytest.fixture
def engine():
    engine = dovetail.create_engine("sqlite://")
    yield engine
    engine.dispose()

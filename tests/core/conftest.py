"""Core on every server with every driver; ``DOVETAIL_TEST_PACKAGE=sqlalchemy`` tests the tests."""

import os
from importlib import import_module

import pytest

PACKAGE = os.environ.get("DOVETAIL_TEST_PACKAGE", "dovetail")


@pytest.fixture(scope="session")
def sa():
    return import_module(PACKAGE)


@pytest.fixture
def engine(sa, backend_url):
    engine = sa.create_engine(backend_url)
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine):
    with engine.connect() as connection:
        yield connection


@pytest.fixture
def metadata(sa):
    return sa.MetaData()


@pytest.fixture(autouse=True)
def _needed_features(request, engine):
    """Skip a test marked ``needs("feature")`` where the server does not have the feature."""
    marker = request.node.get_closest_marker("needs")
    if marker is None:
        return
    with engine.connect():
        features = getattr(engine.dialect, "features", None)
    for feature in marker.args:
        # The oracle keeps them on the dialect, and has names of its own.
        owner, name = (
            (features, feature)
            if features is not None
            else (engine.dialect, feature.removeprefix("supports_"))
        )
        if not getattr(owner, name):
            pytest.skip(f"the server has no {feature}")

"""What all tests share: where the servers are, and how hard the property tests try."""

import gc
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

from tests.servers import BACKENDS, SERVERS, Backend, Databases, require

settings.register_profile(
    "default",
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("ci", settings.get_profile("default"), max_examples=1000, print_blob=True)
# For a search beyond those that everybody runs: DOVETAIL_HYPOTHESIS=explore make test.
settings.register_profile(
    "explore", settings.get_profile("ci"), max_examples=5600, derandomize=False
)
# For a first look: make test-quick.
settings.register_profile("quick", settings.get_profile("default"), max_examples=8)
settings.load_profile(
    os.environ.get("DOVETAIL_HYPOTHESIS") or ("ci" if os.environ.get("CI") == "true" else "default")
)

if settings().derandomize and hasattr(providers, "_get_local_constants"):
    # The same examples in every run: Hypothesis would draw some from the constants of the
    # modules that happen to be imported, which depends on the order of the tests.
    providers._get_local_constants = lambda: providers._local_constants


pytest_plugins = ["dovetail.testing.plugin"]


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let the same commit give the same outcome: the order of the tests is always the same."""
    if settings().derandomize and getattr(config.option, "randomly_seed", None) == "default":
        config.option.randomly_seed = 20261128
    # Hundreds of tests start an interpreter: dovetail is compiled for the first of them alone.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.setdefault("PYTHONPYCACHEPREFIX", str(config.rootpath / ".pytest_cache/bytecode"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell what was skipped, in a line for each reason."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped)
    if reasons:
        terminalreporter.section("skipped, and why")
    for reason, number in reasons.most_common():
        terminalreporter.write_line(f"{number:6} {reason}")


@pytest.fixture(scope="module", autouse=True)
def _leave_out_what_was_there() -> None:
    """Leave modules, mappings and tests that are there out of the collections of garbage to come.

    Tests that collect it, and benchmarks, would walk through all of that each time.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """The databases of this worker."""
    databases = Databases()
    yield databases
    databases.close()


@pytest.fixture(params=BACKENDS, ids=str)
def backend(request: pytest.FixtureRequest) -> Backend:
    """Each server with each of its drivers in turn; one that is absent is skipped."""
    backend: Backend = request.param
    backend.require()
    return backend


@pytest.fixture
def backend_url(backend: Backend, databases: Databases, tmp_path: Path) -> str:
    """The URL of an empty database on the backend; the test disposes of its engines."""
    return databases.url(backend, tmp_path)


@pytest.fixture
def server_url(request: pytest.FixtureRequest) -> str:
    """The URL of the server that the test is marked with: ``@pytest.mark.server("mariadb")``."""
    marker = request.node.get_closest_marker("server")
    assert marker is not None, "a test that asks for server_url names its server with a mark"
    require(marker.args[0])
    return SERVERS[marker.args[0]].url

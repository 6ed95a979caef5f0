"""How many Python functions are entered between an awaiting program and its driver.

The counts are those of 3.11, as in ``tests/orm/test_call_counts.py``: they may only fall.
"""

import json
import subprocess
import sys

import pytest

pytest.importorskip("asyncpg")
pytestmark = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="functions are counted as 3.11 enters them"
)

MOST = {
    "a session that is not used": 17,
    "a get, a change and a commit": 113,
    "a get of what is in memory": 3,
    "a get that loads": 29,
    "a commit of nothing": 16,
    "a flush of nothing": 4,
    "a connection that is waited for": 37,
}


@pytest.fixture(scope="module")
def counted():
    """The functions of each act, in a process of its own: nobody else listens there."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.ext.awaiting_calls"],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(ran.stdout)


@pytest.mark.parametrize("act", MOST)
def test_no_more_functions_are_entered(counted, act):
    assert len(counted[act]) <= MOST[act], "\n".join(counted[act])

"""How many Python functions are entered for what programs do most: more would be slower.

The counts are those of 3.11, where a comprehension is a call.  Who needs one more here should
know what it is for.
"""

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="functions are counted as 3.11 enters them"
)

MOST = {
    "an instance": 3,
    "an instance of a class below an abstract one": 3,
    "a session": 4,
    "a session of a factory": 4,
    "an awaiting session": 9,
    "a session in a block": 14,
    "a session in a block for one get": 85,
    "a session for one get": 83,
    "a query in a transaction": 61,
    "a get that loads": 25,
    "a get of what is in memory": 2,
    "a get that locks": 34,
    "a flush of one change": 35,
    "a flush of three new rows": 50,
    "adding one of many": 2,
}


@pytest.fixture(scope="module")
def counted():
    """The functions of each act, in a process of its own: nobody else listens there."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.orm.calls"], capture_output=True, text=True, check=True
    )
    return json.loads(ran.stdout)


@pytest.mark.parametrize("act", MOST)
def test_no_more_functions_are_entered(counted, act):
    assert len(counted[act]) <= MOST[act], "\n".join(counted[act])

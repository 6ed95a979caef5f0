"""What reading an attribute may do, and what it may answer in place of a value."""

from enum import Enum, IntFlag
from typing import Final


class LoaderCallableStatus(Enum):
    """Answers that are no values; each is false."""

    PASSIVE_NO_RESULT = 1
    ATTR_WAS_SET = 3
    ATTR_EMPTY = 4
    NO_VALUE = 5
    DONT_SET = 6
    NEVER_SET = NO_VALUE

    def __repr__(self) -> str:
        return self.name

    def __bool__(self) -> bool:
        return False


NO_VALUE: Final = LoaderCallableStatus.NO_VALUE
"""An attribute has not been loaded, or has never been set."""

PASSIVE_NO_RESULT: Final = LoaderCallableStatus.PASSIVE_NO_RESULT
ATTR_WAS_SET: Final = LoaderCallableStatus.ATTR_WAS_SET
ATTR_EMPTY: Final = LoaderCallableStatus.ATTR_EMPTY


class PassiveFlag(IntFlag):
    """How far the reading of an attribute may go, for ``get_history()`` and the like.

    ``PASSIVE_OFF`` loads what is absent; where ``SQL_OK`` is not set nothing is sent, and where
    ``CALLABLES_OK`` is not set the identity map is not asked either.
    """

    NO_CHANGE = 0
    CALLABLES_OK = 1
    SQL_OK = 2
    RELATED_OBJECT_OK = 4
    INIT_OK = 8
    NON_PERSISTENT_OK = 16
    LOAD_AGAINST_COMMITTED = 32
    NO_AUTOFLUSH = 64
    NO_RAISE = 128
    DEFERRED_HISTORY_LOAD = 256
    INCLUDE_PENDING_MUTATIONS = 512
    PASSIVE_OFF = CALLABLES_OK | SQL_OK | RELATED_OBJECT_OK | INIT_OK | NON_PERSISTENT_OK
    PASSIVE_RETURN_NO_VALUE = PASSIVE_OFF ^ INIT_OK
    PASSIVE_NO_INITIALIZE = PASSIVE_RETURN_NO_VALUE ^ CALLABLES_OK
    PASSIVE_NO_FETCH = PASSIVE_OFF ^ SQL_OK
    PASSIVE_NO_FETCH_RELATED = PASSIVE_OFF ^ RELATED_OBJECT_OK
    PASSIVE_ONLY_PERSISTENT = PASSIVE_OFF ^ NON_PERSISTENT_OK
    PASSIVE_MERGE = PASSIVE_ONLY_PERSISTENT | NO_RAISE


PASSIVE_OFF: Final = PassiveFlag.PASSIVE_OFF
PASSIVE_RETURN_NO_VALUE: Final = PassiveFlag.PASSIVE_RETURN_NO_VALUE
PASSIVE_NO_INITIALIZE: Final = PassiveFlag.PASSIVE_NO_INITIALIZE
PASSIVE_NO_FETCH: Final = PassiveFlag.PASSIVE_NO_FETCH
PASSIVE_NO_FETCH_RELATED: Final = PassiveFlag.PASSIVE_NO_FETCH_RELATED
PASSIVE_ONLY_PERSISTENT: Final = PassiveFlag.PASSIVE_ONLY_PERSISTENT
PASSIVE_MERGE: Final = PassiveFlag.PASSIVE_MERGE

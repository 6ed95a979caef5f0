"""The contract of dialects and drivers: tests to inherit, all of them or one part alone."""

from .definitions import DefinitionsContract as DefinitionsContract
from .dialect import (
    CoreContract as CoreContract,
    DialectContract as DialectContract,
    SessionsContract as SessionsContract,
)
from .errors import ErrorsContract as ErrorsContract
from .failures import FailuresContract as FailuresContract
from .features import FeaturesContract as FeaturesContract
from .keys import KeysContract as KeysContract
from .loading import (
    AwaitedLoadingContract as AwaitedLoadingContract,
    LazyLoadingContract as LazyLoadingContract,
    LoadContract as LoadContract,
    LoadingContract as LoadingContract,
)
from .session_transactions import SessionTransactionsContract as SessionTransactionsContract
from .sessions import SessionContract as SessionContract
from .statements import StatementsContract as StatementsContract
from .transactions import TransactionsContract as TransactionsContract
from .types import TypesContract as TypesContract

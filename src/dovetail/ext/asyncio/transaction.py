"""AsyncTransaction: ``await`` in front of the steps of a Transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol
from weakref import WeakValueDictionary

from typing_extensions import TypeVar

from ...delegation import DelegatedAttribute, Face
from ...engine.transaction import Transaction, TwoPhaseTransaction
from ...exc import AsyncContextAlreadyStarted, AsyncContextNotStarted

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import TracebackType
    from typing import Self

    from ...engine.connection import Connection
    from ...steps import Steps
    from .one_task import OneTask

C = TypeVar("C", bound="Awaiting", default=Any)
V = TypeVar("V")

around_transactions: WeakValueDictionary[Transaction, AsyncTransaction[Any]] = WeakValueDictionary()
"""The awaiting transactions by those inside them."""


transaction_face = Face(inside="self.sync_transaction", one_task="self.connection.one_task")
"""Members of an AsyncTransaction: they are those of the transaction inside."""


class OfTransaction(DelegatedAttribute[V]):
    """An attribute of the transaction inside."""

    def inside(self, face: Any) -> Any:
        """Return the transaction inside."""
        return face.sync_transaction


class Awaiting(Protocol):
    """What a transaction needs of its connection."""

    one_task: OneTask

    @property
    def sync_connection(self) -> Connection: ...


class AsyncTransaction(Generic[C]):
    """A transaction in progress; an async context manager that commits or rolls back."""

    def __init__(
        self,
        connection: C,
        nested: bool = False,
        *,
        begin: Callable[[], Steps[Transaction]] | None = None,
    ) -> None:
        self.connection = connection
        self.nested = nested
        self._begin = begin
        self._started: Transaction | None = None

    @property
    def sync_transaction(self) -> Transaction:
        """The transaction inside; AsyncContextNotStarted is raised before it is awaited."""
        if self._started is None:
            raise AsyncContextNotStarted(
                "this transaction was not started",
                hint="await connection.begin(), or async with connection.begin()",
            )
        return self._started

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, AsyncTransaction) or self._started is None:
            return False
        return self._started is other._started

    def __hash__(self) -> int:
        return hash(self.connection)

    async def start(self) -> Self:
        """Begin; return self."""
        if self._started is not None:
            raise AsyncContextAlreadyStarted("this transaction was started before")
        connection = self.connection.sync_connection
        begin: Callable[[], Steps[Transaction]] = connection.begin_steps
        if self.nested:
            begin = connection.begin_nested_steps
        self._started = await self.connection.one_task.run((self._begin or begin)())
        around_transactions[self._started] = self
        return self

    def __await__(self) -> Generator[Any, Any, Self]:
        return self.start().__await__()

    async def __aenter__(self) -> Self:
        if self._started is None:
            await self.start()
        self.sync_transaction.enter_block()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.connection.one_task.run(self.sync_transaction.exit_steps(error is not None))

    is_active = OfTransaction[bool]("Whether the transaction is in progress.")
    is_valid = OfTransaction[bool](Transaction.is_valid)

    prepare = transaction_face.awaited(TwoPhaseTransaction.prepare)
    commit = transaction_face.awaited(Transaction.commit)
    rollback = transaction_face.awaited(Transaction.rollback)
    close = transaction_face.awaited(Transaction.close)

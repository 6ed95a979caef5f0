"""The keywords that verbs of sessions share, for type checkers."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.session.autoflushing import Autoflush
from dovetail.orm.session.deciding import TwoPhase
from dovetail.orm.session.outgoing import EventTable


class StatementOptions(TypedDict, total=False):
    """How a statement is run.

    ``execution_options``  those of this execution alone
    ``bind_arguments``     what says which engine it runs on
    """

    execution_options: Mapping[str, Any]
    bind_arguments: Mapping[str, Any] | None


class ClassicOptions(StatementOptions, total=False):
    """What the classic session took besides, in place of ``bind_arguments``."""

    mapper: Mapper
    clause: Any
    bind: Any


class GetOptions(StatementOptions, total=False):
    """How ``get()`` reads an instance."""

    options: Sequence[Any] | None
    populate_existing: bool | None
    with_for_update: Any
    identity_token: Any


class SessionOptions(TypedDict, total=False):
    """How a factory's sessions are configured: see :class:`dovetail.orm.Session`."""

    autoflush: Autoflush
    future: bool
    expire_on_commit: bool
    autobegin: bool
    twophase: TwoPhase
    binds: Mapping[Any, Any] | None
    info: Mapping[Any, Any] | None
    query_cls: Any
    enable_baked_queries: bool
    join_transaction_mode: str
    close_resets_only: bool
    lazy_policy: str
    execution_options: Mapping[str, Any]
    deadline: float | None
    hold: str
    reads: str
    after: str | None
    outbox: EventTable | None
    autocommit: bool
    weak_identity_map: bool
    extension: Any

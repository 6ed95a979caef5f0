"""What a dialect of another package does by itself: its methods are asked where it has them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import ref

from ..dialects.dialect import Dialect
from ..dialects.driven import ANSWERS
from ..event import listen
from ..exc import ArgumentError
from .own_verbs import SAVEPOINT_METHODS, STATEMENT_METHODS, has_own

if TYPE_CHECKING:
    from .connection import Connection
    from .context import ErrorContext, ExecutionContext
    from .engine import Engine
    from .pool import Pool
    from .url import URL


def own_pool_class(dialect: Dialect | None, url: URL) -> type[Pool] | None:
    """Return the class of pools that *dialect* asks for itself, or None."""
    if dialect is None:
        return None
    kinds = type(dialect).__mro__
    above = kinds[: kinds.index(Dialect)]
    has_one = any("get_pool_class" in vars(kind) for kind in above)
    chosen: type[Pool] | None = dialect.get_pool_class(url) if has_one else None
    return chosen


def use_hooks(engine: Engine, dialect: Dialect, url: URL) -> None:
    """Let *dialect* do what it does with new connections, statements and errors of *engine*."""
    greet = dialect.on_connect_url(url)
    if greet is not None:
        listen(engine, "connect", lambda connection, record: greet(connection))
    for method in ("is_disconnect", *STATEMENT_METHODS):
        if has_own(dialect, method):
            _use(engine, dialect, method)
    engine.own_savepoints = {
        words: getattr(dialect, method)
        for words, method in SAVEPOINT_METHODS.items()
        if has_own(dialect, method)
    }
    if has_own(dialect, "initialize") or any(hasattr(dialect, each) for each in ANSWERS.values()):
        listen(engine, "engine_connect", partial(_initialize, dialect), once=True)
    if dialect.execution_ctx_cls is not None:
        _use_contexts(engine, dialect.execution_ctx_cls)
    dialect.when_replaced = partial(_replaced, ref(engine), set())


def _initialize(dialect: Dialect, connection: Connection) -> None:
    """Let *dialect* ask its server; who opened *connection* finds no transaction begun."""
    dialect.initialize(connection)
    if connection.in_transaction():
        connection.rollback()


NEVER_ASKED = (
    "create_cursor",
    "create_default_cursor",
    "create_server_side_cursor",
    "fire_sequence",
    "get_insert_default",
    "get_lastrowid",
    "get_update_default",
    "set_input_sizes",
)
"""Methods of such contexts that nothing here calls."""


def _use_contexts(engine: Engine, kind: type[ExecutionContext]) -> None:
    """Let each run of a statement have a context of the class *kind*, which is told of it."""
    for method in NEVER_ASKED:
        if any(method in vars(each) for each in kind.__mro__):
            raise ArgumentError(
                f"{kind.__name__}.{method}() would never be called",
                hint="pre_exec(), post_exec() and handle_dbapi_exception() are",
            )
    engine.context_class = kind
    listen(engine, "before_cursor_execute", _before, retval=True)
    listen(engine, "after_cursor_execute", _after)
    listen(engine, "handle_error", _at_error)


def _before(
    _connection: object,
    _cursor: object,
    _statement: str,
    _parameters: object,
    context: ExecutionContext,
    _many: bool,
) -> tuple[str, Any]:
    context.pre_exec()
    return context.statement, context.sent


def _after(
    _connection: object,
    _cursor: object,
    _statement: str,
    _parameters: object,
    context: ExecutionContext,
    _many: bool,
) -> None:
    context.post_exec()


def _at_error(context: ErrorContext) -> None:
    if context.execution_context is not None:
        context.execution_context.handle_dbapi_exception(context.original_exception)


def _use(engine: Engine, dialect: Dialect, method: str) -> None:
    """Let *method* of *dialect* be asked, whatever it is then."""
    if method == "is_disconnect":
        listen(engine, "handle_error", lambda context: _know_disconnect(dialect, context))
    else:
        listen(engine, method, lambda *arguments: _run(dialect, method, arguments))


def _run(dialect: Dialect, method: str, arguments: tuple[Any, ...]) -> bool:
    getattr(dialect, method)(*arguments)
    return True


def _know_disconnect(dialect: Dialect, context: ErrorContext) -> None:
    error: Any = context.original_exception
    if not context.is_disconnect and dialect.is_disconnect(error, context.connection, None):
        context.is_disconnect = True


def _replaced(engine: ref[Engine], heard: set[str], name: str) -> None:
    """Ask *name*, a method of the dialect of *engine* that a program has replaced, from now on."""
    found = engine()
    if found is None:
        return
    if name == "dbapi":
        found.backend.module = found.dialect.dbapi
    elif name not in heard and (name == "is_disconnect" or name in STATEMENT_METHODS):
        heard.add(name)
        _use(found, found.dialect, name)

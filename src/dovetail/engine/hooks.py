"""What a dialect of another package does by itself: its methods are asked where it has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..dialects.dialect import Dialect
from ..event import listen

if TYPE_CHECKING:
    from .context import ErrorContext
    from .engine import Engine
    from .pool import Pool
    from .url import URL


def has_own(kind: type[Dialect], method: str) -> bool:
    """Tell whether the dialect *kind* does otherwise what *method* of all dialects does."""
    own, usual = getattr(kind, method), getattr(Dialect, method)
    return getattr(own, "__func__", own) is not getattr(usual, "__func__", usual)


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
    """Let *dialect* do what it does with new connections, and with errors, of *engine*."""
    kind = type(dialect)
    greet = dialect.on_connect_url(url)
    if greet is not None:
        listen(engine, "connect", lambda connection, record: greet(connection))
    if has_own(kind, "is_disconnect"):
        listen(engine, "handle_error", lambda context: _know_disconnect(dialect, context))
    if has_own(kind, "initialize"):
        listen(engine, "engine_connect", dialect.initialize, once=True)


def _know_disconnect(dialect: Dialect, context: ErrorContext) -> None:
    error: Any = context.original_exception
    if not context.is_disconnect and dialect.is_disconnect(error, context.connection, None):
        context.is_disconnect = True

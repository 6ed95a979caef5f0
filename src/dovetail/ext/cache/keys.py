"""Names under which things are cached: the same in every process, for the same thing."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from hashlib import sha256
from os.path import abspath, exists
from typing import Any
from uuid import UUID, uuid4
from weakref import WeakKeyDictionary

_PLAIN = (type(None), bool, int, float, Decimal, UUID, timedelta, date, time, datetime)
_private: WeakKeyDictionary[Any, str] = WeakKeyDictionary()


class UnstableError(Exception):
    """A value has no name that is the same in every process."""


def token() -> str:
    """A token that nobody has had before."""
    return uuid4().hex


def digest(*parts: object) -> str:
    """A name for *parts*; UnstableError if one of them has none that lasts."""
    return sha256("\x1f".join(_texts(parts)).encode("utf-8", "surrogatepass")).hexdigest()


def _texts(parts: Iterable[Any]) -> Iterable[str]:
    for part in parts:
        yield _text(part)


def _text(value: object) -> str:
    """The text of *value*: of different values different, of equal ones of one type the same."""
    kind = type(value)
    if kind in _PLAIN:
        return f"{kind.__name__} {value!r}"
    if isinstance(value, Enum):
        return f"enum {kind.__qualname__} {value.name}"
    if isinstance(value, str):
        return f"str {len(value)} {str.__str__(value)}"
    if isinstance(value, bytes | bytearray | memoryview):
        return f"bytes {bytes(value).hex()}"
    if isinstance(value, int):
        return f"int {int(value)!r}"
    if isinstance(value, list | tuple):
        return f"list {len(value)} {_joined(_texts(value))}"
    if isinstance(value, Mapping):
        pairs = sorted(_joined((_text(name), _text(item))) for name, item in value.items())
        return f"map {len(pairs)} {_joined(pairs)}"
    if isinstance(value, set | frozenset):
        return f"set {len(value)} {_joined(sorted(_texts(value)))}"
    raise UnstableError(kind.__qualname__)


def _joined(texts: Iterable[str]) -> str:
    """*texts* as one, from which they can be told apart."""
    return "".join(f"{len(text)}:{text}" for text in texts)


def database_name(engine: Any) -> str:
    """What tells the database of *engine*, and who looks at it, from others."""
    url = engine.url
    database = url.database
    if url.host is None and database in (None, "", ":memory:"):
        # It lives in this process, and ends with the engine.
        return _private.setdefault(getattr(engine, "base", engine), token())
    if url.host is None and exists(database):
        database = abspath(database)
    return digest(url.get_backend_name(), url.host, url.port, database, url.username)

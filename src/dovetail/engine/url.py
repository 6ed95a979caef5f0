"""Database URLs: parsed, changed, and written again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote

from ..dialects.dialect import Dialect
from ..dialects.driver import Driver
from ..dialects.registry import dialect_class, driver_for
from ..exc import ArgumentError

QueryValue = str | tuple[str, ...]

_DRIVER_NAME = re.compile(r"^[A-Za-z][\w.]*(\+[\w.-]+)?$")
_HIDDEN = "***"
_IS_SECRET = re.compile(
    r"password|passwd|passphrase|pwd|secret|token|api_?key", re.IGNORECASE
).search


def _frozen_query(query: Mapping[str, Any]) -> Mapping[str, QueryValue]:
    frozen: dict[str, QueryValue] = {}
    if not isinstance(query, Mapping):
        raise ArgumentError(
            f"the query of a URL is a dictionary, not {query!r}",
            hint="url.update_query_string() takes text",
        )
    for name, value in query.items():
        if not isinstance(name, str):
            raise ArgumentError(f"the name of a URL option is a string, not {name!r}")
        if isinstance(value, str):
            frozen[name] = value
        elif isinstance(value, Sequence) and all(isinstance(each, str) for each in value):
            frozen[name] = value[0] if len(value) == 1 else tuple(value)
        else:
            raise ArgumentError(
                f"the URL option {name!r} must be a string or a sequence of strings, not {value!r}"
            )
    return MappingProxyType(frozen)


@dataclass(frozen=True, slots=True, eq=False)
class URL:
    """The parts of a database URL.  It is never changed: :meth:`set` returns a copy.

    ::

        url = make_url("postgresql+psycopg://ada:secret@db.example/shop?sslmode=require")
        url.host  # 'db.example'
        str(url.set(database="test"))  # '...ada:***@db.example/test?sslmode=require'
    """

    drivername: str
    username: str | None = None
    password: str | None = None
    host: str | None = None
    port: int | None = None
    database: str | None = None
    query: Mapping[str, QueryValue] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def create(
        cls,
        drivername: str,
        username: str | None = None,
        password: str | None = None,
        host: str | None = None,
        port: int | None = None,
        database: str | None = None,
        query: Mapping[str, Sequence[str] | str] | None = None,
    ) -> URL:
        """Return a URL of these parts; none of them is to be quoted.

        ArgumentError is raised for parts that no URL can have.
        """
        if _DRIVER_NAME.match(str(drivername)) is None or drivername is None:
            raise ArgumentError(
                f"{drivername!r} is not the name of a dialect",
                hint="write dialect or dialect+driver, such as 'postgresql+psycopg'",
            )
        for part, value in (("username", username), ("host", host), ("database", database)):
            if value is not None and not isinstance(value, str):
                raise ArgumentError(f"the {part} of a URL is a string, not {value!r}")
        if port is not None:
            try:
                port = int(port)
            except (TypeError, ValueError) as error:
                raise ArgumentError(f"the port {port!r} is not a number") from error
        # A password may be an object that fetches the text when it is asked for it.
        secret = None if password is None else str(password)
        return cls(drivername, username, secret, host, port, database, _frozen_query(query or {}))

    def set(self, **parts: object) -> URL:
        """Return a copy in which *parts* are other ones."""
        current = {name: getattr(self, name) for name in _PARTS}
        unknown = next((name for name in parts if name not in current), None)
        if unknown is not None:
            raise TypeError(f"a URL has no part {unknown!r}; its parts are {', '.join(current)}")
        return URL.create(**{**current, **parts})

    def _replace(self, **parts: object) -> URL:
        return self.set(**parts)

    def update_query_dict(
        self, query_parameters: Mapping[str, str | Sequence[str]], append: bool = False
    ) -> URL:
        """Return a copy whose query has *query_parameters* too; with *append* beside old ones."""
        return self.update_query_pairs(_frozen_query(query_parameters).items(), append=append)

    def update_query_pairs(
        self, key_value_pairs: Iterable[tuple[str, str | Sequence[str]]], append: bool = False
    ) -> URL:
        """Return a copy whose query has *key_value_pairs* too; with *append* beside old ones."""
        added: dict[str, tuple[str, ...]] = {}
        for name, value in key_value_pairs:
            more = (value,) if isinstance(value, str) else value
            added[name] = (*added.get(name, ()), *more)
        merged: dict[str, str | Sequence[str]] = dict(self.query)
        for name, values in added.items():
            old = merged.get(name, ()) if append else ()
            merged[name] = (*((old,) if isinstance(old, str) else old), *values)
        return replace(self, query=_frozen_query(merged))

    def update_query_string(self, query_string: str, append: bool = False) -> URL:
        """Return a copy whose query has the options of *query_string* too."""
        return self.update_query_pairs(parse_qsl(query_string), append=append)

    def difference_update_query(self, names: Sequence[str]) -> URL:
        """Return a copy whose query lacks *names*."""
        kept = {name: value for name, value in self.query.items() if name not in set(names)}
        return replace(self, query=_frozen_query(kept))

    @property
    def normalized_query(self) -> Mapping[str, Sequence[str]]:
        """The query with a tuple for every value."""
        return MappingProxyType(
            {
                name: (value,) if isinstance(value, str) else value
                for name, value in self.query.items()
            }
        )

    def render_as_string(self, hide_password: bool = True) -> str:
        """Return the URL as text; secrets show as ``***`` unless *hide_password* is false.

        These are the password, and what options of the query hold whose names speak of one.
        """
        text = self.drivername + "://"
        if self.username is not None:
            text += quote(self.username, safe=" +")
            if self.password is not None:
                shown = _HIDDEN if hide_password else quote(self.password, safe=" +")
                text += f":{shown}"
            text += "@"
        if self.host is not None:
            text += f"[{self.host}]" if ":" in self.host else self.host
        if self.port is not None:
            text += f":{self.port}"
        if self.database is not None:
            text += "/" + _quote_database(self.database)
        pairs = [
            f"{quote_plus(name)}="
            f"{_HIDDEN if hide_password and _IS_SECRET(name) else quote_plus(each)}"
            for name in sorted(self.query)
            for each in self.normalized_query[name]
        ]
        return f"{text}?{'&'.join(pairs)}" if pairs else text

    def get_backend_name(self) -> str:
        """Return the name of the database: what stands before a ``+``."""
        return self.drivername.partition("+")[0]

    def get_driver_name(self) -> str:
        """Return the name of the driver, the dialect's first one if the URL names none."""
        return self.drivername.partition("+")[2] or self.get_driver_class().name

    def get_dialect(self) -> type[Dialect]:
        """Return the class of the dialect; NoSuchModuleError is raised if there is none."""
        name, _, driver = self.drivername.partition("+")
        return dialect_class(name, driver)

    def get_driver_class(self, awaits: bool = False) -> type[Driver]:
        """Return the class that knows the driver; NoSuchModuleError is raised if none does.

        Where *awaits*, it is one whose requests are awaited, if the name leaves the choice.
        """
        name, _, driver = self.drivername.partition("+")
        return driver_for(name, driver or None, awaits)

    def translate_connect_args(
        self, names: Sequence[str] | None = None, **keywords: str
    ) -> dict[str, Any]:
        """Return the parts that are set as keyword arguments, under other names where given."""
        arguments: dict[str, Any] = {}
        ordered = list(names or ())
        for index, part in enumerate(("host", "database", "username", "password", "port")):
            name = ordered[index] if index < len(ordered) else keywords.get(part, part)
            value = getattr(self, part)
            if name and value not in (None, ""):
                arguments[name] = value
        return arguments

    def _key(self) -> tuple[Any, ...]:
        parts = tuple(getattr(self, name) for name in _PARTS[:-1])
        return (*parts, tuple(sorted(self.normalized_query.items())))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, URL) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __str__(self) -> str:
        return self.render_as_string()

    def __repr__(self) -> str:
        return self.render_as_string()

    def __copy__(self) -> URL:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> URL:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return URL.create, (*self._key()[:-1], dict(self.query))


def _quote_database(name: str) -> str:
    """Return *name* with what would end it, or mean something else, quoted."""
    for character, quoted in (("%", "%25"), ("?", "%3F"), ("#", "%23")):
        name = name.replace(character, quoted)
    return name


_PARTS = ("drivername", "username", "password", "host", "port", "database", "query")


def location_of(url: URL) -> str:
    """Return *url* without password and options, as logs call the database."""
    return url.set(password=None, query={}).render_as_string()


def make_url(name_or_url: str | URL, *, keep_blank_values: bool = False) -> URL:
    """Return the URL that a string stands for; a URL is returned as it is.

    User, password and query are unquoted, so that ``%40`` stands for ``@``.
    What the query names without a value is left out, unless *keep_blank_values*.  ArgumentError
    is raised for what is no URL; the text of it shows no password.
    """
    if isinstance(name_or_url, URL):
        return name_or_url
    if not isinstance(name_or_url, str):
        raise ArgumentError(
            f"a URL is a string or a URL object, not {name_or_url!r}",
            hint="write sqlite:///file.db; is a setting or an environment variable missing?",
        )
    drivername, mark, rest = name_or_url.partition("://")
    if not mark or not _DRIVER_NAME.match(drivername):
        raise ArgumentError(
            f"cannot read the database URL {_without_secret(name_or_url)!r}",
            hint="write dialect+driver://user:password@host:port/database, or sqlite:///file.db",
        )
    userinfo, at, rest = _split_user(rest)
    rest, _, query_text = rest.partition("?")
    address, slash, database = rest.partition("/")
    username, colon, password = userinfo.partition(":")
    host, port = _read_address(address, name_or_url)
    return URL.create(
        drivername,
        username=unquote(username) if at else None,
        password=unquote(password) if colon else None,
        host=host,
        port=port,
        database=unquote(database) if slash else None,
        query=_read_query(query_text, keep_blank_values),
    )


_USER = re.compile(r"[^:/?@]*(?::[^@]*)?@")
_PORT_AND_QUERY = re.compile(r"[^:/?@]*:\d*(?:/[^?@]*)?\?")


def _split_user(text: str) -> tuple[str, str, str]:
    """Return what stands before the ``@`` that ends user and password, the ``@``, and the rest.

    A password may have been written as it is: it goes on to the last ``@`` before the path.
    """
    found = _USER.match(text)
    if found is None or _PORT_AND_QUERY.match(text):
        return "", "", text
    start = found.end()
    more = re.match(r"[^/?]*@", text[start:])
    end = start + (more.end() if more else 0)
    return text[: end - 1], "@", text[end:]


def _read_query(text: str, keep_blank_values: bool) -> dict[str, Sequence[str]]:
    query: dict[str, Sequence[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=keep_blank_values):
        query[name] = (*query.get(name, ()), value)
    return query


def _read_address(address: str, whole: str) -> tuple[str | None, int | None]:
    """Return host and port of the part of a URL between ``@`` and ``/``."""
    if address.startswith("["):
        host, _, rest = address[1:].partition("]")
        port_text = rest.removeprefix(":")
    else:
        host, _, port_text = address.partition(":")
    if port_text and not port_text.isdigit():
        raise ArgumentError(
            f"the port in {_without_secret(whole)!r} is not a number",
            hint="quote special characters in user and password: "
            "urllib.parse.quote_plus(password), or build it with URL.create()",
        )
    return host or None, int(port_text) if port_text else None


def _without_secret(text: str) -> str:
    return re.sub(r"((?:^|//)[^:/@]*:).*@", rf"\1{_HIDDEN}@", text)

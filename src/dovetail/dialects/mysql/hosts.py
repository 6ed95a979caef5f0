"""Several servers in one URL, tried in turn: ``?host=one:3306&host=two:3307``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...exc import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ...steps import Steps

_PORT = 3306


def read_hosts(values: Iterable[str], port: int | None) -> dict[str, Any]:
    """Return the arguments ``host`` and ``port`` for *values*: lists, if there are several.

    Each value is ``name``, ``name:port``, ``[::1]:port``, or several of them with commas; *port*
    is that of names without one.  ArgumentError is raised for anything else.
    """
    found = [_read(each, port) for value in values for each in value.split(",")]
    if len(found) == 1:
        ((host, own),) = found
        return {"host": host} if own is None else {"host": host, "port": own}
    return {"host": [host for host, _ in found], "port": [own or _PORT for _, own in found]}


def _read(text: str, port: int | None) -> tuple[str, int | None]:
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        own = rest.removeprefix(":")
    elif text.count(":") == 1:
        host, _, own = text.partition(":")
    else:
        host, own = text, ""
    if not host or (own and not own.isdecimal()):
        raise ArgumentError(
            f"the URL option host={text!r} is not a host", hint="?host=one:3306&host=two:3307"
        )
    return host, int(own) if own else port


def first_steps(
    options: Mapping[str, Any],
    connect: Callable[[dict[str, Any]], Any],
    errors: tuple[type[BaseException], ...],
    is_elsewhere: Callable[[BaseException], bool],
) -> Steps[Any]:
    """Return what *connect* gives for the first of the hosts in *options* that can be reached.

    The next one is tried after one of *errors*, if another server may fare better:
    *is_elsewhere* tells.  The error after the last names what was the matter with each.
    """
    places = _places(options)
    failures: list[str] = []
    last: Any = None
    for place in places:
        try:
            return (yield connect, place)
        except errors as error:
            if len(places) == 1 or not is_elsewhere(error):
                raise
            failures.append(f"{place['host']}:{place['port']}: {error.args[-1]}")
            last = error
    raise type(last)(last.args[0], "; ".join(failures)) from last


def _places(options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the arguments for each host."""
    hosts = options.get("host")
    if not isinstance(hosts, list | tuple):
        return [dict(options)]
    if options.get("unix_socket"):
        raise ArgumentError("several hosts and a unix_socket contradict each other")
    ports = options.get("port") or _PORT
    if not isinstance(ports, list | tuple):
        ports = [ports] * len(hosts)
    if not hosts or len(ports) != len(hosts):
        raise ArgumentError(f"there are {len(hosts)} hosts and {len(ports)} ports")
    return [
        {**options, "host": host, "port": port} for host, port in zip(hosts, ports, strict=True)
    ]

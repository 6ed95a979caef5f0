"""A network that fails on demand: a proxy on the loopback between a driver and its server."""

import contextlib
import socket
import threading
from typing import Self
from urllib.parse import urlsplit


class Proxy:
    """Forwards connections to a server, until it is told to do otherwise.

    ``silence()``         forwards nothing any more, and closes nothing: a black hole
    ``cut()``             closes all connections
    ``cut_reply(n)``      closes each connection after *n* more bytes from the server
    ``mute_replies()``    forwards what goes to the server and nothing that comes back
    ``refuse()``          closes new connections at once
    ``restore()``         forwards again what is new
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        self._silent = False
        self._muted = False
        self._refusing = False
        self._reply_left: int | None = None
        self._closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, url: str) -> str:
        """*url* with this proxy in place of its server."""
        # The name of a driver may have what a scheme must not.
        scheme, _, rest = url.partition(":")
        parts = urlsplit(rest)
        user = parts.netloc.rpartition("@")[0]
        place = f"127.0.0.1:{self.port}"
        found = parts._replace(netloc=f"{user}@{place}" if user else place).geturl()
        return f"{scheme}:{found}"

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._refusing:
                client.close()
                continue
            try:
                server = socket.create_connection(self._target)
            except OSError:
                client.close()
                continue
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._pairs.append((client, server))
            threading.Thread(target=self._pump, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, True), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, is_reply: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if self._silent or (is_reply and self._muted):
                    continue
                if is_reply and self._reply_left is not None:
                    part, data = data[: self._reply_left], b""
                    self._reply_left -= len(part)
                    target.sendall(part)
                    if self._reply_left <= 0:
                        break
                    continue
                target.sendall(data)
        if not self._silent:
            _close(source)
            _close(target)

    def silence(self) -> None:
        self._silent = True

    def mute_replies(self) -> None:
        self._muted = True

    def cut_reply(self, after: int) -> None:
        self._reply_left = after

    def refuse(self) -> None:
        self._refusing = True

    def cut(self) -> None:
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for one in pair:
                _close(one)

    def restore(self) -> None:
        """Let new connections through; those that were there are closed."""
        self.cut()
        self._silent = self._muted = self._refusing = False
        self._reply_left = None

    def close(self) -> None:
        self._closed = True
        _close(self._listener)
        self.cut()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _close(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()

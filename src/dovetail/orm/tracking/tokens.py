"""Identity tokens: what tells rows of equal keys apart that come from different databases."""

from typing import Any


class AtToken:
    """A block of a scope with an identity token: see ``Scope.at()``."""

    __slots__ = ("_before", "_scope", "_token")

    def __init__(self, scope: Any, token: object) -> None:
        self._scope = scope
        self._token = token

    def __enter__(self) -> None:
        scope = self._scope
        self._before, scope.token = scope.token, self._token
        if self._token is not None:
            scope.has_tokens = True

    def __exit__(self, *_: object) -> None:
        self._scope.token = self._before

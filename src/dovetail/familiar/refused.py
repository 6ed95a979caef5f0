"""What the other package has and the databases of dovetail have not: refused when it is called."""

from __future__ import annotations

from typing import NoReturn

from ..exc import InvalidRequestError


def outparam(key: str, type_: object = None) -> NoReturn:
    """Refuse: out parameters are Oracle's.

    :raises InvalidRequestError: always
    """
    raise InvalidRequestError(
        f"outparam({key!r}): no database that dovetail speaks to has out parameters",
        hint="select the value, or RETURNING",
    )

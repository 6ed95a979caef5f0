"""What the other package has and dovetail has not, and others import: refused when it is called."""

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


def register_attribute(class_: type, key: str, **options: object) -> NoReturn:
    """Refuse: attributes are dovetail's own.

    :raises InvalidRequestError: always
    """
    raise InvalidRequestError(
        f"register_attribute({class_.__name__}, {key!r}): a program's own kind of attribute can't "
        "be put among those of a mapped class",
        hint="use a hybrid_property, or an association_proxy, over mapped attributes",
    )

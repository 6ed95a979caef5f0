"""Switching the alias on, once and for the whole process."""

from __future__ import annotations

import os
import sys

from ..conventions import conventions
from ..exc import InvalidRequestError
from .distribution import CLAIMED_VERSION, AliasDistributions
from .finder import AliasFinder
from .layout import ALIAS, Layout
from .loggers import connect_loggers
from .naming import say_their_modules
from .views.every import EVERY

VERSION_VARIABLE = "DOVETAIL_AS_SQLALCHEMY_VERSION"


def is_active() -> bool:
    """Return whether ``import sqlalchemy`` means dovetail in this process."""
    return any(isinstance(finder, AliasFinder) for finder in sys.meta_path)


def activate() -> None:
    """Let ``import sqlalchemy`` mean dovetail from here on; a second call does nothing.

    The version that it claims is the newest of 2.0, or what ``DOVETAIL_AS_SQLALCHEMY_VERSION``
    says.

    :raises InvalidRequestError: ``sqlalchemy`` was imported before: there would be two of each
        class
    """
    if is_active():
        return
    early = sorted(name for name in sys.modules if name.partition(".")[0] == ALIAS)
    if early:
        raise InvalidRequestError(
            f"{ALIAS} cannot mean dovetail: {early[0]} has been imported from "
            f"{getattr(sys.modules[early[0]], '__file__', 'elsewhere')}",
            hint="import dovetail.as_sqlalchemy first of all, or start the program with "
            "python -m dovetail as-sqlalchemy",
        )
    version = os.environ.get(VERSION_VARIABLE, CLAIMED_VERSION)
    layout = Layout.read()
    conventions.follow_the_other_package(version)
    connect_loggers()
    sys.meta_path[:0] = [AliasFinder(layout, version), AliasDistributions(version)]
    for views in EVERY:
        views.attach()
    say_their_modules(layout)

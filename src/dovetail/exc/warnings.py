"""Warnings."""

from __future__ import annotations

from typing import ClassVar


class DovetailWarning(RuntimeWarning):
    """Something works, and probably not as intended."""

    code: ClassVar[str] = "DV-WARN-01"


class DovetailDeprecationWarning(DeprecationWarning):
    """A spelling works and has a newer one; ``deprecated_since`` says since when."""

    code: ClassVar[str] = "DV-WARN-02"
    deprecated_since: str | None = None


class Base20DeprecationWarning(DovetailDeprecationWarning):
    """A spelling of the 1.x interface was used."""


class LegacyAPIWarning(Base20DeprecationWarning):
    """An interface that is kept for old code was used."""


class MovedIn20Warning(Base20DeprecationWarning):
    """A name was found at the place where it used to be."""


class DovetailPendingDeprecationWarning(PendingDeprecationWarning):
    """A spelling works and will have a newer one."""


SAWarning = DovetailWarning
SADeprecationWarning = DovetailDeprecationWarning
SAPendingDeprecationWarning = DovetailPendingDeprecationWarning

"""Connections that are opened once and lent many times."""

from .opener import CreatorOpener, Opener, takes_record
from .pool import Pool

__all__ = ["CreatorOpener", "Opener", "Pool", "takes_record"]

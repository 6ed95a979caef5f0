"""The familiar import path of scoped sessions."""

from dovetail.orm.scoped import ScopedRegistry, ThreadLocalRegistry, scoped_session

__all__ = ["ScopedRegistry", "ThreadLocalRegistry", "scoped_session"]

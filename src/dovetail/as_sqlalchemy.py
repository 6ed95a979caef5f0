"""Programs written for SQLAlchemy run on dovetail: ``import sqlalchemy`` means dovetail.

Importing this module is switching the alias on; it must come before the first import of
``sqlalchemy``::

    import dovetail.as_sqlalchemy

    from sqlalchemy.orm import Session

``python -m dovetail as-sqlalchemy COMMAND …`` does so for a command and the processes that it
starts, ``pytest -p dovetail.as_sqlalchemy`` for tests.

PYTEST_DONT_REWRITE (pytest may meet this module after the alias is on)
"""

from .familiar.activation import activate as activate, is_active as is_active

activate()

"""The other package's layout, served from dovetail: what ``dovetail.as_sqlalchemy`` switches on.

Each path of SQLAlchemy is the module of dovetail that has it: one module object under both
names, and what that module has elsewhere, or under another name, is found there too
(``layout.toml``).  What dovetail does not have is an ImportError; the package that is installed
as ``sqlalchemy`` is never asked.
"""

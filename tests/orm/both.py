"""One program run with dovetail and with the oracle: what it tells, and what it sends."""

import builtins
import gc
import re
import warnings
from importlib import import_module
from inspect import isgeneratorfunction
from itertools import zip_longest

from sqlalchemy import exc
from sqlalchemy.orm import exc as orm_exc

PACKAGES = ("dovetail", "sqlalchemy")
KNOWN_ERRORS = {
    *(name for module in (builtins, exc, orm_exc) for name in vars(module)),
}


class World:
    """A declarative base, a database in memory and a session of one of the two packages.

    ``sa``, ``orm``  the package and its ``orm``
    ``sent``         the statements that were sent, cleared by the program where it likes
    """

    def __init__(self, package):
        self.package = package
        self.sa = import_module(package)
        self.orm = import_module(f"{package}.orm")

        class Base(self.orm.DeclarativeBase):
            pass

        self.Base = Base
        self.engine = self.sa.create_engine("sqlite://")
        self.s = self.orm.Session(self.engine)
        self.sent = []
        self.sa.event.listen(self.engine, "before_cursor_execute", self._note)

    def _note(self, connection, cursor, statement, parameters, context, executemany):
        self.sent.append((" ".join(statement.split()), parameters))

    def module(self, name):
        """The module called *name* of the package, ``orm.attributes`` for example."""
        return import_module(f"{self.package}.{name}")

    def create(self):
        self.Base.registry.configure()
        self.Base.metadata.create_all(self.engine)

    def configure_all(self):
        """Configure all mappings there are; those that other tests saw refused are gone first."""
        gc.collect()
        self.orm.configure_mappers()

    def add(self, *instances):
        """Write *instances* and forget them."""
        self.s.add_all(instances)
        self.s.commit()
        self.s.expunge_all()
        self.sent.clear()

    def rows(self, table):
        """All rows of *table*, which may be a mapped class, sorted."""
        table = getattr(table, "__table__", table)
        self.s.flush()
        rows = self.s.connection().execute(self.sa.select(table)).all()
        return sorted(map(tuple, rows), key=repr)

    def writes(self):
        """The verbs and tables of what was written since the log was cleared."""
        words = [text.split() for text, _ in self.sent]
        named = {"INSERT": 2, "DELETE": 2, "UPDATE": 1}
        return [f"{w[0]} {w[named[w[0]]]}" for w in words if w[0] in named]

    def error(self, call, *arguments, **options):
        """The name of the error that a call raises, as the oracle knows it, or what it returns."""
        try:
            return call(*arguments, **options)
        except Exception as error:
            return next(c.__name__ for c in type(error).__mro__ if c.__name__ in KNOWN_ERRORS)

    def loaded(self, instance):
        """The names of what *instance* holds."""
        return sorted(name for name in instance.__dict__ if not name.startswith("_"))

    def close(self):
        self.s.close()
        # Mappings that were refused would be refused again by whoever configures all there are.
        self.Base.registry.dispose(cascade=True)
        self.engine.dispose()


def run(program, package):
    """(what *program* yields, what it has sent) with *package*."""
    world = World(package)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            told = [told_of(one, package) for one in program(world)]
        return told, list(world.sent)
    finally:
        world.close()


def told_of(value, package):
    """*value* as text without what names the package; sets, which have no order, are sorted."""
    if type(value) is tuple:
        return f"({', '.join(told_of(one, package) for one in value)})"
    if type(value) in (set, frozenset):
        return f"{{{', '.join(sorted(told_of(one, package) for one in value))}}}"
    text = repr(value).replace(f"{package}.", "")
    return re.sub(r" at 0x[0-9a-f]+", "", text)


def compare(program):
    """Run *program* twice; both tell the same, and dovetail sends no more statements."""
    (told, sent), (expected, expected_sent) = (run(program, package) for package in PACKAGES)
    different = [pair for pair in zip_longest(told, expected) if pair[0] != pair[1]]
    assert not different, "\n".join(f"dovetail: {a}\n  oracle: {b}" for a, b in different)
    assert len(sent) <= len(expected_sent), "\n".join(text for text, _ in sent)


def programs(names):
    """The programs of a module, by *names*, its globals: generator functions of one argument."""
    module = names["__name__"]
    return [one for one in names.values() if isgeneratorfunction(one) and one.__module__ == module]

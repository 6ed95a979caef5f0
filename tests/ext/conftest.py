"""An engine for the extensions, and the two packages that the same programs run on."""

from importlib import import_module
from types import SimpleNamespace

import pytest

import dovetail

PACKAGES = ("dovetail", "sqlalchemy")


@pytest.fixture
def engine():
    engine = dovetail.create_engine("sqlite://")
    yield engine
    engine.dispose()


@pytest.fixture(params=PACKAGES)
def lib(request):
    """One of the packages: ``sa``, ``orm``, a new ``Base``, an engine, and what was sent to it."""
    package = request.param
    sa, orm = import_module(package), import_module(f"{package}.orm")

    class Base(orm.DeclarativeBase):
        pass

    engine = sa.create_engine("sqlite://")
    sent = []
    sa.event.listen(
        engine, "before_cursor_execute", lambda _c, _k, sql, *_: sent.append(" ".join(sql.split()))
    )
    found = SimpleNamespace(
        package=package, own=package == "dovetail", sa=sa, orm=orm, Base=Base, engine=engine,
        sent=sent, ext=lambda name: import_module(f"{package}.ext.{name}"),
    )  # fmt: skip

    def start(*objects):
        """Make the tables, and a session in which *objects* are committed."""
        Base.metadata.create_all(engine)
        found.session = session = orm.Session(engine)
        session.add_all(objects)
        session.commit()
        sent.clear()
        return session

    found.start = start
    yield found
    if "session" in vars(found):
        found.session.close()
    orm.clear_mappers() if not found.own else None
    engine.dispose()

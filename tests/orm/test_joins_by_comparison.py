"""Relationships whose join equates nothing: by LIKE, by a range; the same in the oracle."""

from types import SimpleNamespace

import pytest
import sqlalchemy
import sqlalchemy.orm

import dovetail
import dovetail.orm
from dovetail.exc import MappingError

LIBRARIES = [(dovetail, dovetail.orm), (sqlalchemy, sqlalchemy.orm)]


@pytest.fixture(params=LIBRARIES, ids=["dovetail", "oracle"])
def paths(request):
    """Folders that know their path, and no foreign key: what is above and below is compared."""
    core, orm = request.param

    class Base(orm.DeclarativeBase):
        pass

    class Folder(Base):
        __tablename__ = "folder"
        id = orm.mapped_column(core.Integer, primary_key=True)
        path = orm.mapped_column(core.String(50))
        below = orm.relationship(
            "Folder",
            primaryjoin=lambda: orm.remote(orm.foreign(Folder.path)).like(Folder.path + "_%"),
            order_by="Folder.path",
            viewonly=True,
        )
        above = orm.relationship(
            "Folder",
            primaryjoin=lambda: Folder.path.like(orm.remote(orm.foreign(Folder.path)) + "_%"),
            order_by="Folder.path",
            viewonly=True,
        )

    engine = core.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        found = ["/", "/a/", "/a/b/", "/a/b/c/", "/d/"]
        session.add_all([Folder(id=number, path=path) for number, path in enumerate(found)])
        session.commit()
        yield SimpleNamespace(session=session, Folder=Folder, core=core, orm=orm)
    engine.dispose()


def ids(folders):
    return [folder.id for folder in folders]


class TestOneTable:
    def test_loaded_when_touched(self, paths):
        folders = paths.session.scalars(paths.core.select(paths.Folder)).all()

        assert [ids(folder.below) for folder in folders] == [[1, 2, 3, 4], [2, 3], [3], [], []]
        assert [ids(folder.above) for folder in folders] == [[], [0], [0, 1], [0, 1, 2], [0]]

    @pytest.mark.parametrize("option", ["selectinload", "joinedload", "subqueryload"])
    def test_loaded_with_the_query(self, paths, option):
        load = getattr(paths.orm, option)
        folders = paths.core.select(paths.Folder).order_by(paths.Folder.id)
        folders = folders.options(load(paths.Folder.below), load(paths.Folder.above))

        found = paths.session.scalars(folders).unique().all()

        for folder in found:
            assert not paths.core.inspect(folder).unloaded
        assert [ids(folder.below) for folder in found] == [[1, 2, 3, 4], [2, 3], [3], [], []]
        assert [ids(folder.above) for folder in found] == [[], [0], [0, 1], [0, 1, 2], [0]]

    def test_joined_in_a_statement(self, paths):
        lower = paths.orm.aliased(paths.Folder)
        pairs = (
            paths.core.select(paths.Folder.id, lower.id)
            .join(paths.Folder.below.of_type(lower))
            .where(paths.Folder.id > 0)
            .order_by(paths.Folder.id, lower.id)
        )

        assert paths.session.execute(pairs).all() == [(1, 2), (1, 3), (2, 3)]

    def test_asked_for_in_a_criterion(self, paths):
        Folder, select = paths.Folder, paths.core.select
        by_id = select(Folder.id).order_by(Folder.id)

        assert paths.session.scalars(by_id.where(Folder.below.any())).all() == [0, 1, 2]
        deep = by_id.where(Folder.above.any(Folder.path == "/a/"))
        assert paths.session.scalars(deep).all() == [2, 3]
        folder = paths.session.get(Folder, 2)
        above = by_id.where(paths.orm.with_parent(folder, Folder.above))
        assert paths.session.scalars(above).all() == [0, 1]

    def test_directions(self, paths):
        relationships = paths.core.inspect(paths.Folder).relationships

        assert relationships.below.direction.name == "ONETOMANY"
        assert relationships.above.direction.name == "ONETOMANY"
        assert relationships.below.synchronize_pairs == []


@pytest.mark.parametrize("library", LIBRARIES, ids=["dovetail", "oracle"])
def test_rows_of_two_tables_are_related_by_a_range(library):
    core, orm = library

    class Base(orm.DeclarativeBase):
        pass

    class Period(Base):
        __tablename__ = "period"
        id = orm.mapped_column(core.Integer, primary_key=True)
        first = orm.mapped_column(core.Integer)
        last = orm.mapped_column(core.Integer)
        happened = orm.relationship(
            "Happening",
            primaryjoin="foreign(Happening.year).between(Period.first, Period.last)",
            order_by="Happening.year",
            viewonly=True,
        )

    class Happening(Base):
        __tablename__ = "happening"
        id = orm.mapped_column(core.Integer, primary_key=True)
        year = orm.mapped_column(core.Integer)
        period = orm.relationship(
            Period,
            primaryjoin=lambda: orm.foreign(Happening.year).between(Period.first, Period.last),
            viewonly=True,
        )

    engine = core.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add_all([Period(id=1, first=1900, last=1950), Period(id=2, first=1951, last=1999)])
        session.add_all([Happening(year=year) for year in (1912, 1939, 1969, 2001)])
        session.commit()

        periods = session.scalars(core.select(Period).order_by(Period.id)).all()
        happenings = session.scalars(core.select(Happening).order_by(Happening.year)).all()
        assert [[h.year for h in p.happened] for p in periods] == [[1912, 1939], [1969]]
        assert [h.period and h.period.id for h in happenings] == [1, 1, 2, None]
        asked = core.select(Happening.id).where(Happening.period.has(Period.id == 2))
        assert session.scalars(asked).all() == [3]
        assert core.inspect(Happening).relationships.period.direction.name == "MANYTOONE"
    engine.dispose()


def test_what_nothing_can_be_written_by_is_viewonly():
    class Base(dovetail.orm.DeclarativeBase):
        pass

    class Folder(Base):
        __tablename__ = "folder"
        id = dovetail.orm.mapped_column(dovetail.Integer, primary_key=True)
        path = dovetail.orm.mapped_column(dovetail.String(50))
        below = dovetail.orm.relationship(
            "Folder", primaryjoin="remote(foreign(Folder.path)).like(Folder.path + '_%')"
        )

    with pytest.raises(MappingError, match=r"Folder\.below, .* LIKE") as caught:
        Folder()

    assert "viewonly=True" in str(caught.value)

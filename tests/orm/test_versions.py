"""Version counters: nobody's change is overwritten; compared with the oracle."""

from importlib import import_module
from itertools import count
from types import SimpleNamespace
from typing import ClassVar

import pytest

from dovetail import create_engine, select, update
from dovetail.exc import InvalidRequestError, StaleDataError
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column

PACKAGES = ("dovetail", "sqlalchemy")


def world(package, url="sqlite://"):
    sa, orm = import_module(package), import_module(f"{package}.orm")
    column = orm.mapped_column
    numbers = count(100)

    class Base(orm.DeclarativeBase):
        pass

    class Page(Base):
        __tablename__ = "page"
        id = column(sa.Integer, primary_key=True)
        kind = column(sa.String(20))
        title = column(sa.String(20))
        version = column(sa.Integer, nullable=False)
        __mapper_args__ = {
            "version_id_col": version, "polymorphic_on": kind, "polymorphic_identity": "page"
        }  # fmt: skip

    class Photo(Page):
        __tablename__ = "photo"
        id = column(sa.ForeignKey("page.id"), primary_key=True)
        width = column(sa.Integer)
        __mapper_args__ = {"polymorphic_identity": "photo"}

    class Stamped(Base):
        __tablename__ = "stamped"
        id = column(sa.Integer, primary_key=True)
        title = column(sa.String(20))
        version = column(sa.String(40))
        __mapper_args__ = {
            "version_id_col": version,
            "version_id_generator": lambda version: f"{version}.{next(numbers)}",
        }

    class Served(Base):
        __tablename__ = "served"
        id = column(sa.Integer, primary_key=True)
        title = column(sa.String(20))
        version = column(sa.Integer, server_default="1")
        __mapper_args__ = {"version_id_col": version, "version_id_generator": False}

    engine = sa.create_engine(url)
    Base.metadata.create_all(engine)
    w = SimpleNamespace(
        sa=sa, orm=orm, s=orm.Session(engine), engine=engine, sent=[], Page=Page, Photo=Photo,
        Stamped=Stamped, Served=Served, Stale=import_module(f"{package}.orm.exc").StaleDataError,
    )  # fmt: skip
    sa.event.listen(engine, "before_cursor_execute", lambda *a: w.sent.append(a[2]))
    return w


def filled(w):
    pages = [w.Page(title=f"page {n}") for n in (1, 2, 3)]
    photo = w.Photo(title="photo", width=3)
    w.s.add_all([*pages, photo])
    w.s.commit()
    return [*pages, photo]


def read(page):
    """Have the version of *page* in memory."""
    assert page.version


def versions(w):
    return w.s.execute(w.sa.text("SELECT id, title, version FROM page ORDER BY id")).all()


def somebody_changes(w, key, version=50):
    table = w.Page.__table__
    w.s.execute(w.sa.update(table).where(table.c.id == key).values(version=version))


def new_rows_and_changed_ones(w):
    pages = filled(w)
    found = [[page.version for page in pages]]
    for page in pages[:2]:
        page.title += "!"
    w.s.flush()
    found.append([page.version for page in pages])
    pages[0].title = pages[0].title + ""
    w.s.flush()
    found.append([page.version for page in pages])
    return found, versions(w)


def a_change_of_any_table(w):
    photo = filled(w)[3]
    photo.width = 4
    w.s.commit()
    photo.width = 5
    photo.title = "both"
    w.s.commit()
    return photo.version, photo.width, versions(w)


def a_version_of_the_users(w):
    page = filled(w)[0]
    page.version, page.title = 77, "x"
    w.s.flush()
    first = page.version
    page.title = "y"
    w.s.flush()
    return first, page.version


def expressions(w):
    page = filled(w)[0]
    page.title = w.Page.title + "+"
    w.s.flush()
    return page.title, page.version, versions(w)


def versions_of_another_kind(w):
    one = w.Stamped(title="a")
    w.s.add(one)
    w.s.flush()
    first = one.version
    one.title = "b"
    w.s.flush()
    return first, one.version


def versions_that_the_server_makes(w):
    one = w.Served(title="a")
    w.s.add(one)
    w.s.flush()
    found = [one.version]
    one.title = "b"
    w.s.flush()
    found.append(one.version)
    one.title, one.version = "c", 2
    w.s.flush()
    found.append(one.version)
    w.s.execute(w.sa.text("UPDATE served SET version = 9"))
    one.title = "d"
    return found, refusal(w)


def refusal(w):
    try:
        w.s.flush()
    except w.Stale:
        w.s.rollback()
        return "stale"
    return "written"


def stale_changes(w):
    pages = filled(w)
    found = []
    for page in (pages[1], pages[3]):
        read(page)
        somebody_changes(w, page.id)
        page.title = "mine"
        found.append((refusal(w), page.title, page.version))
    for page in pages:
        read(page)
    somebody_changes(w, 2)
    for page in pages:
        page.title = "mine"
    found.append(refusal(w))
    return found, versions(w)


def stale_deletes(w):
    pages = filled(w)
    found = []
    for page in (pages[1], pages[3]):
        read(page)
        somebody_changes(w, page.id)
        w.s.delete(page)
        found.append((refusal(w), page in w.s))
    w.s.delete(pages[0])
    w.s.delete(pages[3])
    w.s.flush()
    return found, versions(w)


def merged(w):
    filled(w)
    w.s.expunge_all()
    found = []
    for version in (1, 7, None):
        given = w.Page(id=1, title=f"merged {version}")
        if version is not None:
            given.version = version
        try:
            found.append(w.s.merge(given).version)
            w.s.flush()
            found.append(w.s.get(w.Page, 1).version)
        except w.Stale:
            found.append("stale")
        w.s.rollback()
    return found


def locked(w):
    page = filled(w)[0]
    read(page)
    somebody_changes(w, 1, 9)
    try:
        return w.s.get(w.Page, 1, with_for_update=True).version
    except w.Stale:
        return "stale"


def in_bulk(w):
    pages = filled(w)
    read(pages[1])
    w.s.bulk_update_mappings(w.Page, [{"id": 1, "title": "b", "version": 1}])
    w.s.execute(w.sa.update(w.Page), [{"id": 2, "title": "c", "version": 1}])
    w.s.bulk_insert_mappings(w.Page, [{"title": "new"}])
    w.s.execute(w.sa.insert(w.Photo), [{"title": "new too", "width": 1}])
    w.s.bulk_save_objects([w.Stamped(title="s")])
    found = versions(w)
    try:
        w.s.bulk_update_mappings(w.Page, [{"id": 3, "title": "b", "version": 9}])
    except w.Stale:
        return found, "stale"
    return found


SCENARIOS = [
    new_rows_and_changed_ones, a_change_of_any_table, a_version_of_the_users, expressions,
    versions_of_another_kind, versions_that_the_server_makes, stale_changes, stale_deletes, merged,
    locked, in_bulk,
]  # fmt: skip


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda f: f.__name__)
@pytest.mark.filterwarnings("ignore")
def test_as_the_oracle(scenario):
    answers = []
    for package in PACKAGES:
        w = world(package)
        answers.append(scenario(w))
        w.s.close()
        w.engine.dispose()
    assert answers[0] == answers[1]


def test_the_same_on_every_server(backend_url):
    """All scenarios share one database: it is emptied after each."""
    for scenario in SCENARIOS:
        answers = []
        for url in ("sqlite://", backend_url):
            w = world("dovetail", url)
            answers.append(scenario(w))
            w.s.close()
            w.Page.metadata.drop_all(w.engine)
            w.engine.dispose()
        assert answers[0] == answers[1], scenario.__name__


@pytest.fixture
def w():
    w = world("dovetail")
    yield w
    w.s.close()
    w.engine.dispose()


def test_the_error_tells_what_was_expected_and_what_found(w):
    pages = filled(w)
    for page in pages:
        read(page)
    somebody_changes(w, 3)
    for page in pages:
        page.title = "mine"
    with pytest.raises(
        StaleDataError, match=r"Page \(3,\) expected version 1, and it is 50"
    ) as told:
        w.s.flush()
    assert (told.value.instance, told.value.expected, told.value.found) == (pages[2], 1, 50)


def test_a_row_that_is_gone(w):
    page = filled(w)[0]
    read(page)
    w.s.execute(w.sa.delete(w.Page.__table__).where(w.Page.__table__.c.id == 1))
    page.title = "mine"
    with pytest.raises(StaleDataError, match="expected version 1, and the row is gone") as told:
        w.s.flush()
    assert told.value.found is None


def test_one_statement_for_all_changes_of_the_same_columns(w):
    pages = filled(w)
    for page in pages:
        read(page)
    w.sent.clear()
    for page in pages[:3]:
        page.title = "mine"
    w.s.flush()
    assert w.sent == ["UPDATE page SET title=?, version=? WHERE page.id = ? AND page.version = ?"]


def test_unknown_versions_are_read_together(w):
    pages = filled(w)
    w.sent.clear()
    for page in pages[:3]:
        page.title = "mine"
    w.s.flush()
    assert [text.split()[0] for text in w.sent] == ["SELECT", "UPDATE"]


def test_rows_in_bulk_say_their_version(w):
    filled(w)
    with pytest.raises(InvalidRequestError, match="a row says nothing of its version"):
        w.s.bulk_update_mappings(w.Page, [{"id": 1, "title": "b"}])


def test_instances_follow_updates_by_key(w):
    pages = filled(w)
    for page in pages:
        read(page)
    w.s.execute(w.sa.update(w.Page), [{"id": 2, "title": "c", "version": 1}])
    assert (pages[1].title, pages[1].version) == ("c", 2)
    pages[1].title = "d"
    w.s.flush()
    assert pages[1].version == 3


def counted(package, **given):
    """A session and a class whose rows have a version and refer to each other afterwards."""
    sa, orm = import_module(package), import_module(f"{package}.orm")
    base = orm.declarative_base()

    class Page(base):
        __tablename__ = "page"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        title = orm.mapped_column(sa.String(20))
        version = orm.mapped_column(sa.Integer)
        next_id = orm.mapped_column(sa.ForeignKey("page.id"))
        next = orm.relationship("Page", remote_side=[id], post_update=True)
        __mapper_args__ = {"version_id_col": version, **given}

    engine = sa.create_engine("sqlite://")
    base.metadata.create_all(engine)
    return orm.Session(engine), Page


@pytest.mark.parametrize("package", PACKAGES)
def test_a_row_that_gave_up_its_reference_is_deleted_in_its_own_version(package):
    s, page = counted(package)
    with s:
        second = page()
        first = page(next=second)
        s.add_all([first, second])
        s.commit()
        first.next = first
        s.commit()
        s.delete(first)
        s.commit()
        assert s.query(page).all() == [second]


def test_a_row_whose_version_the_server_makes_is_deleted_in_it():
    s, page = counted("dovetail", version_id_generator=False)
    with s:
        s.connection().exec_driver_sql(
            "CREATE TRIGGER counts AFTER UPDATE ON page BEGIN "
            "UPDATE page SET version = OLD.version + 1 WHERE id = OLD.id; END"
        )
        one = page(version=1)
        s.add(one)
        s.flush()
        one.next = one
        s.commit()
        s.delete(one)
        s.commit()
        assert s.query(page).count() == 0


@pytest.mark.parametrize("package", PACKAGES)
def test_a_version_set_by_hand_is_never_null(package):
    refused = import_module(f"{package}.orm.exc").FlushError
    s, page = counted(package, version_id_generator=False)
    with s:
        s.add(page(title="without"))
        with pytest.raises(refused, match=r"version"):
            s.flush()
        s.rollback()
        one = page(version=1)
        s.add(one)
        s.commit()
        one.title, one.version = "changed", None
        with pytest.raises(refused, match=r"version"):
            s.flush()
        s.rollback()
        assert (one.title, one.version) == (None, 1)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_version_may_be_named_by_the_table_that_a_select_shows(package):
    sa, orm = import_module(package), import_module(f"{package}.orm")
    registry = orm.registry()
    table = sa.Table(
        "kept",
        registry.metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("value", sa.String(9)),
    )

    class Kept:
        pass

    shown = sa.select(table).where(table.c.id > 0).alias("shown")
    registry.map_imperatively(Kept, shown, version_id_col=table.c.version)
    engine = sa.create_engine("sqlite://")
    registry.metadata.create_all(engine)
    with orm.Session(engine) as session:
        kept = Kept()
        kept.value = "a"
        session.add(kept)
        session.commit()
        kept.value = "b"
        session.commit()

        assert session.execute(sa.select(table.c.version, table.c.value)).all() == [(2, "b")]


@pytest.mark.parametrize("changed", [[1], [1, 2, 3]], ids=["one", "some"])
def test_a_version_that_the_server_computes_is_told_stale_too(changed):
    class Base(DeclarativeBase):
        pass

    class Page(Base):
        __tablename__ = "page"
        id: Mapped[int] = mapped_column(primary_key=True)
        text: Mapped[str]
        version: Mapped[int] = mapped_column(server_default="1")
        __mapper_args__: ClassVar = {"version_id_col": version, "version_id_generator": False}

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Page(text="a") for _ in range(3)])
        session.commit()
        pages = session.scalars(select(Page).where(Page.id.in_(changed))).all()
        session.connection().execute(update(Page.__table__).where(Page.id == 1).values(version=9))
        for page in pages:
            page.text, page.version = "b", Page.version + 1
        with pytest.raises(StaleDataError) as refused:
            session.flush()
        assert (refused.value.expected, refused.value.found) == (1, 9)

"""Columns that options left out, or brought, are read again after expiry, and are never None."""

import itertools

import pytest

from dovetail import ForeignKey, create_engine, select, text
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    defer,
    load_only,
    mapped_column,
    undefer,
    undefer_group,
)


class Base(DeclarativeBase):
    pass


class Page(Base):
    __tablename__ = "page"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    title: Mapped[str]
    text: Mapped[str] = mapped_column(deferred=True)
    first: Mapped[int] = mapped_column(deferred=True, deferred_group="numbers")
    second: Mapped[int] = mapped_column(deferred=True, deferred_group="numbers")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "page"}


class Wiki(Page):
    __tablename__ = "wiki"
    id: Mapped[int] = mapped_column(ForeignKey("page.id"), primary_key=True)
    version: Mapped[int]
    source: Mapped[str] = mapped_column(deferred=True)
    __mapper_args__ = {"polymorphic_identity": "wiki"}


VALUES = {"title": "t", "text": "x", "first": 1, "second": 2}
MORE = {**VALUES, "version": 3, "source": "s"}


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Page(id=1, **VALUES), Wiki(id=2, **MORE)])
        session.commit()
        session.expunge_all()
        yield session


def expire(session, pages):
    for page in pages:
        session.expire(page)


def commit(session, pages):
    session.commit()


def get_again(session, pages):
    session.expire_all()
    for page in pages:
        assert session.get(Page, page.id) is page


def query_again(session, pages):
    session.scalars(select(Page)).all()


def expire_and_query_again(session, pages):
    session.expire_all()
    session.scalars(select(Page)).all()


OPTIONS = {
    "none": (),
    "load_only deferred": (load_only(Page.text),),
    "load_only one of a group": (load_only(Page.first),),
    "load_only both": (load_only(Page.title, Page.text),),
    "load_only below": (load_only(Wiki.version),),
    "load_only deferred below": (load_only(Wiki.source),),
    "defer": (defer(Page.title),),
    "undefer": (undefer(Page.text), undefer(Wiki.source)),
    "undefer all": (undefer("*"),),
    "undefer a group": (undefer_group("numbers"),),
    "defer all but one": (defer("*"), undefer(Page.text)),
}


@pytest.mark.parametrize("then", [expire, commit, get_again, query_again, expire_and_query_again])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_every_column_has_its_value(session, options, then):
    for names in itertools.islice(itertools.permutations(MORE), 0, None, 97):
        pages = session.scalars(select(Page).order_by(Page.id).options(*options)).all()
        then(session, pages)
        assert {name: getattr(pages[0], name) for name in names if name in VALUES} == VALUES
        assert {name: getattr(pages[1], name) for name in names} == MORE
        session.expunge_all()


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_and_so_it_has_where_the_same_options_are_met_again(session, options):
    statement = select(Page).order_by(Page.id).options(*options)
    for before, names in itertools.product((False, True), (list(MORE), list(MORE)[::-1])):
        pages = session.scalars(statement).all()
        if before:
            assert pages[1].source == "s"
        session.expire_all()
        assert session.scalars(statement).all() == pages
        assert {name: getattr(pages[0], name) for name in names if name in VALUES} == VALUES
        assert {name: getattr(pages[1], name) for name in names} == MORE
        session.expunge_all()


@pytest.mark.parametrize("first", [*VALUES, "version", "source"])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_what_has_expired_is_whole_again_beside_what_has_not(session, options, first):
    session.add_all([Page(id=3, **VALUES), Wiki(id=4, **MORE)])
    session.commit()
    session.expunge_all()
    pages = session.scalars(select(Page).order_by(Page.id).options(*options)).all()
    for page in pages[2:]:
        session.expire(page)
    for page in pages:
        # Who reads one of them may read those that it was loaded with again.
        for name in (first, *VALUES, *MORE):
            if isinstance(page, Wiki):
                assert getattr(page, name) == MORE[name]
            elif name in VALUES:
                assert getattr(page, name) == VALUES[name]


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_refreshing_one_attribute_of_what_has_expired_leaves_the_others_expired(session, options):
    for page in session.scalars(select(Page).options(*options)).all():
        values = MORE if isinstance(page, Wiki) else VALUES
        for first in values:
            session.expire(page)
            session.refresh(page, [first])
            assert {name: getattr(page, name) for name in values} == values


@pytest.mark.parametrize("known", [False, True])
def test_what_the_rows_of_a_given_statement_lack_is_read_when_it_is_touched(session, known):
    kept = session.scalars(select(Page).options(load_only(Page.kind))).all() if known else []
    rows = text("SELECT id, kind FROM page ORDER BY id").columns(Page.id, Page.kind)
    pages = session.scalars(select(Page).from_statement(rows)).all()
    assert not known or pages == kept
    assert {name: getattr(pages[0], name) for name in VALUES} == VALUES
    assert {name: getattr(pages[1], name) for name in MORE} == MORE

"""The text of a statement of classes is what a session sends for it, loader options included."""

import pytest

from dovetail import ForeignKey, create_engine, event, select
from dovetail.exc import ArgumentError
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    defer,
    joinedload,
    load_only,
    mapped_column,
    relationship,
    selectinload,
    undefer,
)


class Base(DeclarativeBase):
    pass


class Ship(Base):
    __tablename__ = "ship"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    log: Mapped[str] = mapped_column(deferred=True)
    masts: Mapped[list["Mast"]] = relationship()


class Mast(Base):
    __tablename__ = "mast"
    id: Mapped[int] = mapped_column(primary_key=True)
    ship_id: Mapped[int] = mapped_column(ForeignKey("ship.id"))


@pytest.mark.parametrize(
    ("option", "text"),
    [
        (load_only(Ship.name), "SELECT ship.id, ship.name FROM ship"),
        (defer(Ship.name), "SELECT ship.id FROM ship"),
        (undefer(Ship.log), "SELECT ship.id, ship.name, ship.log FROM ship"),
        (selectinload(Ship.masts), "SELECT ship.id, ship.name FROM ship"),
        (
            joinedload(Ship.masts).load_only(Mast.id),
            (
                "SELECT ship.id, ship.name, mast_1.id AS id_1 FROM ship "
                "LEFT OUTER JOIN mast AS mast_1 ON ship.id = mast_1.ship_id"
            ),
        ),
    ],
    ids=["load_only", "defer", "undefer", "selectinload", "joinedload"],
)
def test_loader_options_choose_what_is_written(option, text):
    assert " ".join(str(select(Ship).options(option)).split()) == text
    assert " ".join(str(Session().query(Ship).options(option).statement).split()) == text


def test_the_text_is_what_was_sent():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    statement = select(Ship).options(joinedload(Ship.masts)).limit(3)
    sent = []
    with Session(engine) as session, engine.connect() as connection:
        event.listen(engine, "before_cursor_execute", lambda *told: sent.append(told[2]))
        session.scalars(statement).unique().all()
        assert sent == [str(statement.compile(connection))]


def test_a_subquery_has_the_columns_of_the_class():
    inner = select(Ship).options(load_only(Ship.id)).subquery()

    assert " ".join(str(select(inner.c.name)).split()) == (
        "SELECT anon_1.name FROM (SELECT ship.id AS id, ship.name AS name FROM ship) AS anon_1"
    )


def test_options_that_concern_no_entity_are_refused_when_the_statement_runs():
    statement = select(Ship.name, Ship).options(load_only(Mast.id))

    assert " ".join(str(statement).split()) == "SELECT ship.name, ship.id FROM ship"
    with pytest.raises(ArgumentError, match="starts at Mast"):
        Session(create_engine("sqlite://")).execute(statement)

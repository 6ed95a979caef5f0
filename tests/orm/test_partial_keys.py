"""Rows of whose primary key a part is NULL: found, read again and merged by the other parts."""

import pytest

from dovetail import (
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    inspect,
    outerjoin,
    select,
)
from dovetail.exc import DovetailWarning, FlushError
from dovetail.orm import Session, registry

mappings = registry()
house = Table(
    "partial_house",
    mappings.metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(9)),
)
room = Table(
    "partial_room",
    mappings.metadata,
    Column("id", Integer, primary_key=True),
    Column("house_id", ForeignKey("partial_house.id")),
    Column("use", String(9)),
)
entry = Table(
    "partial_entry",
    mappings.metadata,
    Column("book", Integer),
    Column("page", Integer),
    Column("name", String(9)),
)


class Inhabited:
    """A house and a room of it, if it has one."""


class Entry:
    """A row of a table without a primary key: a page of a book, or the book as a whole."""


mappings.map_imperatively(
    Inhabited,
    outerjoin(house, room),
    primary_key=[house.c.id, room.c.id],
    properties={"id": house.c.id, "room_id": room.c.id},
)
mappings.map_imperatively(Entry, entry, primary_key=[entry.c.book, entry.c.page])


@pytest.fixture
def session(engine):
    mappings.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(house.insert(), [{"name": "hut"}, {"name": "hall"}])
        connection.execute(room.insert(), [{"house_id": 2, "use": "kitchen"}])
        pages = [(1, None), (1, 1), (2, None), (2, 1), (None, 1)]
        connection.execute(
            entry.insert(),
            [{"book": book, "page": page, "name": f"{book} {page}"} for book, page in pages],
        )
    with Session(engine) as session:
        yield session


@pytest.mark.parametrize(
    ("kind", "key", "name"),
    [
        (Inhabited, (1, None), "hut"),
        (Inhabited, (2, 1), "hall"),
        (Entry, (1, None), "1 None"),
        (Entry, (None, 1), "None 1"),
        (Entry, (2, 1), "2 1"),
    ],
)
class TestOneRow:
    def test_is_found_by_its_key(self, session, kind, key, name):
        found = session.get(kind, key)

        assert found.name == name
        assert inspect(found).identity == key
        assert session.get(kind, key, populate_existing=True) is found
        assert session.get(kind, key, with_for_update=True) is found

    def test_is_read_again(self, session, kind, key, name):
        found = session.get(kind, key)
        session.commit()
        assert found.name == name

        session.refresh(found)
        session.expire(found, ["name"])
        assert found.name == name

    def test_is_merged(self, session, kind, key, name):
        found = session.get(kind, key)
        session.expunge(found)
        found.name = "merged"

        merged = session.merge(found)
        assert merged is not found
        session.expire(merged, ["name"])

        assert merged.name == name


def test_rows_with_and_without_a_null_are_read_again_together(session, sql_log):
    entries = session.scalars(select(Entry).order_by(Entry.book, Entry.page)).all()
    session.commit()
    sql_log.clear()

    names = [one.name for one in entries]

    assert sorted(names) == ["1 1", "1 None", "2 1", "2 None", "None 1"]
    assert len(sql_log.statements) <= 3


def test_a_key_of_nothing_but_none_finds_no_row(session):
    with pytest.warns(DovetailWarning, match="nothing but None"):
        assert session.get(Entry, (None, None)) is None


def test_what_the_null_does_not_concern_is_written(session):
    hut = session.get(Inhabited, (1, None))

    hut.name = "shed"
    session.commit()
    assert hut.name == "shed"
    hut.use = "hall"
    with pytest.raises(FlushError, match="is NULL"):
        session.commit()

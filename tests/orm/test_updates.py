"""How changed and deleted instances are written."""

import pytest

from dovetail import ForeignKey, func, insert, inspect, literal, select, text, update
from dovetail.exc import IntegrityError
from dovetail.orm import DeclarativeBase, Mapped, mapped_column, relationship
from dovetail.orm.exc import ObjectDeletedError, StaleDataError


def echo_of(context):
    return str(context.get_current_parameters().get("name")) + "!"


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "item"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    size: Mapped[int | None]
    touched: Mapped[int] = mapped_column(default=0, onupdate=lambda: 99)
    stamped: Mapped[int | None] = mapped_column(onupdate=literal(20) + 1)
    echo: Mapped[str | None] = mapped_column(onupdate=echo_of)
    last: Mapped[str | None]


class Plain(Base):
    __tablename__ = "plain"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    size: Mapped[int | None]
    colour: Mapped[str | None]


class Owner(Base):
    __tablename__ = "owner"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    pets: Mapped[list["Pet"]] = relationship(back_populates="owner")


class Pet(Base):
    __tablename__ = "pet"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_code: Mapped[str | None] = mapped_column(ForeignKey("owner.code", onupdate="CASCADE"))
    owner: Mapped[Owner | None] = relationship(back_populates="pets")


@pytest.fixture(autouse=True)
def tables(engine):
    Base.metadata.create_all(engine)


@pytest.fixture
def items(session, sql_log):
    items = [Plain(name=f"n{number}", size=number) for number in range(6)]
    session.add_all(items)
    session.commit()
    assert all(item.name for item in items)
    sql_log.clear()
    return items


def test_only_changed_columns_are_written(session, items, sql_log):
    items[0].name = "new"

    session.flush()

    assert sql_log.sent == [("UPDATE plain SET name=? WHERE plain.id = ?", ("new", 1))]


def test_columns_are_written_in_the_order_of_the_table(session, items, sql_log):
    items[0].colour = "red"
    items[0].name = "new"

    session.flush()

    assert sql_log.statements == ["UPDATE plain SET name=?, colour=? WHERE plain.id = ?"]


def test_rows_with_the_same_columns_are_one_statement(session, items, sql_log):
    for item in items[:3]:
        item.name = "new"
    for item in items[3:]:
        item.size = 0

    session.flush()

    assert sql_log.statements == [
        "UPDATE plain SET name=? WHERE plain.id = ?",
        "UPDATE plain SET size=? WHERE plain.id = ?",
    ]
    assert set(session.scalars(select(Plain.size))) == {0, 1, 2}


def test_a_value_set_back_is_not_written(session, items, sql_log):
    items[0].name = "new"
    items[0].name = "n0"

    session.flush()

    assert len(sql_log) == 0


def test_an_expression_is_computed_by_the_server(session, items, sql_log):
    items[2].size = Plain.size + 10
    items[3].name = func.upper(Plain.name)

    session.flush()

    assert sorted(sql_log.statements)[:2] == [
        "UPDATE plain SET name=upper(plain.name) WHERE plain.id = ?",
        "UPDATE plain SET size=(plain.size + ?) WHERE plain.id = ?",
    ]
    assert (items[2].size, items[3].name) == (12, "N3")


class Computed:
    """What stands for an expression, as programs make such things."""

    def __init__(self, expression):
        self.expression = expression

    def __clause_element__(self):
        return self.expression


VALUES_THAT_ARE_SQL = {
    "wrapped": lambda: Computed(literal(40) + 2),
    "attribute": lambda: Plain.id + 36,
    "subquery": lambda: select(func.max(Plain.id) + 36).scalar_subquery(),
    "select": lambda: select(func.max(Plain.id) + 36),
}


@pytest.mark.parametrize("value", VALUES_THAT_ARE_SQL.values(), ids=VALUES_THAT_ARE_SQL)
@pytest.mark.parametrize("how", ["flush", "bulk_save_objects", "bulk_update_mappings", "mappings"])
def test_what_stands_for_an_expression_is_written_as_one(session, items, value, how):
    item = session.get(Plain, 6)
    if how == "flush":
        item.size = value()
        session.flush()
    elif how == "bulk_save_objects":
        item.size = value()
        session.bulk_save_objects([item])
    elif how == "bulk_update_mappings":
        session.bulk_update_mappings(Plain, [{"id": 6, "size": value()}])
    else:
        session.execute(update(Plain), [{"id": 6, "size": value()}])

    assert session.scalar(select(Plain.__table__.c.size).where(Plain.id == 6)) == 42
    assert item.size == 42


@pytest.mark.parametrize("how", ["flush", "bulk_save_objects", "bulk_insert_mappings", "mappings"])
def test_what_stands_for_an_expression_is_inserted_as_one(session, how):
    value = Computed(literal(40) + 2)
    if how == "flush":
        session.add(Plain(id=70, name="a", size=value))
        session.flush()
    elif how == "bulk_save_objects":
        session.bulk_save_objects([Plain(id=70, name="a", size=value)])
    elif how == "bulk_insert_mappings":
        session.bulk_insert_mappings(Plain, [{"id": 70, "name": "a", "size": value}])
    else:
        session.execute(insert(Plain), [{"id": 70, "name": "a", "size": value}])

    assert session.get(Plain, 70).size == 42


@pytest.mark.parametrize("is_read", [False, True])
def test_none_over_what_was_never_set_is_no_change_and_onupdate_fills_it(session, is_read):
    item = Item(name="a")
    session.add(item)
    session.flush()
    if is_read:
        session.refresh(item)

    item.name = "b"
    item.stamped = None
    session.flush()
    session.expire(item)

    assert item.stamped == 21


def test_onupdate_fills_what_was_not_set(session, sql_log):
    one, two = Item(name="a"), Item(name="b")
    session.add_all([one, two])
    session.commit()
    assert (one.touched, one.stamped) == (0, None)

    one.name = "c"
    two.name, two.touched, two.stamped, two.echo, two.last = "d", 5, 6, "given", "z"
    session.commit()

    assert (one.touched, one.stamped, one.echo, one.last) == (99, 21, "c!", None)
    assert (two.touched, two.stamped, two.echo, two.last) == (5, 6, "given", "z")


def test_values_reach_their_columns_whatever_the_order(session):
    item = Item(name="a", stamped=1, echo="e")
    session.add(item)
    session.commit()

    item.last = "last"
    item.stamped = 5
    item.size = 3
    session.commit()

    assert (item.name, item.size, item.touched, item.stamped) == ("a", 3, 99, 5)
    assert item.last == "last"


def test_a_row_that_is_gone_is_stale(session, items):
    session.execute(text("DELETE FROM plain WHERE id = 1"))
    items[0].name = "new"

    with pytest.raises(StaleDataError):
        session.flush()


def test_a_deleted_row_that_is_gone_is_a_warning(session, items):
    session.execute(text("DELETE FROM plain WHERE id = 1"))
    session.delete(items[0])

    with pytest.warns(Warning, match="DELETE"):
        session.flush()


def test_reading_a_row_that_is_gone_says_so(session, items):
    session.execute(text("DELETE FROM plain WHERE id = 1"))
    session.expire(items[0])

    with pytest.raises(ObjectDeletedError):
        _ = items[0].name


def test_deletes_are_one_statement(session, items, sql_log):
    for item in items[:3]:
        session.delete(item)

    session.flush()

    assert len(sql_log) == 1
    assert sql_log.statements[0].startswith("DELETE FROM plain WHERE plain.id")
    assert len(session.scalars(select(Plain)).all()) == 3


def test_a_changed_key_moves_the_row_and_the_identity(session, sql_log):
    owner = Owner(code="a", name="n")
    session.add(owner)
    session.commit()
    assert owner.name
    sql_log.clear()

    owner.code = "b"
    session.flush()

    assert sql_log.sent == [("UPDATE owner SET code=? WHERE owner.code = ?", ("b", "a"))]
    assert inspect(owner).identity == ("b",)
    assert session.get(Owner, "b") is owner
    assert session.get(Owner, "a") is None
    session.rollback()
    assert session.get(Owner, "a") is owner
    assert owner.code == "a"


def test_a_changed_key_reaches_what_refers_to_it(session, engine):
    session.execute(text("PRAGMA foreign_keys=ON"))
    session.rollback()
    owner = Owner(code="a", pets=[Pet(), Pet()])
    session.add(owner)
    session.commit()
    assert [pet.owner_code for pet in owner.pets] == ["a", "a"]

    owner.code = "b"
    session.commit()

    assert owner.code == "b"
    assert {pet.owner_code for pet in session.scalars(select(Pet))} <= {"a", "b"}


def test_a_new_instance_takes_the_row_of_a_deleted_one(session, sql_log):
    old = Owner(code="a", name="old")
    session.add(old)
    session.commit()
    assert old.name
    sql_log.clear()

    session.delete(old)
    new = Owner(code="a", name="new")
    session.add(new)
    session.flush()

    assert sql_log.verbs == ["SELECT", "UPDATE owner"]
    assert sql_log.sent[-1] == ("UPDATE owner SET name=? WHERE owner.code = ?", ("new", "a"))
    assert session.get(Owner, "a") is new
    assert inspect(old).deleted
    session.rollback()
    assert session.get(Owner, "a") is old
    assert old.name == "old"
    assert inspect(new).transient


def test_a_new_instance_with_a_key_in_use_fails(session):
    session.add(Owner(code="a"))
    session.commit()
    held = session.get(Owner, "a")

    session.add(Owner(code="a"))
    with pytest.raises(Exception, match="UNIQUE|identity|key"):
        session.flush()
    session.rollback()

    assert session.get(Owner, "a") is held


def test_a_null_that_is_refused_restores_what_was(session, items):
    items[0].name = None

    with pytest.raises(IntegrityError, match="NOT NULL"):
        session.flush()
    session.rollback()

    assert items[0].name == "n0"
    items[0].name = "fine"
    session.commit()
    assert items[0].name == "fine"


def test_a_flush_of_what_was_expired_and_set_writes_it(session, items, sql_log):
    session.commit()

    items[0].name = "new"
    sql_log.clear()
    session.flush()

    assert sql_log.statements == ["UPDATE plain SET name=? WHERE plain.id = ?"]
    assert items[0].size == 0


def test_a_key_set_to_the_same_value_is_no_change(session, items, sql_log):
    items[0].id = 1

    session.flush()

    assert len(sql_log) == 0

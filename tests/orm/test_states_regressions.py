"""States of objects that random programs, told to dovetail and to its oracle, found wrong."""

import pytest

from dovetail import Column, ForeignKey, Table, event, inspect, select
from dovetail.exc import DovetailWarning, IntegrityError
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Country(Base):
    __tablename__ = "country"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    towns: Mapped[list["Town"]] = relationship(back_populates="country", order_by="Town.id")


class Town(Base):
    __tablename__ = "town"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    country_code: Mapped[str | None] = mapped_column(ForeignKey("country.code", onupdate="CASCADE"))
    country: Mapped[Country | None] = relationship(back_populates="towns")


class Flag(Base):
    """It refers to a country that knows nothing of it."""

    __tablename__ = "flag"

    id: Mapped[int] = mapped_column(primary_key=True)
    country_code: Mapped[str | None] = mapped_column(ForeignKey("country.code"))
    country: Mapped[Country | None] = relationship()


@pytest.fixture(autouse=True)
def filled(engine, session, sql_log):
    @event.listens_for(engine, "connect")
    def refuse_strangers(connection, _record):
        connection.execute("PRAGMA foreign_keys = ON")

    Base.metadata.create_all(engine)
    towns = [Town(id=1, name="one"), Town(id=2, name="two")]
    session.add(Country(code="a", name="A", towns=towns))
    session.commit()
    sql_log.clear()


def test_members_in_memory_follow_a_key_that_changes(session):
    country = session.get(Country, "a")
    towns = list(country.towns)

    country.code = "b"
    session.flush()

    assert [town.country_code for town in towns] == ["b", "b"]
    session.expire(towns[0], ["country"])
    assert towns[0].country is country
    session.rollback()
    assert [town.country_code for town in towns] == ["a", "a"]


def test_all_in_memory_follow_a_key_that_the_database_hands_on(session, sql_log):
    """Those that are in no collection that is loaded, too."""
    country, town = session.get(Country, "a"), session.get(Town, 1)
    sql_log.clear()

    country.code = "b"
    session.flush()

    assert sql_log.verbs == ["UPDATE country"]
    assert town.country_code == "b"
    assert not session.is_modified(town)


def test_rows_of_a_third_table_follow_both_sides_at_once(engine, session, sql_log):
    class Own(DeclarativeBase):
        pass

    pairs = Table(
        "pair",
        Own.metadata,
        Column("left_name", ForeignKey("left_side.name", deferrable=True, initially="DEFERRED")),
        Column("right_name", ForeignKey("right_side.name", deferrable=True, initially="DEFERRED")),
    )

    class Left(Own):
        __tablename__ = "left_side"
        name: Mapped[str] = mapped_column(primary_key=True)
        rights: Mapped[list["Right"]] = relationship(
            secondary=pairs, back_populates="lefts", passive_updates=False
        )

    class Right(Own):
        __tablename__ = "right_side"
        name: Mapped[str] = mapped_column(primary_key=True)
        lefts: Mapped[list[Left]] = relationship(
            secondary=pairs, back_populates="rights", passive_updates=False
        )

    Own.metadata.create_all(engine)
    left = Left(name="a", rights=[Right(name="x"), Right(name="y")])
    session.add(left)
    session.commit()
    right, other = left.rights
    sql_log.clear()

    left.name, right.name = "b", "z"
    left.rights.remove(other)
    session.commit()

    assert sql_log.statements[-2:] == [
        "DELETE FROM pair WHERE pair.left_name = ? AND pair.right_name = ?",
        (
            "UPDATE pair SET left_name=?, right_name=? "
            "WHERE pair.left_name = ? AND pair.right_name = ?"
        ),
    ]
    assert session.execute(select(pairs)).all() == [("b", "z")]


def test_a_new_object_of_a_deleted_owner_is_refused_by_the_database(session):
    country = session.get(Country, "a")
    town = Town(id=9, country=country)
    with pytest.warns(match="not in the session"):
        session.flush()
    session.delete(country)

    session.add(town)

    with pytest.raises(IntegrityError):
        session.flush()


def test_a_replaced_row_is_written_whatever_was_set_on_the_old_object(session):
    old = session.get(Country, "a")
    session.delete(old)
    old.name = "new"
    session.add(Country(code="a", name="new"))

    session.commit()

    assert session.get(Country, "a").name == "new"


def test_a_replaced_row_is_written_where_the_old_object_had_expired(session):
    old = session.get(Country, "a")
    session.expire(old)
    session.delete(old)
    session.add(Country(code="a", name=None))

    session.flush()

    assert session.connection().exec_driver_sql("SELECT name FROM country").all() == [(None,)]


@pytest.mark.filterwarnings("ignore:.* is new, and the session has another instance")
def test_one_of_two_new_objects_has_the_replaced_row_and_the_other_is_refused(session):
    session.delete(session.get(Country, "a"))
    session.add_all([Country(code="a", name="first"), Country(code="a", name="second")])

    with pytest.raises(IntegrityError):
        session.flush()

    session.rollback()
    assert session.get(Country, "a").name == "A"


def test_what_was_deleted_and_let_go_stays_outside_after_a_rollback(session):
    country = session.get(Country, "a")
    session.delete(country)
    session.flush()
    session.expunge_all()

    session.rollback()

    assert inspect(country).detached
    assert not inspect(country).was_deleted
    assert country not in session
    session.add(country)
    assert inspect(country).persistent


def test_a_refresh_with_a_lock_spares_what_is_not_named(session, sql_log):
    country = session.get(Country, "a")
    towns = country.towns
    with session.no_autoflush:
        country.name = "changed"
        town = towns[0]
        town.name = "changed too"
        sql_log.clear()

        session.refresh(town, ["country_code"], with_for_update=True)

    assert town.name == "changed too"
    assert country.towns is towns
    assert len(sql_log) == 1


def test_populate_existing_leaves_what_is_to_be_deleted(session):
    town = session.get(Town, 1)
    session.delete(town)

    with session.no_autoflush:
        session.get(Town, 1, populate_existing=True)

    assert town in session.deleted
    session.commit()
    assert session.get(Town, 1) is None


def test_a_reference_that_was_none_has_none_for_an_old_value(session):
    town = Town(id=3, country=None)
    session.add(town)
    session.flush()

    town.country = session.get(Country, "a")

    history = inspect(town).attrs.country.history
    assert (history.added, history.deleted) == ([town.country], [None])


def test_a_member_that_is_taken_out_knows_its_parent_without_having_loaded_it(session):
    country = session.get(Country, "a")
    town = country.towns[0]
    session.expire(town, ["country"])

    country.towns.remove(town)

    assert inspect(town).attrs.country.history.deleted == [country]


def test_members_of_a_deleted_parent_lose_it_where_they_refer_to_a_copy(engine, session):
    with Session(engine) as other:
        copy = other.get(Country, "a")
        town = other.get(Town, 1)
        assert town.country is copy
        other.expunge(copy)
        parent = other.merge(copy, load=False)

        other.delete(parent)
        other.flush()

        assert town.country_code is None


def test_what_a_replacing_object_refers_to_is_written(session):
    country = session.get(Country, "a")
    flag = Flag(id=1)
    session.add(flag)
    session.flush()
    session.delete(flag)

    session.add(Flag(id=1, country=country))
    session.commit()

    assert session.get(Flag, 1).country is country


def test_a_reference_that_is_set_to_none_counts_for_more_than_a_key(session):
    """So it is for an instance that is merged as well: the copy of one that was deleted, say."""
    towns = [
        Town(id=7, country_code="a", country=None),
        Town(id=8, country_code="a"),
        session.merge(Town(id=9, country_code="a", country=None)),
    ]
    session.add_all(towns)
    session.flush()

    assert [town.country_code for town in towns] == [None, "a", None]


def test_what_is_overwritten_forgets_what_was_to_happen_to_its_collections(session):
    country, town = session.get(Country, "a"), session.get(Town, 1)
    with session.no_autoflush:
        town.country = None
        again = select(Country).execution_options(populate_existing=True)
        assert session.scalars(again).all() == [country]

        assert [one.id for one in country.towns] == [1, 2]


def test_a_reference_to_what_was_deleted_is_left_out_with_a_warning(session):
    country = session.get(Country, "a")
    session.delete(country)
    session.flush()
    flag = Flag(id=1)
    session.add(flag)
    with session.no_autoflush:
        flag.__dict__["country"] = country

        with pytest.warns(DovetailWarning, match="and not in the session"):
            session.flush()

    assert flag.country_code is None

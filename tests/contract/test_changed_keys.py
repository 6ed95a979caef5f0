"""Keys that users choose, and change: rows that refer to them follow, and what is in memory."""

from types import SimpleNamespace

import pytest

TABLES = (
    "CREATE TABLE country (code VARCHAR(10) NOT NULL PRIMARY KEY)",
    (
        "CREATE TABLE town (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(10), country_code"
        " VARCHAR(10){country})"
    ),
    "CREATE TABLE flag (id INTEGER NOT NULL PRIMARY KEY, country_code VARCHAR(10){country})",
    (
        "CREATE TABLE district (country_code VARCHAR(10) NOT NULL, number INTEGER NOT NULL,"
        " name VARCHAR(10), PRIMARY KEY (country_code, number){country})"
    ),
    "CREATE TABLE league (name VARCHAR(10) NOT NULL PRIMARY KEY)",
    (
        "CREATE TABLE entry (country_code VARCHAR(10) NOT NULL, league_name VARCHAR(10) NOT NULL,"
        " PRIMARY KEY (country_code, league_name){country}{league})"
    ),
    "CREATE TABLE region (name VARCHAR(10) NOT NULL PRIMARY KEY, parent_name VARCHAR(10){region})",
)

CONSTRAINTS = {
    "cascade": " ON UPDATE CASCADE",
    "deferred": " DEFERRABLE INITIALLY DEFERRED",
    "immediate": "",
}


def tables(constraint):
    """The statements that make the tables; *constraint* "none" is for tables without any."""
    after = CONSTRAINTS.get(constraint)
    targets = {"country": "code", "league": "name", "region": "name"}
    sources = {"country": "country_code", "league": "league_name", "region": "parent_name"}
    clauses = {
        name: ""
        if after is None
        else f", FOREIGN KEY ({sources[name]}) REFERENCES {name} ({key}){after}"
        for name, key in targets.items()
    }
    if constraint == "cascade":
        # Within one table not every server hands keys on.
        clauses["region"] = ""
    return [text.format(**clauses) for text in TABLES]


def declare(sa, orm, passive):
    column = orm.mapped_column

    class Base(orm.DeclarativeBase):
        pass

    def relationship(*arguments, **options):
        return orm.relationship(*arguments, passive_updates=passive, **options)

    membership = sa.Table(
        "entry",
        Base.metadata,
        sa.Column("country_code", sa.ForeignKey("country.code"), primary_key=True),
        sa.Column("league_name", sa.ForeignKey("league.name"), primary_key=True),
    )

    class Country(Base):
        __tablename__ = "country"
        code = column(sa.String(10), primary_key=True)
        towns = relationship("Town", back_populates="country", order_by="Town.id")
        districts = relationship("District", back_populates="country", order_by="District.number")
        leagues = relationship("League", secondary=membership, back_populates="countries")

    class Town(Base):
        __tablename__ = "town"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(10))
        country_code = column(sa.ForeignKey("country.code"))
        country = relationship("Country", back_populates="towns")

    class Flag(Base):
        __tablename__ = "flag"
        id = column(sa.Integer, primary_key=True)
        country_code = column(sa.ForeignKey("country.code"))
        country = relationship("Country")

    class District(Base):
        __tablename__ = "district"
        country_code = column(sa.ForeignKey("country.code"), primary_key=True)
        number = column(sa.Integer, primary_key=True, autoincrement=False)
        name = column(sa.String(10))
        country = relationship("Country", back_populates="districts")

    class League(Base):
        __tablename__ = "league"
        name = column(sa.String(10), primary_key=True)
        countries = relationship("Country", secondary=membership, back_populates="leagues")

    class Region(Base):
        __tablename__ = "region"
        name = column(sa.String(10), primary_key=True)
        parent_name = column(sa.ForeignKey("region.name"))
        parts = relationship("Region", back_populates="whole", order_by="Region.name")
        whole = relationship("Region", back_populates="parts", remote_side=[name])

    Base.registry.configure()
    classes = (Country, Town, Flag, District, League, Region)
    return SimpleNamespace(**{entity.__name__: entity for entity in classes})


def refuse_strangers(connection, _record):
    connection.execute("PRAGMA foreign_keys = ON")


@pytest.fixture
def world(sa, orm, session_engine, session, run, style, backend):
    """Makes the tables with a *constraint*, the classes, and their rows."""

    def world(*, passive, constraint):
        if constraint == "deferred" and backend.server == "mariadb":
            pytest.skip("MariaDB has no deferred constraints")
        if constraint != "none" and style == "awaiting":
            pytest.skip("constraints are the same for those who await")
        if constraint != "none" and backend.server is None:
            session_engine.dispose()
            sa.event.listen(session_engine, "connect", refuse_strangers)
        for text in tables(constraint):
            run(session.execute, sa.text(text))
        m = declare(sa, orm, passive)
        league = m.League(name="L")
        country = m.Country(
            code="a",
            towns=[m.Town(id=1), m.Town(id=2)],
            districts=[m.District(number=1), m.District(number=2)],
            leagues=[league, m.League(name="M")],
        )
        whole = m.Region(name="w", parts=[m.Region(name="p"), m.Region(name="q")])
        made = [
            country,
            m.Country(code="z", leagues=[league]),
            whole,
            m.Flag(id=1, country=country),
        ]
        run(session.add_all, made)
        run(session.commit)
        run(session.expunge_all)
        return m

    return world


@pytest.fixture
def rows(sa, session, run):
    """The rows of a SELECT, in order."""

    def rows(columns, table):
        found = run(session.execute, sa.text(f"SELECT {columns} FROM {table}"))
        return sorted(tuple(row) for row in found)

    return rows


@pytest.fixture
def updated(sql_log):
    """The tables whose rows were updated, in order; what was sent before is forgotten."""

    def updated():
        words = [text.split() for text in sql_log.statements]
        sql_log.statements.clear()
        return [name.strip("`") for verb, name, *_ in words if verb == "UPDATE"]

    return updated


WRITTEN = [
    pytest.param({"passive": False, "constraint": "none"}, id="no constraint"),
    pytest.param({"passive": False, "constraint": "deferred"}, id="deferred"),
]


@pytest.mark.parametrize("known", WRITTEN)
@pytest.mark.parametrize("loaded", [True, False], ids=["loaded", "unloaded"])
def test_the_flush_writes_what_refers_to_a_key(
    orm, session, run, world, rows, updated, known, loaded
):
    m = world(**known)
    options = [orm.selectinload(getattr(m.Country, name)) for name in ("towns", "districts")]
    country = run(session.get, m.Country, "a", options=options if loaded else [])
    flag = run(session.get, m.Flag, 1, options=[orm.selectinload(m.Flag.country)])
    updated()

    country.code = "b"
    run(session.flush)

    sent = updated()
    assert sent[0] == "country"
    assert sorted(sent[1:]) == ["district", "entry", "flag", "town"]
    assert flag.country_code == "b"
    assert [town.country_code for town in country.towns] == ["b", "b"]
    run(session.commit)
    assert rows("id, country_code", "town") == [(1, "b"), (2, "b")]
    assert rows("id, country_code", "flag") == [(1, "b")]
    assert rows("country_code, number", "district") == [("b", 1), ("b", 2)]
    assert rows("country_code, league_name", "entry") == [
        ("b", "L"),
        ("b", "M"),
        ("z", "L"),
    ]


@pytest.mark.parametrize("known", WRITTEN)
def test_what_follows_with_its_own_key_has_a_new_identity(orm, sa, session, run, world, known):
    m = world(**known)
    country = run(session.get, m.Country, "a", options=[orm.selectinload(m.Country.districts)])
    district = country.districts[0]
    district.name = "changed"

    country.code = "b"
    run(session.flush)

    assert sa.inspect(district).identity == ("b", 1)
    assert run(session.get, m.District, ("b", 1)) is district
    run(session.rollback)
    assert sa.inspect(district).identity == ("a", 1)
    assert run(session.get, m.District, ("a", 1)) is district
    assert district.name is None


@pytest.mark.parametrize("known", WRITTEN)
def test_rows_of_a_third_table_follow_either_side(session, run, world, rows, updated, known):
    m = world(**known)
    league = run(session.get, m.League, "L")
    updated()

    league.name = "N"
    run(session.commit)

    assert updated() == ["league", "entry"]
    assert rows("country_code, league_name", "entry") == [
        ("a", "M"),
        ("a", "N"),
        ("z", "N"),
    ]


@pytest.mark.parametrize("known", WRITTEN)
@pytest.mark.parametrize("loaded", [True, False], ids=["loaded", "unloaded"])
def test_rows_of_the_same_table_follow(orm, session, run, world, rows, known, loaded):
    m = world(**known)
    options = [orm.selectinload(m.Region.parts)] if loaded else []
    whole = run(session.get, m.Region, "w", options=options)

    whole.name = "v"
    run(session.flush)
    assert [part.parent_name for part in whole.parts] == ["v", "v"]
    run(session.commit)

    assert rows("name, coalesce(parent_name, '-')", "region") == [
        ("p", "v"),
        ("q", "v"),
        ("v", "-"),
    ]


@pytest.mark.parametrize("known", WRITTEN)
def test_what_has_moved_does_not_follow(orm, session, run, world, rows, known):
    m = world(**known)
    country = run(session.get, m.Country, "a", options=[orm.selectinload(m.Country.towns)])
    flag = run(session.get, m.Flag, 1)
    town, *_ = country.towns
    country.towns.remove(town)
    country.towns.append(m.Town(id=7))

    country.code = "b"
    run(session.commit)

    assert flag in session
    assert rows("id, coalesce(country_code, '-')", "town") == [(1, "-"), (2, "b"), (7, "b")]


def test_a_database_that_hands_the_key_on_is_left_to_do_so(
    orm, sa, session, run, world, rows, updated
):
    m = world(passive=True, constraint="cascade")
    options = [orm.selectinload(getattr(m.Country, name)) for name in ("towns", "districts")]
    country = run(session.get, m.Country, "a", options=options)
    towns, districts = list(country.towns), list(country.districts)
    flag = run(session.get, m.Flag, 1, options=[orm.selectinload(m.Flag.country)])
    updated()

    country.code = "b"
    run(session.flush)

    assert updated() == ["country"]
    assert [one.country_code for one in (*towns, *districts, flag)] == ["b"] * 5
    assert [sa.inspect(one).identity for one in districts] == [("b", 1), ("b", 2)]
    assert not list(session.dirty)
    assert rows("country_code, number", "district") == [("b", 1), ("b", 2)]
    assert rows("country_code, league_name", "entry") == [
        ("b", "L"),
        ("b", "M"),
        ("z", "L"),
    ]


def test_what_follows_in_the_database_is_found_by_its_new_key(
    orm, sa, session, run, world, rows, updated
):
    m = world(passive=True, constraint="cascade")
    country = run(session.get, m.Country, "a", options=[orm.selectinload(m.Country.districts)])
    first, second = country.districts
    updated()

    country.code = "b"
    first.name = "changed"
    if sa.__name__ == "dovetail":
        # The oracle looks for its old key, and finds no row.
        run(session.delete, second)
    run(session.commit)

    assert updated() == ["country", "district"]
    found = rows("country_code, number", "district WHERE name = 'changed' OR number = 2")
    assert found[:1] == [("b", 1)]
    assert len(found) == (1 if sa.__name__ == "dovetail" else 2)
    assert sa.inspect(first).identity == ("b", 1)


def test_a_savepoint_that_is_rolled_back_restores_what_has_followed(orm, sa, session, run, world):
    m = world(passive=True, constraint="cascade")
    options = [orm.selectinload(getattr(m.Country, name)) for name in ("towns", "districts")]
    country = run(session.get, m.Country, "a", options=options)
    town, district = country.towns[0], country.districts[0]
    savepoint = run(session.begin_nested)
    country.code = "b"
    run(session.flush)

    run(savepoint.rollback)

    assert sa.inspect(district).identity == ("a", 1)
    assert run(session.get, m.District, ("a", 1)) is district
    run(session.refresh, town)
    assert town.country_code == "a"
    assert run(session.get, m.Country, "a") is country


def test_a_constraint_that_does_not_wait_refuses_the_new_key(sa, session, run, world):
    m = world(passive=False, constraint="immediate")
    country = run(session.get, m.Country, "a")

    country.code = "b"

    with pytest.raises(sa.exc.IntegrityError):
        run(session.flush)
    run(session.rollback)
    assert country.code == "a"

"""``refresh_flush`` names what a flush has filled in, as on the other package."""

import importlib
from itertools import count

import pytest


@pytest.mark.parametrize("package", ["dovetail", "sqlalchemy"])
def test_what_a_flush_has_filled_in_is_told_and_nothing_else(package):
    sql = importlib.import_module(package)
    orm = importlib.import_module(f"{package}.orm")
    numbers = count(1)

    class Base(orm.DeclarativeBase):
        pass

    class Item(Base):
        __tablename__ = "item"

        id = orm.mapped_column(sql.Integer, primary_key=True)
        plain = orm.mapped_column(sql.Integer)
        made = orm.mapped_column(sql.Integer, default=lambda: next(numbers))
        constant = orm.mapped_column(sql.Integer, default=5)
        expression = orm.mapped_column(sql.Integer, default=sql.text("1 + 1"))
        of_server = orm.mapped_column(sql.Integer, server_default="3")
        touched = orm.mapped_column(sql.Integer, onupdate=lambda: next(numbers))
        version = orm.mapped_column(sql.Integer, nullable=False)
        __mapper_args__ = {"version_id_col": version}

    engine = sql.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    told = []
    sql.event.listen(Item, "refresh_flush", lambda item, _, names: told.append(set(names)))
    with orm.Session(engine) as session:
        item = Item()
        session.add(item)
        session.flush()
        item.plain = 1
        session.flush()

    filled = {"made", "constant", "expression", "of_server", "version"}
    assert told == [filled, {"touched", "version"}]


def what_is_told(package):
    """What listeners hear of a row that is inserted, changed twice and deleted."""
    sql = importlib.import_module(package)
    orm = importlib.import_module(f"{package}.orm")
    numbers = count(1)

    class Base(orm.DeclarativeBase):
        pass

    class Item(Base):
        __tablename__ = "item"

        id = orm.mapped_column(sql.Integer, primary_key=True)
        plain = orm.mapped_column(sql.Integer)
        touched = orm.mapped_column(sql.Integer, onupdate=lambda: next(numbers))
        counted = orm.mapped_column(sql.Integer, onupdate=sql.literal(3) + 4)
        of_server = orm.mapped_column(sql.Integer, server_onupdate=sql.FetchedValue())
        doubled = orm.column_property(plain * 2)

    engine = sql.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    told = {"filled": [], "expired": []}
    sql.event.listen(Item, "refresh_flush", lambda item, _, names: told["filled"].extend(names))
    sql.event.listen(Item, "expire", lambda item, names: told["expired"].extend(names))

    def now():
        found = {name: sorted(names) for name, names in told.items()}
        for names in told.values():
            names.clear()
        return found

    with orm.Session(engine) as session:
        item = Item()
        session.add(item)
        session.flush()
        yield now()
        for value in (1, 2, sql.literal(5) + 1):
            item.plain = value
            session.flush()
            yield now()
        yield item.counted, item.plain
        session.delete(item)
        session.flush()
        yield now()


def test_what_a_flush_lets_expire_is_told():
    here, there = (list(what_is_told(package)) for package in ("dovetail", "sqlalchemy"))

    assert here == there
    assert here[1] == {"filled": ["touched"], "expired": ["counted", "doubled", "of_server"]}


def told_of_rows_that_go(package):
    """What is heard, and known, of a row whose reference is cleared before it is deleted."""
    sql = importlib.import_module(package)
    orm = importlib.import_module(f"{package}.orm")
    numbers = count(1)

    class Base(orm.DeclarativeBase):
        pass

    class Team(Base):
        __tablename__ = "team"

        id = orm.mapped_column(sql.Integer, primary_key=True)
        captain_id = orm.mapped_column(sql.ForeignKey("player.id", name="captain"))
        touched = orm.mapped_column(sql.Integer, onupdate=lambda: next(numbers))
        counted = orm.mapped_column(sql.Integer, onupdate=sql.literal(3) + 4)
        captain = orm.relationship("Player", foreign_keys=captain_id, post_update=True)
        players = orm.relationship("Player", foreign_keys="Player.team_id")

    class Player(Base):
        __tablename__ = "player"

        id = orm.mapped_column(sql.Integer, primary_key=True)
        team_id = orm.mapped_column(sql.ForeignKey("team.id"))

    engine = sql.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    told = []
    sql.event.listen(Team, "refresh_flush", lambda team, _, names: told.append(sorted(names)))
    sql.event.listen(Team, "expire", lambda team, names: told.append(sorted(names)))
    with orm.Session(engine) as session:
        player = Player()
        team = Team(players=[player], captain=player)
        session.add(team)
        session.flush()
        yield team.touched, team.counted, list(told)
        session.delete(team)
        session.flush()
        yield team.touched, team.counted, list(told), next(numbers)


def test_what_is_written_before_a_row_goes_is_no_news():
    here, there = (list(told_of_rows_that_go(package)) for package in ("dovetail", "sqlalchemy"))

    assert here == there
    assert here[1] == (1, 7, [["touched"], ["counted"]], 3)

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

"""Classes mapped to a SELECT are written to the tables that it reads; compared with the oracle."""

from importlib import import_module
from types import SimpleNamespace

import pytest

from dovetail import Column, Integer, String, Table, and_, delete, insert, select, union, update
from dovetail.exc import InvalidRequestError
from dovetail.orm import Session, aliased, registry
from dovetail.orm.exc import StaleDataError

PACKAGES = ("dovetail", "sqlalchemy")


def world(package):
    sa, orm = import_module(package), import_module(f"{package}.orm")
    Column, select = sa.Column, sa.select
    mappings = orm.registry()
    shop = sa.Table(
        "shop", mappings.metadata,
        Column("id", sa.Integer, primary_key=True), Column("name", sa.String(9)),
        Column("rank", sa.Integer, default=7), Column("changes", sa.Integer, onupdate=1),
    )  # fmt: skip
    item = sa.Table(
        "item", mappings.metadata,
        Column("item_id", sa.Integer, primary_key=True, key="id"), Column("text", sa.String(9)),
        Column("shop_id", sa.ForeignKey("shop.id")),
        Column("stamp", sa.String(9), server_default="made"),
    )  # fmt: skip

    class Base:
        def __init__(self, **values):
            for name, value in values.items():
                setattr(self, name, value)

    class Counted(Base):
        pass

    class Named(Base):
        pass

    class Stocked(Base):
        pass

    class Alias(Base):
        pass

    class Shop(Base):
        pass

    counted = (
        select(
            shop.c.id, shop.c.name, shop.c.rank, shop.c.changes,
            sa.func.count(item.c.id).label("total"),
        )
        .outerjoin(item).group_by(shop.c.id).subquery()
    )  # fmt: skip
    named = (
        select(item.c.id.label("number"), item.c.text, item.c.shop_id, shop.c.name)
        .join(shop).order_by(item.c.id).cte()
    )  # fmt: skip
    stocked = (
        select(shop.c.id, shop.c.name, item.c.id.label("item_id"), item.c.text, item.c.stamp)
        .where(shop.c.id == item.c.shop_id).subquery()
    )  # fmt: skip
    alias = item.alias()
    mappings.map_imperatively(Counted, counted)
    mappings.map_imperatively(Named, named)
    mappings.map_imperatively(Stocked, stocked)
    mappings.map_imperatively(Alias, alias)
    mappings.map_imperatively(
        Shop, shop,
        properties={"items": orm.relationship(Named), "others": orm.relationship(
            Alias, cascade="all, delete-orphan", overlaps="items")},
    )  # fmt: skip
    engine = sa.create_engine("sqlite://")
    mappings.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(
            sa.insert(shop), [{"id": 1, "name": "a", "rank": 1}, {"id": 2, "name": "b", "rank": 2}]
        )
        connection.execute(sa.insert(item), [{"id": 5, "text": "x", "shop_id": 1}])
    return SimpleNamespace(
        sa=sa, orm=orm, s=orm.Session(engine), engine=engine, shop=shop, item=item,
        Counted=Counted, Named=Named, Stocked=Stocked, Alias=Alias, Shop=Shop,
    )  # fmt: skip


def rows(w):
    w.s.flush()
    return [
        tuple(row)
        for table in (w.shop, w.item)
        for row in w.s.execute(w.sa.select(table).order_by(table.c.id))
    ]


def inserted(w):
    counted, named, alias = w.Counted(name="c"), w.Named(text="y", shop_id=2), w.Alias(text="z")
    w.s.add_all([counted, alias])
    w.s.flush()
    w.s.add(named)
    yield rows(w)
    yield counted.id, counted.rank, counted.total
    yield named.number, w.s.refresh(named), named.name
    yield alias.id, alias.stamp
    w.s.add_all([w.Named(text=f"{number}", shop_id=1) for number in range(3)])
    yield rows(w)
    yield counted.total


def changed(w):
    counted = w.s.get(w.Counted, 1)
    yield counted.total
    counted.name = "d"
    yield rows(w)
    w.s.commit()
    named = w.s.get(w.Named, 5)
    yield named.name
    named.text, named.shop_id = "n", 2
    yield rows(w)
    w.s.commit()
    yield named.name
    stocked = w.s.scalars(w.sa.select(w.Stocked)).one()
    stocked.name, stocked.text = "both", "sides"
    yield rows(w)
    stocked.text = w.sa.func.upper("sides")
    yield rows(w)
    yield stocked.text


def deleted(w):
    w.s.delete(w.s.get(w.Named, 5))
    yield rows(w)
    w.s.rollback()
    w.s.delete(w.s.get(w.Counted, 2))
    yield rows(w)
    w.s.delete(w.s.scalars(w.sa.select(w.Stocked)).one())
    yield rows(w)


def related(w):
    new = w.Shop(name="n", others=[w.Alias(text="3")])
    w.s.add(new)
    w.s.flush()
    new.items += [w.Named(text="1"), w.Named(text="2")]
    yield rows(w)
    w.s.commit()
    yield [(one.text, one.name) for one in new.items]
    yield sorted(one.text for one in new.others)
    new.others.pop()
    yield len(rows(w))
    w.s.rollback()
    w.s.delete(new)
    yield rows(w)


def keys_that_move(w):
    counted = w.s.get(w.Counted, 2)
    counted.id = 9
    yield rows(w)
    w.s.commit()
    yield w.s.get(w.Counted, 9) is counted


def merged(w):
    w.s.merge(w.Counted(id=1, name="m"))
    w.s.merge(w.Named(number=8, text="new", shop_id=1))
    yield rows(w)


def legacy_bulk(w):
    w.s.bulk_save_objects([w.Named(text="q", shop_id=1)])
    yield rows(w)


SCENARIOS = [inserted, changed, deleted, related, keys_that_move, merged, legacy_bulk]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda f: f.__name__)
def test_as_the_oracle(scenario):
    answers = []
    for package in PACKAGES:
        w = world(package)
        answers.append(list(scenario(w)))
        w.s.close()
        w.engine.dispose()
    assert answers[0] == answers[1]


def hierarchy(package, how):
    """What is in the tables after rows of a hierarchy were written that begins in a SELECT."""
    sa, orm = import_module(package), import_module(f"{package}.orm")
    mappings = orm.registry()
    base = sa.Table(
        "base", mappings.metadata, sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(9)), sa.Column("name", sa.String(9)),
    )  # fmt: skip
    child = sa.Table(
        "child", mappings.metadata,
        sa.Column("child_id", sa.ForeignKey(base.c.id), primary_key=True),
        sa.Column("size", sa.Integer),
    )  # fmt: skip

    class Base:
        def __init__(self, **values):
            for name, value in values.items():
                setattr(self, name, value)

    class Child(Base):
        pass

    class Sister(Base):
        pass

    selected = sa.select(base).where(base.c.id > 0).subquery()
    mappings.map_imperatively(
        Base, selected, polymorphic_on=selected.c.kind, polymorphic_identity="base",
    )  # fmt: skip
    mappings.map_imperatively(Child, child, inherits=Base, polymorphic_identity="child")
    mappings.map_imperatively(Sister, inherits=Base, polymorphic_identity="sister")
    engine = sa.create_engine("sqlite://")
    mappings.metadata.create_all(engine)
    with orm.Session(engine) as session:

        def rows():
            session.flush()
            found = [session.execute(sa.select(table)).all() for table in (base, child)]
            return [[tuple(row) for row in of_table] for of_table in found]

        new = [Child(name="c", size=1), Base(name="b"), Sister(name="s"), Child(id=9, size=2)]
        session.add_all(new)
        yield rows()
        session.commit()
        for one in session.scalars(sa.select(Base).order_by(Base.id)):
            yield type(one).__name__, one.id, one.name
        new[0].name, new[3].size, new[2].name = "n", 3, "t"
        yield rows()
        new[0].size, new[0].name = 5, "m"
        yield rows()
        for one in (new[how], new[how - 1]):
            session.delete(one)
        yield rows()
    engine.dispose()


@pytest.mark.parametrize("how", [0, 1])
def test_a_hierarchy_that_begins_in_a_select_is_written_whole(how):
    assert list(hierarchy("dovetail", how)) == list(hierarchy("sqlalchemy", how))


@pytest.fixture
def w():
    w = world("dovetail")
    yield w
    w.s.close()
    w.engine.dispose()


@pytest.mark.parametrize(
    ("new", "name"), [("Counted", "total"), ("Named", "name")], ids=["computed", "without a key"]
)
def test_what_is_only_read_is_refused(w, new, name):
    class_ = getattr(w, new)
    w.s.add(class_(**{name: 3}))
    with pytest.raises(InvalidRequestError, match=f"'{name}' is read from the SELECT") as caught:
        w.s.flush()
    assert "primary key" in str(caught.value.hint)
    w.s.rollback()
    one = w.s.scalars(select(class_)).first()
    setattr(one, name, 3)
    with pytest.raises(InvalidRequestError, match=f"'{name}' is read from the SELECT"):
        w.s.flush()


def test_what_is_only_read_is_no_part_of_a_merge(w):
    counted = w.s.get(w.Counted, 1)
    w.s.expunge(counted)
    w.s.add(w.Named(text="y", shop_id=1))
    w.s.flush()
    counted.name = "m"
    merged = w.s.merge(counted)
    w.s.flush()
    assert (counted.total, merged.total, merged.name) == (1, 2, "m")


def test_the_values_of_the_server_are_told(w):
    told = []
    w.sa.event.listen(w.Counted, "refresh_flush", lambda one, _, names: told.append(sorted(names)))
    w.s.add(w.Counted(id=4, name="x"))
    w.s.flush()
    w.s.get(w.Counted, 4).name = "y"
    w.s.flush()
    assert told == [["rank"], ["changes"]]


def test_rows_of_dictionaries_are_written_to_the_tables_below(w):
    w.s.bulk_insert_mappings(w.Counted, [{"name": "i"}, {"name": "j"}])
    w.s.bulk_update_mappings(w.Counted, [{"id": 1, "name": "u"}])
    assert rows(w)[:4] == [(1, "u", 1, 1), (2, "b", 2, None), (3, "i", 7, None), (4, "j", 7, None)]


@pytest.mark.parametrize("verb", [insert, update, delete])
def test_a_select_is_no_table_of_a_statement(w, verb):
    with pytest.raises(InvalidRequestError, match="Counted is mapped to a SELECT"):
        w.s.execute(verb(w.Counted))


def unions(table, other):
    return union(select(table), select(other)).subquery()


def doubles(table, other):
    twin = table.alias()
    return select(table, twin.c.name.label("of_twin")).where(twin.c.id == table.c.id).subquery()


def parts(table, other):
    return select(table.c.first, table.c.name).distinct().subquery()


def computed(table, other):
    return select((table.c.id + 1).label("id"), table.c.name).subquery()


@pytest.mark.parametrize("make", [unions, doubles, parts, computed], ids=lambda it: it.__name__)
@pytest.mark.parametrize("below", [False, True], ids=["class", "class below"])
def test_what_shows_no_row_of_a_table_is_not_written(engine, make, below):
    mappings = registry()
    table, other = (
        Table(
            name, mappings.metadata, Column("first", Integer, primary_key=True),
            Column("id", Integer, primary_key=True), Column("name", String(9)),
        )
        for name in ("table_one", "table_two")
    )  # fmt: skip
    child = Table(
        "child", mappings.metadata, Column("first", Integer, primary_key=True),
        Column("id", Integer, primary_key=True),
    )  # fmt: skip
    mappings.metadata.create_all(engine)

    class One:
        pass

    class Child(One):
        pass

    selected = make(table, other)
    keys = [selected.c[name] for name in ("first", "id") if name in selected.c]
    mappings.map_imperatively(One, selected, primary_key=keys)
    mappings.map_imperatively(
        Child, child, inherits=One, inherit_condition=and_(*[child.c[c.name] == c for c in keys])
    )
    with Session(engine) as session:
        one = Child() if below else One()
        one.first, one.id, one.name = 1, 1, "x"
        session.add(one)
        with pytest.raises(InvalidRequestError, match="is mapped to a SELECT: its rows can't be"):
            session.flush()
        session.rollback()
        assert session.execute(select(table)).all() == session.execute(select(child)).all() == []


def test_an_alias_of_a_class_that_is_mapped_to_a_select_is_read(w):
    twin = aliased(w.Counted)
    assert w.s.scalars(select(twin.name).where(twin.total == 1)).all() == ["a"]


def test_versions_are_kept_in_the_table_below(engine):
    mappings = registry()
    table = Table(
        "versioned", mappings.metadata, Column("id", Integer, primary_key=True),
        Column("name", String(9)), Column("version", Integer, nullable=False),
    )  # fmt: skip
    mappings.metadata.create_all(engine)

    class One:
        pass

    selected = select(table).where(table.c.version > 0).subquery()
    mappings.map_imperatively(One, selected, version_id_col=selected.c.version)
    with Session(engine) as session:
        one = One()
        one.id, one.name = 1, "a"
        session.add(one)
        session.commit()
        one.name = "b"
        session.flush()
        assert (one.version, session.execute(select(table)).all()) == (2, [(1, "b", 2)])
        one.name = "c"
        with session.no_autoflush:
            session.execute(update(table).values(version=5))
        with pytest.raises(StaleDataError, match="expected version 2"):
            session.flush()
        session.rollback()
        session.delete(one)
        session.commit()
        assert session.execute(select(table)).all() == []

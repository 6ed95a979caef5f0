"""Rows are restricted wherever a class stands in a statement; compared with the oracle."""

from importlib import import_module
from types import SimpleNamespace

import pytest

PACKAGES = ("dovetail", "sqlalchemy")


def world(package):
    """Owners and their things, some hidden; things of four kinds in two tables."""
    sa, orm = import_module(package), import_module(f"{package}.orm")

    class Base(orm.DeclarativeBase):
        pass

    class Owner(Base):
        __tablename__ = "owner"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        hidden = orm.mapped_column(sa.Integer, default=0)
        things = orm.relationship("Thing", back_populates="owner", order_by="Thing.id")

    class Thing(Base):
        __tablename__ = "thing"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        hidden = orm.mapped_column(sa.Integer, default=0)
        owner_id = orm.mapped_column(sa.ForeignKey("owner.id"))
        kind = orm.mapped_column(sa.String(10))
        size = orm.mapped_column(sa.Integer, default=1)
        owner = orm.relationship("Owner", back_populates="things")
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "thing"}

    class Tool(Thing):
        __tablename__ = "tool"
        id = orm.mapped_column(sa.ForeignKey("thing.id"), primary_key=True)
        use = orm.mapped_column(sa.String(10), default="none")
        __mapper_args__ = {"polymorphic_identity": "tool"}

    class Saw(Tool):
        __mapper_args__ = {"polymorphic_identity": "saw"}

    class Toy(Thing):
        age = orm.mapped_column(sa.Integer, nullable=True)
        __mapper_args__ = {"polymorphic_identity": "toy"}

    class Note(Base):
        __tablename__ = "note"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        number = orm.mapped_column(sa.Integer)

    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    session = orm.Session(engine)
    session.add_all(
        [
            Owner(
                id=1,
                things=[
                    Thing(id=1, size=1),
                    Tool(id=2, hidden=1, size=2, use="cut"),
                    Tool(id=3, size=4, use="dig"),
                    Saw(id=7, size=64),
                    Toy(id=8, size=128, age=3),
                ],
            ),
            Owner(id=2, hidden=1, things=[Tool(id=4, size=8, use="cut"), Toy(id=9, size=3)]),
            Owner(id=3, things=[Thing(id=5, hidden=1, size=16), Saw(id=6, hidden=1, size=32)]),
            Owner(id=4, things=[Toy(id=10, hidden=1, age=5)]),
        ]
    )
    session.commit()
    alias = orm.aliased(Thing)
    toys = orm.aliased(Toy)
    every = orm.with_polymorphic(Thing, "*", flat=True)
    return SimpleNamespace(**{**vars(sa), **locals()})


def of_rows(w, statement, *options):
    rows = w.session.execute(statement.options(*options)).all()
    return sorted([tuple(getattr(v, "id", v) for v in row) for row in rows], key=repr)


@pytest.fixture(scope="module")
def worlds():
    made = [world(package) for package in PACKAGES]
    yield made
    for one in made:
        one.session.close()
        one.engine.dispose()


def hidden(w, *classes):
    """Options that leave out what is hidden, of each of *classes*."""
    return [
        w.orm.with_loader_criteria(one, one.hidden == 0, include_aliases=True) for one in classes
    ]


def recursive(w):
    below = w.select(w.Thing.id).where(w.Thing.id == 1).cte(recursive=True)
    return below.union_all(w.select(w.Thing.id).join(below, w.Thing.id == below.c.id + 1))


def joined_subquery(w):
    things = w.select(w.Thing.id, w.Thing.owner_id).subquery()
    return w.select(w.Owner.id, things.c.id).join(things, things.c.owner_id == w.Owner.id)


SELECTS = {
    "the class": lambda w: w.select(w.Thing),
    "an alias": lambda w: w.select(w.alias),
    "columns": lambda w: w.select(w.Thing.id),
    "a label": lambda w: w.select(w.Thing.size.label("much")),
    "an expression": lambda w: w.select(w.Thing.size + 1),
    "a case": lambda w: w.select(w.case((w.Thing.size > 3, 1), else_=0)),
    "an aggregate": lambda w: w.select(w.func.sum(w.Thing.size)),
    "an aggregate of an alias": lambda w: w.select(w.func.max(w.alias.size)),
    "a bundle": lambda w: w.select(w.orm.Bundle("b", w.Thing.id, w.Thing.size)),
    "FROM": lambda w: w.select(w.func.count()).select_from(w.Thing),
    "WHERE alone": lambda w: w.select(w.func.count()).where(w.Thing.size > 0),
    "WHERE beside another": lambda w: w.select(w.Owner.id).where(w.Owner.id == w.Thing.owner_id),
    "a product": lambda w: w.select(w.func.sum(w.Owner.id * w.Thing.size)).where(
        w.Owner.id == w.Thing.owner_id
    ),
    "a join": lambda w: w.select(w.Owner.id, w.Thing.id).join(w.Owner.things),
    "an outer join": lambda w: w.select(w.Owner.id, w.Thing.id).outerjoin(w.Owner.things),
    "an outer join to an alias": lambda w: w.select(w.Owner.id, w.alias.id).outerjoin(
        w.Owner.things.of_type(w.alias)
    ),
    "any()": lambda w: w.select(w.Owner.id).where(w.Owner.things.any()),
    "not any()": lambda w: w.select(w.Owner.id).where(~w.Owner.things.any(w.Thing.size > 1)),
    "any() of an alias": lambda w: w.select(w.Owner.id).where(
        w.Owner.things.of_type(w.alias).any(w.alias.size > 1)
    ),
    "any() of a hierarchy": lambda w: w.select(w.Owner.id).where(
        w.Owner.things.of_type(w.every).any(w.every.size > 2)
    ),
    "has()": lambda w: w.select(w.Thing.id).where(w.Thing.owner.has()),
    "has() within any()": lambda w: w.select(w.Owner.id).where(
        w.Owner.things.any(w.Thing.owner.has(w.Owner.things.any(w.Thing.size == 2)))
    ),
    "an empty collection": lambda w: w.select(w.Owner.id).where(w.Owner.things == None),
    "EXISTS": lambda w: w.select(w.Owner.id).where(
        w.exists().where(w.Thing.owner_id == w.Owner.id)
    ),
    "EXISTS of a SELECT": lambda w: w.select(w.Owner.id).where(
        w.select(w.alias).where(w.alias.owner_id == w.Owner.id).exists()
    ),
    "IN": lambda w: w.select(w.Owner.id).where(w.Owner.id.in_(w.select(w.Thing.owner_id))),
    "a value": lambda w: w.select(
        w.Owner.id,
        w.select(w.func.count(w.Thing.id)).where(w.Thing.owner_id == w.Owner.id).scalar_subquery(),
    ),
    "a subquery": lambda w: w.select(w.select(w.Thing.id).subquery().c.id),
    "a subquery joined": joined_subquery,
    "an aggregate of a subquery": lambda w: w.select(w.func.count()).select_from(
        w.select(w.Thing.size + 1).subquery()
    ),
    "an alias of a subquery": lambda w: w.select(
        w.orm.aliased(w.Thing, w.select(w.Thing).where(w.Thing.size > 1).subquery())
    ),
    "a CTE": lambda w: w.select(w.select(w.Thing.size * 2).cte().c[0]),
    "a CTE that recurs": lambda w: w.select(recursive(w).c.id),
    "UNION": lambda w: (
        w.select(w.Thing.id).where(w.Thing.id < 3).union_all(w.select(w.Thing.id * 10))
    ),
    "a UNION in FROM": lambda w: w.select(
        w.select(w.Thing.id).union(w.select(w.Owner.id)).subquery().c.id
    ),
    "groups": lambda w: w.select(w.Thing.owner_id, w.func.count()).group_by(w.Thing.owner_id),
    "a statement for instances": lambda w: w.select(w.Thing).from_statement(
        w.select(w.Thing).where(w.Thing.id < 4)
    ),
    "a hierarchy": lambda w: w.select(w.func.count(w.every.id)),
    "a class of a hierarchy": lambda w: w.select(w.every.Toy.age),
}


@pytest.mark.parametrize("place", SELECTS)
@pytest.mark.parametrize("classes", [("Thing",), ("Owner", "Thing"), ("Tool",)])
def test_criteria_hold_wherever_a_class_stands_in_a_select(worlds, place, classes):
    ours, theirs = (
        of_rows(w, SELECTS[place](w), *hidden(w, *[getattr(w, name) for name in classes]))
        for w in worlds
    )

    assert ours == theirs


OF_A_CLASS = {
    "the class": lambda w, c: w.select(c),
    "a column": lambda w, c: w.select(c.size),
    "an expression": lambda w, c: w.select(c.size + 1),
    "a label": lambda w, c: w.select(c.size.label("much")),
    "a bundle": lambda w, c: w.select(w.orm.Bundle("b", c.id, c.size)),
    "a case": lambda w, c: w.select(w.case((c.size > 4, 1), else_=0)),
    "an aggregate": lambda w, c: w.select(w.func.sum(c.size)),
    "an aggregate of an alias": lambda w, c: w.select(w.func.max(w.orm.aliased(c).size)),
    "an expression of two classes": lambda w, c: w.select(w.Owner.id + c.size).where(
        w.Owner.id == c.owner_id
    ),
    "WHERE alone": lambda w, c: w.select(w.Owner.id).where(w.Owner.id == c.owner_id),
    "WHERE of the class above": lambda w, c: w.select(w.Thing.id).where(c.size > 3),
    "FROM": lambda w, c: w.select(w.func.count()).select_from(c),
    "a join": lambda w, c: w.select(w.Owner.id, c.id).join(w.Owner.things.of_type(c)),
    "an outer join": lambda w, c: w.select(w.Owner.id, c.id).outerjoin(c, c.owner_id == w.Owner.id),
    "a join in FROM": lambda w, c: w.select(w.Owner.id).select_from(
        w.orm.outerjoin(w.Owner, c, w.Owner.id == c.owner_id)
    ),
    "any()": lambda w, c: w.select(w.Owner.id).where(w.Owner.things.of_type(c).any()),
    "EXISTS": lambda w, c: w.select(w.Owner.id).where(w.exists().where(c.owner_id == w.Owner.id)),
    "EXISTS around": lambda w, c: w.select(c.id).where(w.exists().where(w.Owner.id == c.owner_id)),
    "EXISTS of a query": lambda w, c: w.select(w.Owner.id).where(
        w.orm.Query([c]).filter(c.owner_id == w.Owner.id).exists()
    ),
    "other columns": lambda w, c: w.select(c.id).with_only_columns(
        w.func.count(), maintain_column_froms=True
    ),
    "reduced columns": lambda w, c: w.select(c.id, c.size).reduce_columns(),
    "IN": lambda w, c: w.select(w.Owner.id).where(w.Owner.id.in_(w.select(c.owner_id))),
    "a value": lambda w, c: w.select(w.select(w.func.sum(c.size)).scalar_subquery()),
    "a subquery": lambda w, c: w.select(w.select(c.size + 1).subquery().c[0]),
    "a CTE": lambda w, c: w.select(w.select(c.size + 1).cte().c[0]),
    "UNION": lambda w, c: w.select(c.id + 0).union(w.select(c.id * 10)),
    "groups": lambda w, c: w.select(c.owner_id, w.func.count()).group_by(c.owner_id),
    "some of its columns": lambda w, c: w.select(
        w.orm.aliased(c, w.select(c.id, c.kind, c.hidden).subquery()).id
    ),
}


@pytest.mark.parametrize("place", OF_A_CLASS)
@pytest.mark.parametrize("name", ["Thing", "Tool", "Saw", "Toy"])
@pytest.mark.parametrize("restricts", [False, True])
def test_the_rows_of_a_class_alone_are_met_wherever_it_stands(worlds, place, name, restricts):
    if (place, name) == ("an expression of two classes", "Tool"):
        pytest.skip("the oracle forgets to join the table of the second class")
    ours, theirs = (
        of_rows(
            w,
            OF_A_CLASS[place](w, getattr(w, name)),
            *(hidden(w, w.Thing, w.Owner) if restricts else ()),
        )
        for w in worlds
    )

    assert ours == theirs


CHANGES = {
    "an UPDATE": lambda w: w.update(w.Thing).values(size=3),
    "an UPDATE of a class below": lambda w: w.update(w.Toy).values(size=3),
    "IN": lambda w: (
        w.update(w.Owner).where(w.Owner.id.in_(w.select(w.Thing.owner_id))).values(hidden=5)
    ),
    "any()": lambda w: w.update(w.Owner).where(w.Owner.things.any()).values(hidden=5),
    "a value": lambda w: w.update(w.Owner).values(
        hidden=w.select(w.func.count(w.Thing.id))
        .where(w.Thing.owner_id == w.Owner.id)
        .scalar_subquery()
    ),
    "a DELETE": lambda w: w.delete(w.Thing).where(w.Thing.kind == "thing"),
    "a DELETE with EXISTS": lambda w: w.delete(w.Owner).where(
        w.exists().where(w.Toy.owner_id == w.Owner.id)
    ),
    "INSERT from a SELECT": lambda w: w.insert(w.Note).from_select(
        ["id", "number"], w.select(w.Thing.id, w.Thing.size)
    ),
    "INSERT of a value": lambda w: w.insert(w.Note).values(
        id=5, number=w.select(w.func.count(w.Thing.id)).scalar_subquery()
    ),
}


@pytest.mark.parametrize("synchronize", [False, "fetch"])
@pytest.mark.parametrize("change", CHANGES)
def test_criteria_hold_wherever_a_class_stands_in_a_change(worlds, change, synchronize):
    def changed(w):
        statement = CHANGES[change](w).options(*hidden(w, w.Thing))
        if not statement.is_insert:
            statement = statement.execution_options(synchronize_session=synchronize)
        w.session.execute(statement)
        tables = [w.Owner.__table__, w.Thing.__table__, w.Note.__table__]
        left = [sorted(map(tuple, w.session.execute(w.select(t)).all())) for t in tables]
        w.session.rollback()
        return left

    ours, theirs = map(changed, worlds)

    assert ours == theirs


def test_what_queries_count_and_unite_is_restricted(worlds):
    def counts(w):
        s, hide = w.session, hidden(w, w.Thing)
        first = s.query(w.Thing).filter(w.Thing.id < 3)
        rest = s.query(w.Thing).filter(w.Thing.id > 2)
        return [
            s.query(w.Thing).options(*hide).count(),
            s.query(w.Owner).join(w.Owner.things).options(*hide).count(),
            s.query(w.func.sum(w.Toy.size)).scalar(),
            s.query(w.Toy).count(),
            sorted(thing.id for thing in first.union(rest).options(*hide)),
            sorted(thing.id for thing in first.options(*hide).union(rest)),
        ]

    ours, theirs = map(counts, worlds)

    assert ours == theirs


def test_a_listener_that_adds_criteria_reaches_all_that_a_statement_speaks_of(worlds):
    w = worlds[0]

    def hide(state):
        state.statement = state.statement.options(*hidden(w, w.Thing))

    w.event.listen(w.session, "do_orm_execute", hide)
    try:
        found = w.session.scalars(w.select(w.Owner.id).where(w.Owner.things.any())).all()
        counted = w.session.query(w.Thing).count()
    finally:
        w.event.remove(w.session, "do_orm_execute", hide)

    assert (found, counted) == ([1, 2], 6)


def test_the_values_of_criteria_within_are_those_of_the_statement_that_runs(worlds):
    w = worlds[0]

    def owners(size):
        option = w.orm.with_loader_criteria(w.Thing, w.Thing.size > size)
        statement = w.select(w.Owner.id).where(w.Owner.things.any()).order_by(w.Owner.id)
        return w.session.scalars(statement.options(option)).all()

    assert [owners(size) for size in (0, 7, 100, 500)] == [[1, 2, 3, 4], [1, 2, 3], [1], []]


def test_what_an_option_says_of_a_class_is_not_restricted_by_itself(worlds):
    def found(w):
        within = w.select(w.Owner.id).where(w.Owner.hidden == 0)
        option = w.orm.with_loader_criteria(w.Owner, w.Owner.id.in_(within))
        things = w.orm.with_loader_criteria(w.Thing, w.Thing.size > 2)
        owned = w.orm.with_loader_criteria(w.Owner, w.Owner.things.any())
        return [
            of_rows(w, w.select(w.Owner.id), option),
            of_rows(w, w.select(w.Owner.id), owned, things),
            str(w.select(w.Owner.id).options(option)),
        ]

    ours, theirs = map(found, worlds)

    assert ours == theirs


def test_the_classes_that_criteria_alone_speak_of_may_be_sisters(worlds):
    w = worlds[0]

    statement = w.select(w.Thing.id).where(w.or_(w.Toy.age == 3, w.Saw.size == 32))

    assert of_rows(w, statement) == [(6,), (8,)]


@pytest.mark.parametrize(
    ("place", "rows"),
    [
        (lambda w: w.select(w.func.row_number().over(order_by=w.Toy.id)), [(1,), (2,)]),
        (lambda w: w.select(w.func.count(w.Toy.id).filter(w.Toy.size > 1)), [(2,)]),
    ],
)
def test_a_window_or_a_filter_is_of_the_rows_of_the_class(worlds, place, rows):
    w = worlds[0]

    assert of_rows(w, place(w), *hidden(w, w.Thing)) == rows


def test_an_update_is_restricted_by_what_its_other_tables_are(worlds):
    w = worlds[0]
    statement = w.update(w.Owner).where(w.Owner.id == w.Toy.owner_id).values(hidden=7)

    w.session.execute(statement.options(*hidden(w, w.Thing)))
    changed = w.session.execute(
        w.select(w.Owner.__table__.c.id).where(w.Owner.__table__.c.hidden == 7)
    )

    assert sorted(changed.scalars()) == [1, 2]
    w.session.rollback()


def test_statements_that_differ_in_the_class_alone_have_plans_of_their_own(worlds):
    w = worlds[0]

    def copied(kind):
        w.session.execute(
            w.insert(w.Note).from_select(["id", "number"], w.select(kind.id, kind.size))
        )
        ids = w.session.scalars(w.select(w.Note.id)).all()
        w.session.rollback()
        return sorted(ids)

    assert copied(w.Tool) == [2, 3, 4, 6, 7]
    assert copied(w.Saw) == [6, 7]
    assert copied(w.Tool) == [2, 3, 4, 6, 7]

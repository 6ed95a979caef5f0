"""Random statements over a hierarchy, with criteria on its classes, as plain values."""

from importlib import import_module
from types import SimpleNamespace
from typing import Any

from hypothesis import strategies as st

KINDS = ("Thing", "Tool", "Saw", "Toy")
CLASSES = ("Owner", *KINDS)
OF_PARTS = ("joinedload", "selectinload", "lazyload", "raiseload")
"""Of subqueryload the oracle asks for the parts of those alone that criteria let through."""
STRATEGIES = ("joinedload", "selectinload", "subqueryload", "lazyload")

small = st.integers(0, 40)
criteria = st.lists(
    st.tuples(st.sampled_from(CLASSES), st.sampled_from(["hidden", "size"]), small), max_size=2
)
wholes = st.recursive(
    st.sampled_from(["size", "id", "owner_id"]).map(lambda name: ("column", name)),
    lambda inner: st.one_of(
        st.tuples(st.just("+"), inner, small),
        st.tuples(st.just("coalesce"), inner),
        st.tuples(st.just("case"), inner),
    ),
    max_leaves=3,
)
conditions = st.recursive(
    st.one_of(
        st.tuples(st.just("<"), wholes, small),
        st.tuples(st.sampled_from(["has owner", "in owners"])),
        # Of an alias of Saw that criteria alone name the oracle forgets which rows are saws.
        st.tuples(st.just("exists"), st.sampled_from(["Thing", "Tool", "Toy"]), small),
        st.tuples(st.just("in"), st.sampled_from(KINDS), wholes),
        st.tuples(st.just("more than"), st.sampled_from(KINDS)),
    ),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["and", "or"]), inner, inner), st.tuples(st.just("not"), inner)
    ),
    max_leaves=3,
)
selects = st.fixed_dictionaries(
    {
        "class": st.sampled_from(KINDS),
        "alias": st.booleans(),
        "shape": st.sampled_from(
            ["entity", "columns", "label", "bundle", "aggregate", "grouped", "owners", "joined",
             "outer", "subquery", "cte", "union", "value", "text"]
        ),
        "wholes": st.lists(wholes, min_size=1, max_size=2),
        "where": st.lists(conditions, max_size=2),
        "criteria": criteria,
    }
)  # fmt: skip
# The oracle changes rows of a class of several tables in the table of the class alone.
changed = st.one_of(
    st.tuples(st.just("update"), st.sampled_from(["Thing", "Toy"])),
    st.tuples(st.just("delete"), st.just("Toy")),
    st.tuples(st.sampled_from(["insert", "owners"]), st.sampled_from(KINDS)),
)
changes = st.fixed_dictionaries(
    {
        "changed": changed,
        "where": st.lists(conditions, max_size=2),
        "criteria": criteria,
    }
)
loads = st.fixed_dictionaries(
    {
        "things": st.sampled_from(STRATEGIES),
        "parts": st.lists(
            st.tuples(st.sampled_from(["Tool", "Toy"]), st.sampled_from(OF_PARTS)),
            max_size=2,
            unique_by=lambda pair: pair[0],
        ),
        "descending": st.booleans(),
        "limit": st.none() | st.integers(0, 3),
        "criteria": criteria,
    }
)


def models(package: str) -> Any:
    """The classes: two of the kinds have *parts*, each of its own; a session with rows of all."""
    sa, orm = import_module(package), import_module(f"{package}.orm")
    column, relationship = orm.mapped_column, orm.relationship

    class Base(orm.DeclarativeBase):
        pass

    class Owner(Base):
        __tablename__ = "owner"
        id = column(sa.Integer, primary_key=True)
        hidden = column(sa.Integer)
        size = column(sa.Integer)
        things = relationship("Thing", back_populates="owner", order_by="Thing.size")

    class Thing(Base):
        __tablename__ = "thing"
        id = column(sa.Integer, primary_key=True)
        kind = column(sa.String(10))
        hidden = column(sa.Integer)
        size = column(sa.Integer)
        owner_id = column(sa.ForeignKey("owner.id"))
        owner = relationship("Owner", back_populates="things")
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "thing"}

    class Tool(Thing):
        __tablename__ = "tool"
        id = column(sa.ForeignKey("thing.id"), primary_key=True)
        parts = relationship("ToolPart", order_by="ToolPart.id.desc()")
        __mapper_args__ = {"polymorphic_identity": "tool"}

    class Saw(Tool):
        __mapper_args__ = {"polymorphic_identity": "saw"}

    class Toy(Thing):
        parts = relationship("ToyPart", order_by="ToyPart.id")
        __mapper_args__ = {"polymorphic_identity": "toy"}

    class ToolPart(Base):
        __tablename__ = "tool_part"
        id = column(sa.Integer, primary_key=True)
        tool_id = column(sa.ForeignKey("tool.id"))

    class ToyPart(Base):
        __tablename__ = "toy_part"
        id = column(sa.Integer, primary_key=True)
        toy_id = column(sa.ForeignKey("thing.id"))

    class Note(Base):
        __tablename__ = "note"
        id = column(sa.Integer, primary_key=True)
        number = column(sa.Integer)

    engine = sa.create_engine("sqlite://", enable_from_linting=False)
    Base.metadata.create_all(engine)
    session = orm.Session(engine)
    kinds = (Thing, Tool, Saw, Toy)
    owners = [Owner(id=n, hidden=n == 2, size=8 * n) for n in range(1, 5)]
    things = [
        kinds[n % 4](id=n, hidden=n % 3 == 0, size=(7 * n) % 31, owner=owners[n % 5 % 3])
        for n in range(1, 16)
    ]
    for thing in things:
        if hasattr(thing, "parts"):
            kind = ToyPart if isinstance(thing, Toy) else ToolPart
            thing.parts = [kind() for _ in range(thing.id % 3)]
    session.add_all([*owners, *things])
    session.commit()
    return SimpleNamespace(**{**vars(sa), **locals()})


class Restricted:
    """Builds what a recipe says with the classes of one package."""

    def __init__(self, m: Any, recipe: dict[str, Any]) -> None:
        self.m = m
        self.recipe = recipe
        verb, name = recipe.get("changed", ("select", recipe.get("class", "Owner")))
        self.verb: str = verb
        self.entity: Any = getattr(m, name)
        if recipe.get("alias"):
            self.entity = m.orm.aliased(self.entity)

    def options(self) -> list[Any]:
        """The criteria: nothing that is hidden, or nothing that is smaller."""
        made = []
        for name, attribute, least in self.recipe["criteria"]:
            kind = getattr(self.m, name)
            column = getattr(kind, attribute)
            condition = column == 0 if attribute == "hidden" else column >= least
            made.append(self.m.orm.with_loader_criteria(kind, condition, include_aliases=True))
        return made

    def whole(self, entity: Any, recipe: tuple[Any, ...]) -> Any:
        m = self.m
        match recipe:
            case ("column", name):
                return getattr(entity, name)
            case ("+", inner, value):
                return self.whole(entity, inner) + value
            case ("coalesce", inner):
                return m.func.coalesce(self.whole(entity, inner), 0)
            case ("case", inner):
                return m.case((entity.size > 9, self.whole(entity, inner)), else_=entity.id)
        raise AssertionError(recipe)

    def condition(self, entity: Any, recipe: tuple[Any, ...]) -> Any:
        m = self.m
        match recipe:
            case ("and" | "or" as word, left, right):
                join = m.and_ if word == "and" else m.or_
                return join(self.condition(entity, left), self.condition(entity, right))
            case ("not", inner):
                return m.not_(self.condition(entity, inner))
            case ("<", inner, value):
                return self.whole(entity, inner) < value
            case ("has owner",):
                return entity.owner.has(m.Owner.size > 9)
            case ("in owners",):
                return entity.owner_id.in_(m.select(m.Owner.id))
            case ("exists", name, value):
                other = self._another(name)
                return m.exists().where(other.size > value, other.owner_id == entity.owner_id)
            case ("in", name, inner):
                other = self._another(name)
                return entity.size.in_(m.select(self.whole(other, inner)))
            case ("more than", name):
                other = self._another(name)
                return entity.size >= m.select(m.func.min(other.size)).scalar_subquery()
        raise AssertionError(recipe)

    def _another(self, name: str) -> Any:
        """An alias of the class *name* for a SELECT within the condition."""
        if self.recipe.get("shape") == "owners" and name == "Saw":
            # In a SELECT within any() the oracle forgets which rows of the table are of the class.
            name = "Tool"
        return self.m.orm.aliased(getattr(self.m, name))

    def select(self) -> Any:
        """The SELECT, its criteria among its options."""
        m, entity, shape = self.m, self.entity, self.recipe["shape"]
        wholes = [self.whole(entity, one) for one in self.recipe["wholes"]]
        where = [self.condition(entity, one) for one in self.recipe["where"]]
        match shape:
            case "entity":
                statement = m.select(entity)
            case "label":
                statement = m.select(wholes[0].label("whole"))
            case "bundle":
                statement = m.select(m.orm.Bundle("bundle", *wholes))
            case "aggregate":
                statement = m.select(m.func.sum(wholes[0]), m.func.count())
            case "grouped":
                statement = m.select(entity.owner_id, m.func.max(wholes[0]))
                statement = statement.group_by(entity.owner_id)
            case "owners":
                inner = m.Owner.things.of_type(entity).any(m.and_(m.true(), *where))
                return m.select(m.Owner.id).where(inner).options(*self.options())
            case "joined" | "outer":
                link = m.Owner.things.of_type(entity)
                statement = m.select(m.Owner.id, entity.id).join(link, isouter=shape == "outer")
            case "text":
                statement = m.select(m.literal(1)).select_from(entity)
            case _:
                statement = m.select(*[one.label(f"c{n}") for n, one in enumerate(wholes)])
        return self._within(statement.where(*where)).options(*self.options())

    def _within(self, statement: Any) -> Any:
        m = self.m
        match self.recipe["shape"]:
            case "subquery":
                return m.select(m.func.count()).select_from(statement.subquery())
            case "cte":
                rows = statement.cte()
                return m.select(m.func.max(rows.c[0]))
            case "union":
                other = m.select(*[m.Owner.id + n for n in range(len(self.recipe["wholes"]))])
                return statement.union_all(other)
            case "value":
                only = statement.with_only_columns(m.func.sum(self.entity.size))
                return m.select(only.scalar_subquery())
        return statement

    def change(self) -> Any:
        """The UPDATE, DELETE or INSERT."""
        m, entity = self.m, self.entity
        where = [self.condition(entity, one) for one in self.recipe["where"]]
        match self.verb:
            case "update":
                statement = m.update(entity).where(*where).values(size=entity.size + 100)
            case "delete":
                statement = m.delete(entity).where(*where)
            case "insert":
                source = m.select(entity.id, entity.size).where(*where)
                statement = m.insert(m.Note).from_select(["id", "number"], source)
            case _:
                within = m.select(entity.owner_id).where(*where)
                statement = m.update(m.Owner).where(m.Owner.id.in_(within)).values(size=77)
        return statement.options(*self.options())

    def load(self) -> Any:
        """The SELECT of owners, with the options that load what they own."""
        m, o = self.m, self.m.orm
        order = m.Owner.size.desc() if self.recipe["descending"] else m.Owner.size
        statement = m.select(m.Owner).order_by(order).limit(self.recipe["limit"])
        things = getattr(o, self.recipe["things"])
        options = [things(m.Owner.things)]
        for name, strategy in self.recipe["parts"]:
            kind = getattr(m, name)
            options.append(
                o.defaultload(m.Owner.things.of_type(kind)).options(
                    getattr(o, strategy)(kind.parts)
                )
            )
        return statement.options(*options, *self.options())

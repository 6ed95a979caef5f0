"""Strategies for SELECT statements, as plain values, and what makes a statement of them."""

from typing import Any

from hypothesis import strategies as st

ENTITIES = ("Owner", "Child", "Node")
LINKS = {
    "Owner": (("children", "Child"), ("tags", "Tag"), ("profile", "Profile")),
    "Child": (("owner", "Owner"),),
    "Node": (("children", "Node"), ("parent", "Node")),
}
NUMBERS = ("serial",)

small = st.integers(-2, 12)
words = st.sampled_from(["a", "b", "c", "", "a%", "A_b", "it's"])
patterns = st.sampled_from(["%a%", "_", "b%", "%"])

numbers = st.recursive(
    st.one_of(
        st.tuples(st.just("column"), st.sampled_from(NUMBERS)),
        st.tuples(st.just("value"), small),
    ),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["+", "-", "*"]), inner, inner),
        st.tuples(st.just("negative"), inner),
        st.tuples(st.just("coalesce"), inner, inner),
        st.tuples(st.just("case"), inner, inner),
    ),
    max_leaves=4,
)
sums_of_texts = st.recursive(
    st.one_of(st.tuples(st.just("column"), st.just("name")), st.tuples(st.just("value"), words)),
    lambda inner: st.tuples(st.just("+"), inner, inner),
    max_leaves=3,
)
texts = st.one_of(sums_of_texts, st.tuples(st.sampled_from(["lower", "upper"]), sums_of_texts))
comparisons = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
conditions = st.recursive(
    st.one_of(
        st.tuples(comparisons, numbers, numbers),
        st.tuples(comparisons, texts, texts),
        st.tuples(st.just("in"), numbers, st.lists(small, max_size=3)),
        st.tuples(st.just("not_in"), texts, st.lists(words, max_size=3)),
        st.tuples(st.just("between"), numbers, numbers, numbers),
        st.tuples(st.just("like"), texts, patterns),
        st.tuples(st.sampled_from(["startswith", "endswith", "contains"]), texts, words),
        st.tuples(st.sampled_from(["is", "is_not"]), texts),
        st.tuples(st.just("any"), st.integers(0, 2), texts),
        st.tuples(st.just("with_rows"), numbers),
    ),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["and", "or"]), inner, inner), st.tuples(st.just("not"), inner)
    ),
    max_leaves=4,
)
recipes = st.fixed_dictionaries(
    {
        "entity": st.sampled_from(ENTITIES),
        "shape": st.sampled_from(["entity", "columns", "count", "grouped", "exists", "union"]),
        "where": st.lists(conditions, max_size=2),
        "join": st.none() | st.tuples(st.integers(0, 2), st.booleans()),
        "columns": st.lists(st.one_of(numbers, texts), min_size=1, max_size=3),
        "descending": st.booleans(),
        "distinct": st.booleans(),
        "limit": st.none() | st.integers(0, 5),
        "offset": st.none() | st.integers(0, 3),
    }
)

OPERATORS = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
}


class Builder:
    """Builds what a recipe says with one package."""

    def __init__(self, models: Any, entity: str) -> None:
        self.models = models
        self.sa = models.sa
        self.name = entity
        self.entity = getattr(models, entity)

    def link(self, number: int) -> tuple[Any, Any]:
        links = LINKS[self.name]
        attribute, target = links[number % len(links)]
        return getattr(self.entity, attribute), getattr(self.models, target)

    def expression(self, recipe: tuple[Any, ...]) -> Any:
        verb, *parts = recipe
        sa = self.sa
        if verb in OPERATORS:
            return OPERATORS[verb](self.expression(parts[0]), self.expression(parts[1]))
        match verb:
            case "column":
                return getattr(self.entity, parts[0])
            case "value":
                return sa.literal(parts[0])
            case "negative":
                return -self.expression(parts[0])
            case "coalesce":
                return sa.func.coalesce(*map(self.expression, parts))
            case "case":
                return sa.case(
                    (self.entity.serial > 3, self.expression(parts[0])),
                    else_=self.expression(parts[1]),
                )
            case "lower" | "upper":
                return getattr(sa.func, verb)(self.expression(parts[0]))
            case _:
                return self.condition(recipe)

    def condition(self, recipe: tuple[Any, ...]) -> Any:
        verb, *parts = recipe
        sa = self.sa
        match verb:
            case "and" | "or":
                return getattr(sa, f"{verb}_")(*map(self.expression, parts))
            case "not":
                return sa.not_(self.expression(parts[0]))
            case "in" | "not_in" | "like" | "startswith" | "endswith" | "contains":
                method = {"in": "in_"}.get(verb, verb)
                return getattr(self.expression(parts[0]), method)(parts[1])
            case "between":
                return self.expression(parts[0]).between(*map(self.expression, parts[1:]))
            case "is" | "is_not":
                return getattr(self.expression(parts[0]), {"is": "is_"}.get(verb, verb))(None)
            case "any":
                attribute, target = self.link(parts[0])
                test = attribute.any if attribute.property.uselist else attribute.has
                return test(target.name != self.expression(parts[1]))
            case "with_rows":
                other = sa.select(self.models.Tag.serial).where(self.models.Tag.serial > 4)
                return self.expression(parts[0]).in_(other)
        raise AssertionError(verb)

    def statement(self, recipe: dict[str, Any]) -> Any:
        """The SELECT; rows come in an order that is the same in every world."""
        sa, entity = self.sa, self.entity
        plain = [self.expression(one) for one in recipe["columns"]]
        columns = [one.label(f"c{n}") for n, one in enumerate(plain)]
        match recipe["shape"]:
            case "entity":
                statement = sa.select(entity)
            case "columns" | "union":
                statement = sa.select(*columns).select_from(entity)
            case "count":
                statement = sa.select(sa.func.count(entity.id.distinct()), sa.func.max(columns[0]))
            case "grouped":
                statement = sa.select(entity.name, sa.func.count(), sa.func.sum(entity.serial))
            case _:
                statement = sa.select(entity.serial)
        if recipe["join"]:
            attribute, _target = self.link(recipe["join"][0])
            if _target is entity:
                _target = self.models.orm.aliased(entity)
                attribute = attribute.of_type(_target)
            statement = statement.join(attribute, isouter=recipe["join"][1])
        statement = statement.where(*map(self.expression, recipe["where"]))
        return self._finished(statement, recipe, columns, plain)

    def _finished(
        self, statement: Any, recipe: dict[str, Any], columns: list[Any], plain: list[Any]
    ) -> Any:
        sa, entity = self.sa, self.entity
        order = entity.serial.desc() if recipe["descending"] else entity.serial
        match recipe["shape"]:
            case "count":
                return statement
            case "grouped":
                grouped = statement.group_by(entity.name).having(sa.func.count() > 1)
                return grouped.order_by(entity.name)
            case "exists":
                return sa.select(sa.literal(1), statement.exists())
            case "union":
                united = statement.union(
                    sa.select(*columns).select_from(entity).where(entity.serial < 6)
                )
                return united.order_by(*[f"c{n}" for n in range(len(columns))])
        if recipe["distinct"]:
            return (
                statement.distinct().order_by(*plain)
                if recipe["shape"] == "columns"
                else statement.distinct().order_by(order)
            )
        return statement.order_by(order, *plain).limit(recipe["limit"]).offset(recipe["offset"])

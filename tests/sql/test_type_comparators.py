"""Types whose expressions have operators of their own: the same text as in the oracle."""

import importlib
from types import SimpleNamespace

import pytest


@pytest.fixture(params=["dovetail", "sqlalchemy"])
def core(request):
    return importlib.import_module(request.param)


@pytest.fixture
def column(core):
    """A column of a type that redefines some operators, and adds a method."""
    types = importlib.import_module(f"{core.__name__}.types")

    class Special(types.UserDefinedType):
        cache_ok = True

        class comparator_factory(types.UserDefinedType.Comparator):
            def __add__(self, other):
                return self.op("goofy")(other)

            def __radd__(self, other):
                return core.func.backwards(self.expr, other)

            def __eq__(self, other):
                return core.func.same(self.expr, other, type_=core.Boolean)

            __hash__ = None

            def like(self, other, escape=None):
                return super().like(other + "!", escape=escape)

            def in_(self, other):
                return core.func.among(self.expr, *other)

            def contains(self, other, **modifiers):
                return self.bool_op("@>")(other)

            def between(self, cleft, cright, symmetric=False):
                return core.func.betwixt(self.expr, cleft, cright)

            def __neg__(self):
                return core.func.negative(self.expr)

            def doubled(self):
                return self.expr * 2

        def get_col_spec(self, **options):
            return "SPECIAL"

    return core.column("x", Special())


CASES = {
    "redefined": (lambda x, core: x + 5, "x goofy :x_1"),
    "reversed": (lambda x, core: 5 + x, "backwards(x, :backwards_1)"),
    "equal": (lambda x, core: x == 5, "same(x, :same_1)"),
    "with the operator as it is": (lambda x, core: x.like("a"), "x LIKE :x_1"),
    "with a modifier": (lambda x, core: x.like("a", escape="/"), "x LIKE :x_1 ESCAPE '/'"),
    "a pattern as it is": (lambda x, core: x.startswith("a"), "x LIKE :x_1 || '%'"),
    "an escaped pattern": (
        lambda x, core: x.startswith("a%", autoescape=True),
        "x LIKE :x_1 || '%' ESCAPE '/'",
    ),
    "flags": (lambda x, core: x.regexp_match("a", flags="i"), "x <regexp> :x_1"),
    "distinct": (lambda x, core: x.is_distinct_from(1), "x IS DISTINCT FROM :x_1"),
    "null": (lambda x, core: x.is_(None), "x IS NULL"),
    "a list": (lambda x, core: x.in_([1, 2]), "among(x, :among_1, :among_2)"),
    "a pattern": (lambda x, core: x.contains("a"), "x @> :x_1"),
    "between": (lambda x, core: x.between(1, 2), "betwixt(x, :betwixt_1, :betwixt_2)"),
    "unary": (lambda x, core: -x, "negative(x)"),
    "a method": (lambda x, core: x.doubled(), "x * :x_1"),
    "not redefined": (lambda x, core: x - 5, "x - :x_1"),
    "not redefined, comparing": (lambda x, core: x != 5, "x != :x_1"),
    "ordered": (lambda x, core: x.desc(), "x DESC"),
    "an operator of one's own": (lambda x, core: x.op("%%")(1), "x %% :x_1"),
    "of the other operand": (lambda x, core: core.column("y") - x, "y - x"),
    "labelled": (lambda x, core: core.select(x.label("z")), "SELECT x AS z"),
}


@pytest.mark.parametrize(("build", "sql"), CASES.values(), ids=CASES.keys())
def test_operators_are_what_the_type_says(core, column, build, sql):
    assert str(build(column, core)) == sql


def test_the_value_is_changed_on_its_way_to_the_operator(core, column):
    compiled = column.like("a").compile()

    assert compiled.params == {"x_1": "a!"}


def test_an_escaped_pattern_has_its_value_escaped(core, column):
    assert column.startswith("a%", autoescape=True).compile().params == {"x_1": "a/%"}


def test_all_operators_may_come_to_one_method(core):
    types = importlib.import_module(f"{core.__name__}.types")

    class Folding(types.TypeDecorator):
        impl = types.String
        cache_ok = True

        class comparator_factory(types.String.Comparator):
            def operate(self, op, *other, **modifiers):
                return op(core.func.lower(self.expr), *map(core.func.lower, other), **modifiers)

    x, plain = core.column("x", Folding()), core.column("y", core.String)

    assert str(x == "A") == "lower(x) = lower(:lower_1)"
    assert str(x < plain) == "lower(x) < lower(y)"
    assert str(x.like("A")) == "lower(x) LIKE lower(:lower_1)"
    assert str(plain == "A") == "y = :y_1"


def test_mapped_attributes_have_the_operators_of_their_type(core, column):
    orm = importlib.import_module(f"{core.__name__}.orm")

    class Base(orm.DeclarativeBase):
        pass

    class Thing(Base):
        __tablename__ = "thing"
        id = orm.mapped_column(core.Integer, primary_key=True)
        x = orm.mapped_column(column.type)

    assert str(Thing.x + 5) == "thing.x goofy :x_1"
    assert str(core.select(Thing.id).where(Thing.x == 5)).endswith("WHERE same(thing.x, :same_1)")
    assert str(orm.aliased(Thing, name="other").x.doubled()) == "other.x * :x_1"


def test_other_types_stay_as_they_are(core, column):
    plain = SimpleNamespace(
        number=core.column("n", core.Integer), text=core.column("t", core.String)
    )

    assert str(column + 1) == "x goofy :x_1"
    assert str(plain.number + 1) == "n + :n_1"
    assert str(plain.text + "a") == "t || :t_1"
    assert str(plain.text.in_(["a"])) == "t IN (__[POSTCOMPILE_t_1])"


def test_a_type_says_what_its_elements_are(core):
    types = importlib.import_module(f"{core.__name__}.types")

    class Pairs(types.UserDefinedType):
        cache_ok = True

        class comparator_factory(types.UserDefinedType.Comparator):
            def __getitem__(self, key):
                return core.func.pair_at(self.expr, key)

    assert str(core.column("x", Pairs())["a"]) == "pair_at(x, :pair_at_1)"


def test_and_or_and_not_are_asked_of_the_type_too(core):
    types = importlib.import_module(f"{core.__name__}.types")

    class Joined(types.TypeDecorator):
        impl = types.String
        cache_ok = True

        class comparator_factory(types.String.Comparator):
            def __or__(self, other):
                return self.op("||")(other)

            def __invert__(self):
                return core.func.backwards(self.expr)

    first, second = core.column("first", Joined), core.column("second", Joined)

    assert str(first | second) == "first || second"
    assert str(~first) == "backwards(first)"
    assert str(~(first == second)) == "first != second"


def test_an_operator_may_say_the_type_of_what_it_gives(core):
    types = importlib.import_module(f"{core.__name__}.types")
    custom_op = importlib.import_module(f"{core.__name__}.sql.operators").custom_op

    class Place(types.UserDefinedType):
        cache_ok = True

        def get_col_spec(self, **kw):
            return "PLACE"

        def column_expression(self, column):
            return core.func.as_text(column, type_=self)

        class comparator_factory(types.UserDefinedType.Comparator):
            def far(self, other):
                return self.operate(custom_op("<#>"), other, result_type=core.Integer)

            def beyond(self, other):
                return self.operate(custom_op("<##>"), other)

    at = core.Column("at", Place)

    assert isinstance(at.far(1).type, core.Integer)
    assert (
        str(core.select(at.far(1).label("d"))).split("\n")[0].rstrip() == "SELECT at <#> :at_1 AS d"
    )
    assert isinstance(at.beyond(1).type, Place)
    assert "as_text(at <##> :at_1) AS d" in str(core.select(at.beyond(1).label("d")))


def test_a_type_may_find_methods_by_name(core):
    types = importlib.import_module(f"{core.__name__}.types")

    class Place(types.UserDefinedType):
        cache_ok = True

        def get_col_spec(self, **kw):
            return "PLACE"

        class comparator_factory(types.UserDefinedType.Comparator):
            def __getattr__(self, name):
                if not name.startswith("st_"):
                    raise AttributeError(name)
                return lambda *others: getattr(core.func, name)(self.expr, *others)

    at = core.Column("at", Place)

    assert str(at.st_buffer(2)) == "st_buffer(at, :st_buffer_1)"
    assert not hasattr(at, "buffer")
    assert at.label("x").name == "x"

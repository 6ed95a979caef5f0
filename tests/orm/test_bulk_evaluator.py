"""Criteria evaluated in Python: answers, and refusals to guess."""

from datetime import date

import pytest

from dovetail import (
    JSON,
    Enum,
    Numeric,
    String,
    TypeDecorator,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    text,
    true,
    tuple_,
)
from dovetail.dialects import mysql, postgresql, sqlite
from dovetail.exc import UnevaluatableError
from dovetail.orm import DeclarativeBase, Mapped, aliased, column_property, mapped_column
from dovetail.orm.bulk.evaluator import Evaluator, UnknownValue
from dovetail.orm.evaluator import EvaluatorCompiler


class Base(DeclarativeBase):
    pass


class Shouted(TypeDecorator):
    impl = String
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return value and value.upper()


class Item(Base):
    __tablename__ = "item"

    id: Mapped[int] = mapped_column(primary_key=True)
    a: Mapped[int | None]
    b: Mapped[int | None]
    s: Mapped[str | None]
    flag: Mapped[bool | None]
    day: Mapped[date | None]
    price: Mapped[float | None] = mapped_column(Numeric(10, 2))
    mood: Mapped[str | None] = mapped_column(Enum("good", "bad"))
    folded: Mapped[str | None] = mapped_column(String(collation="NOCASE"))
    loud: Mapped[str | None] = mapped_column(Shouted)
    data: Mapped[dict | None] = mapped_column(JSON)


Item.double = column_property(func.abs(Item.__table__.c.a))
I = Item  # noqa: E741 - short, for the tables below
ROW = {"id": 1, "a": 5, "b": None, "s": "a%c", "flag": True, "day": date(2024, 2, 29)}


@pytest.mark.parametrize(
    ("criterion", "answer"),
    [
        (I.a == 5, True),
        (I.a != 5, False),
        (I.b == 5, None),
        (I.b.is_(None), True),
        (I.a.is_not(None), True),
        (~(I.b > 3), None),
        (and_(I.b > 3, I.a == 5), None),
        (and_(I.b > 3, I.a == 4), False),
        (or_(I.b > 3, I.a == 5), True),
        (or_(I.b > 3, I.a == 4), None),
        (~and_(I.b > 3, I.a == 4), True),
        (I.a.in_([1, 5]), True),
        (I.a.in_([1, None]), None),
        (I.a.not_in([1, None]), None),
        (I.a.not_in([5, None]), False),
        (I.a.in_([]), False),
        (I.b.in_([]), False),
        (I.b.not_in([]), True),
        (I.b.not_in([1]), None),
        (I.a.in_([I.id + 4, 9]), True),
        (tuple_(I.a, I.id).in_([(5, 1)]), True),
        (tuple_(I.a, I.id).in_([(5, 2)]), False),
        (I.a + 1 == 6, True),
        (I.a - 1 == 4, True),
        (I.a * 2 == 10, True),
        (I.a / 2 == 2.5, True),
        (-I.a == -5, True),
        (I.a / 0 == 1, None),
        (-I.a % 3 == -2, True),
        (I.a % -3 == 2, True),
        (I.a + I.b == 5, None),
        (I.s + "x" == "a%cx", True),
        (I.a.between(5, 9), True),
        (~I.a.between(5, 9), False),
        (I.a.between(None, 9), None),
        (I.b.is_distinct_from(None), False),
        (I.a.is_distinct_from(None), True),
        (I.a.is_not_distinct_from(5), True),
        (I.flag, True),
        (~I.flag, False),
        (I.flag.is_(True), True),
        (I.s.like("a_c"), True),
        (I.s.like("A%"), False),
        (I.s.like("a/%c", escape="/"), True),
        (I.s.contains("%", autoescape=True), True),
        (I.s.startswith("a"), True),
        (~I.s.endswith("a"), True),
        (I.day > date(2024, 2, 28), True),
        (Item.__table__.c.a == 5, True),
        ((I.a + 1).label("next") == 6, True),
        (literal(5) == I.a, True),
        (I.a == bindparam("given", 5), True),
        (null(), None),
        (true(), True),
    ],
    ids=str,
)
def test_answers_are_those_of_sql(criterion, answer):
    holds = Evaluator(Item.__mapper__).criteria([criterion])

    assert holds(ROW) is answer


@pytest.mark.parametrize(
    "criterion",
    [
        func.lower(I.s) == "x",
        case((I.a == 5, 1)) == 1,
        text("a = 5"),
        I.a.in_(select(I.id)),
        exists().where(I.id == 1),
        aliased(Item).a == 5,
        I.s.ilike("a%"),
        I.s.regexp_match("a"),
        I.a.op("+")(1) == 6,
        I.a == bindparam("missing"),
        I.a.between(1, 9, symmetric=True),
        I.folded.like("a"),
        I.double == 5,
    ],
    ids=str,
)
def test_what_the_server_alone_knows_is_refused(criterion):
    with pytest.raises(UnevaluatableError, match="can't be evaluated in Python"):
        Evaluator(Item.__mapper__).criteria([criterion])


FEATURES = {
    module.dialect().name: module.dialect().features for module in (sqlite, postgresql, mysql)
}


@pytest.mark.parametrize(
    ("criterion", "able"),
    [
        (I.a > 5, "sqlite postgresql mysql"),
        (I.flag, "sqlite postgresql mysql"),
        (I.s == "x", "sqlite postgresql"),
        (I.s < "x", "sqlite"),
        (I.s.in_(["x"]), "sqlite postgresql"),
        (I.s.like("x%"), "sqlite postgresql"),
        (I.day == date(2024, 1, 1), "sqlite postgresql"),
        (I.price == 5, "postgresql"),
        (I.mood == "good", "sqlite postgresql"),
        (I.mood > "good", ""),
        (I.folded == "x", ""),
        (I.loud == "x", ""),
        (I.data == {"x": 1}, ""),
    ],
    ids=str,
)
def test_comparisons_of_the_servers_own_are_left_to_it(criterion, able):
    for server, features in FEATURES.items():
        evaluator = Evaluator(Item.__mapper__, features, exact=True)
        if server in able.split():
            evaluator.criteria([criterion])
        else:
            with pytest.raises(UnevaluatableError):
                evaluator.criteria([criterion])


def test_like_folds_as_the_server_does():
    held = {"s": "ÄBC"}

    assert (
        Evaluator(Item.__mapper__, FEATURES["sqlite"], exact=True).criteria([I.s.like("Äbc")])(held)
        is True
    )
    assert (
        Evaluator(Item.__mapper__, FEATURES["sqlite"], exact=True).criteria([I.s.like("äbc")])(held)
        is False
    )
    assert (
        Evaluator(Item.__mapper__, FEATURES["postgresql"], exact=True).criteria([I.s.like("Äbc")])(
            held
        )
        is False
    )


def test_what_the_user_lets_python_compare_still_folds_as_like_does():
    """``synchronize_session="evaluate"`` with a pattern that SQLite finds in other case."""
    held = {"s": "abc"}

    def finds(server):
        return Evaluator(Item.__mapper__, FEATURES[server]).criteria([I.s.like("A%")])(held)

    assert finds("sqlite") is True
    assert finds("postgresql") is False
    assert finds("mysql") is False


@pytest.mark.parametrize(
    ("criterion", "row"),
    [
        (I.a == 5, {}),
        (I.s > 5, {"s": "x"}),
        (I.a % 2 == 1, {"a": 5.5}),
        (I.s.like("x"), {"s": 5}),
        (I.s.like("\\x"), {"s": "x"}),
        (I.a * I.a == 1, {"a": 2**62}),
        (and_(I.a == 5, I.b == 1), {"a": 5}),
        (or_(I.a == 5, I.b == 1), {"a": 4}),
    ],
    ids=str,
)
def test_what_is_not_in_memory_is_not_guessed(criterion, row):
    holds = Evaluator(Item.__mapper__).criteria([criterion])

    with pytest.raises((UnknownValue, KeyError)):
        holds(row)


def test_a_part_that_is_there_may_decide():
    assert Evaluator(Item.__mapper__).criteria([I.a == 5, I.b == 1])({"a": 4}) is False
    assert Evaluator(Item.__mapper__).criteria([or_(I.a == 5, I.b == 1)])({"a": 5}) is True


def test_the_compiler_is_for_instances():
    holds = EvaluatorCompiler(Item).process(I.a > 3, I.b.is_(None))

    assert holds(Item(a=5, b=None)) is True
    assert holds(Item(a=5, b=1)) is False
    assert EvaluatorCompiler(Item).process(I.a + 1)(Item(a=5)) == 6


def test_parameters_are_given_by_name():
    evaluator = Evaluator(Item.__mapper__, None, {"wanted": 5})

    assert evaluator.criteria([I.a == bindparam("wanted")])(ROW) is True

"""Operators, adapters and what is read of expressions, by the other package's names."""

from textwrap import dedent

import pytest

from tests.alias.program import run
from tests.alias.test_views import MODEL


def same_with_both(text):
    """The program *text*, after the model, must print the same on both packages."""
    pytest.importorskip("sqlalchemy")
    program = MODEL + dedent(text)
    assert run(program) == run(program, alias=False)


def test_names_are_found_also_in_modules_that_dovetail_imported_itself():
    assert run(
        """
        import dovetail.orm
        from sqlalchemy.sql import operators, util
        from sqlalchemy.orm import mapperlib
        import sqlalchemy.sql.operators

        print(operators.notin_op is operators.not_in_op, operators is sqlalchemy.sql.operators)
        print(util.ClauseAdapter.__name__, mapperlib.Mapper.__name__)
        """
    ) == ["True True", "ClauseAdapter Mapper"]


def test_operators_are_functions_of_expressions_and_say_their_names():
    same_with_both(
        """
        from sqlalchemy.sql import operators as ops

        number, other = sa.column("number", sa.Integer), sa.column("other", sa.Integer)
        text = sa.column("text", sa.String)
        for name in "asc_op desc_op nulls_first_op nullslast_op distinct_op bitwise_not_op".split():
            print(name, getattr(ops, name)(number))
        for name in "add eq ne is_ isnot isnot_distinct_from bitwise_xor_op".split():
            print(name, getattr(ops, name)(number, other))
        for name in (
            "notlike_op notilike_op notstartswith_op not_contains_op icontains_op match_op "
            "iendswith_op regexp_match_op not_regexp_match_op collate"
        ).split():
            print(name, getattr(ops, name)(text, "x"))
        print(ops.notin_op(number, [1, 2]).compile(compile_kwargs={"literal_binds": True}))
        print(ops.notbetween_op(number, 1, 2), ops.regexp_replace_op(text, "x", "y"))
        print(ops.contains_op(text, "100%", autoescape=True))
        """
    )


def test_operators_can_be_told_apart():
    same_with_both(
        """
        from sqlalchemy.sql import operators as ops

        number, text = sa.column("number", sa.Integer), sa.column("text", sa.String)
        print((number == 1).operator is ops.eq, (~number.in_([1])).operator is ops.notin_op)
        print(number.desc().modifier is ops.desc_op, (-number).modifier)
        print(text.icontains("x").operator is ops.icontains_op)
        for expression in (
            number == 1, number + 1, number.in_([1]), sa.and_(number == 1, number == 2),
            text.like("x"), text.is_not(None), number.op("->")(1), text.startswith("x"),
        ):
            print(expression.operator.__name__)
        print(number.op("->")(1).operator.opstring)
        names = "add and_ eq lt is_ in_op like_op asc_op nulls_last_op distinct_op inv mul".split()
        for ask in (
            "is_comparison is_commutative is_associative is_boolean is_natural_self_precedent "
            "is_order_by_modifier is_ordering_modifier"
        ).split():
            print(ask, [name for name in names if getattr(ops, ask)(getattr(ops, name))])
        print(ops.mirror(ops.lt) is ops.gt, ops.mirror(ops.add) is ops.add)
        print(ops.is_precedent(ops.add, ops.mul), ops.is_precedent(ops.mul, ops.add))
        """
    )


def test_a_condition_is_adapted_to_another_from():
    same_with_both(
        """
        from sqlalchemy.sql.util import ClauseAdapter, ColumnAdapter

        users = sa.table("users", sa.column("id"), sa.column("name"))
        people = users.alias("people")
        condition = sa.and_(users.c.id == 1, users.c.name != "x")
        print(ClauseAdapter(people).traverse(condition))
        print(ClauseAdapter(people, include_fn=lambda c: c is users.c.id).traverse(condition))
        print(ClauseAdapter(people, exclude_fn=lambda c: c is users.c.id).traverse(condition))
        old = sa.table("old", sa.column("id"), sa.column("name"))
        print(ClauseAdapter(people).traverse(old.c.id == users.c.id))
        print(ClauseAdapter(people, adapt_on_names=True).traverse(old.c.id == users.c.id))
        print(ClauseAdapter(people, {old.c.id: {users.c.id}}).traverse(old.c.id == 2))
        every = ColumnAdapter(people)
        print(every.columns[users.c.name] is people.c.name, every.columns[old.c.name] is old.c.name)
        strict = ColumnAdapter(people, adapt_required=True)
        print(strict.columns[old.c.name])
        print(ColumnAdapter(people).traverse(condition))
        """
    )


def test_texts_of_a_type_of_the_users_own_are_put_together():
    same_with_both(
        """
        from sqlalchemy import types

        class Path(types.Concatenable, types.UserDefinedType):
            cache_ok = True
            def get_col_spec(self):
                return "PATH"

            class comparator_factory(types.Concatenable.Comparator):
                def above(self, other):
                    return self.op("@>")(other)

        path, other = sa.column("path", Path), sa.column("other", Path)
        print(path + other, path.above(other), isinstance(Path(), types.Concatenable))
        """
    )


def test_the_items_of_a_query_can_be_read():
    same_with_both(
        """
        from sqlalchemy.orm.context import _ColumnEntity, _MapperEntity

        query = session.query(User, Address.id).order_by(User.name)
        state = query._compile_state()
        for entity in state._entities:
            print(isinstance(entity, _MapperEntity), isinstance(entity, _ColumnEntity))
            print(entity.entity_zero is sa.inspect(User), entity._label_name)
        print(state._mapper_zero() is sa.inspect(User), len(query._order_by_clauses))
        """
    )


def test_an_expression_is_not_iterable():
    same_with_both(
        """
        from collections.abc import Iterable

        print(isinstance(User.__table__.c.id, Iterable), isinstance(User.name, Iterable))
        """
    )


def test_declarations_and_types_of_the_schema_can_be_derived_from():
    same_with_both(
        """
        from sqlalchemy import types
        from sqlalchemy.orm import declared_attr

        class Counted(declared_attr):
            def __get__(self, instance, owner):
                return self.fget(owner)

        class Mixin:
            @Counted
            def number(cls):
                return cls.__name__

        class Colour(types.UserDefinedType, types.SchemaType):
            def __init__(self, name):
                types.SchemaType.__init__(self, name=name, schema="shop")

        colour = Colour("colour")
        print(Mixin.number, colour.name, colour.schema, isinstance(colour, types.SchemaType))
        """
    )


def test_a_statement_has_a_key_under_which_its_rows_can_be_kept():
    same_with_both(
        """
        kept = {}
        first = sa.select(User).where(User.name == "ada").limit(3)
        second = sa.select(User).where(User.name == "eve").limit(3)
        print(first._generate_cache_key().to_offline_string(kept, first, {}))
        print(second._generate_cache_key().to_offline_string(kept, second, {}), len(kept))
        print(first._generate_cache_key().key == second._generate_cache_key().key)
        named = sa.select(User).where(User.name == sa.bindparam("who"))
        print(named._generate_cache_key().to_offline_string(kept, named, {"who": "eve"}))
        """
    )


def test_elements_of_the_users_own_say_what_they_hold():
    same_with_both(
        """
        from sqlalchemy.sql import ColumnElement, visitors
        from sqlalchemy.sql.visitors import InternalTraversal

        class Distance(ColumnElement):
            inherit_cache = True
            _traverse_internals = [
                ("left", InternalTraversal.dp_clauseelement),
                ("right", InternalTraversal.dp_clauseelement),
                ("metric", InternalTraversal.dp_string),
            ]
            def __init__(self, left, right, metric):
                self.left, self.right, self.metric = left, right, metric

        distance = Distance(sa.column("a"), sa.literal(3.5), "x")
        print([type(one).__name__ for one in distance.get_children()])
        print([one.value for one in visitors.iterate(distance) if hasattr(one, "value")])
        copied = visitors.replacement_traverse(
            distance, {}, lambda one, **kw: sa.column("b") if one is distance.left else None
        )
        print(copied.left, copied.metric, distance.left)
        """
    )


def test_kinds_answer_truly():
    assert run(
        """
        import sqlalchemy as sa
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, joinedload
        from sqlalchemy.dialects.postgresql.base import PGBit
        from sqlalchemy.dialects.sqlite.base import ischema_names
        from sqlalchemy.sql.annotation import Annotated
        from sqlalchemy.sql.base import ExecutableOption
        from sqlalchemy.sql.dml import ReturningUpdate

        class Base(DeclarativeBase):
            pass

        class User(Base):
            __tablename__ = "user_account"
            id: Mapped[int] = mapped_column(primary_key=True)

        print(isinstance(User.id, Annotated), isinstance(sa.column("x"), Annotated))
        print(isinstance(joinedload("*"), ExecutableOption), isinstance(5, ExecutableOption))
        print(PGBit.__visit_name__, ischema_names["TEXT"].__name__, bool(ReturningUpdate[int]))
        """
    ) == ["True False", "True False", "BIT TEXT True"]


def test_a_wrapper_of_an_awaiting_session_runs_the_blocking_one_inside():
    assert run(
        """
        import asyncio
        import sqlalchemy as sa
        from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
        from sqlalchemy.ext.asyncio.result import _ensure_sync_result
        from sqlalchemy.ext.asyncio.session import _EXECUTE_OPTIONS
        from sqlalchemy.util.concurrency import greenlet_spawn

        async def program():
            engine = create_async_engine("sqlite+aiosqlite://")
            async with AsyncSession(engine) as session:
                result = await greenlet_spawn(
                    session.sync_session.execute,
                    sa.select(sa.literal(1)),
                    execution_options=_EXECUTE_OPTIONS,
                )
                result = await _ensure_sync_result(result, session.execute)
                print(result.all())
            await engine.dispose()

        asyncio.run(program())
        """
    ) == ["[(1,)]"]


def test_elements_of_ones_own_are_told_apart_by_what_they_say_that_they_hold():
    same_with_both(
        """
        from sqlalchemy.sql.visitors import InternalTraversal as T

        class Distance(sa.ColumnElement):
            _traverse_internals = [
                ("left", T.dp_clauseelement), ("right", T.dp_clauseelement), ("metric", T.dp_string)
            ]
            def __init__(self, left, right, metric):
                self.left, self.right, self.metric = left, right, metric
                self.type = sa.Float()

        column = sa.column("a")
        keys = [
            Distance(column, sa.literal(1), metric)._generate_cache_key()
            for metric in ("cosine", "cosine", "l2")
        ]
        print(keys[0] == keys[1], keys[0] == keys[2])
        """
    )


def test_what_stands_for_a_value_is_found_by_its_role():
    same_with_both(
        """
        from sqlalchemy.sql import coercions, roles

        column = sa.column("a", sa.Integer)
        table = sa.table("t", column)
        asked = [
            ("ExpressionElement", [5, "x", None, column, sa.select(column), table.c.a == 1]),
            ("WhereHaving", [column == 1, sa.text("x"), "x", 5, table]),
            ("ColumnsClause", [5, column, table, None, "x"]),
            ("OrderBy", ["x", column, column.desc(), 5]),
            ("FromClause", [table, sa.text("x"), "x", 5, column]),
            ("DDLExpression", ["x > 1", column, 5]),
            ("DMLColumn", ["x", column, 5]),
            ("LabeledColumnExpr", [column, column.label("b")]),
            ("Statement", [sa.select(column), table, "x"]),
            ("ConstExpr", [None, True, 5]),
        ]
        for name, values in asked:
            for value in values:
                try:
                    print(name, coercions.expect(getattr(roles, f"{name}Role"), value))
                except sa.exc.ArgumentError:
                    print(name, "refused", value)
        """
    )


def test_a_compiled_statement_tells_the_order_and_the_conversion_of_its_parameters():
    same_with_both(
        """
        import decimal
        from sqlalchemy import bindparam, column, func, select, types
        from sqlalchemy.dialects import mysql, postgresql
        from sqlalchemy.sql.functions import GenericFunction

        class Doubled(types.TypeDecorator):
            impl = types.Integer
            cache_ok = True

            def process_bind_param(self, value, dialect):
                return value * 2

        class twice(GenericFunction):
            identifier = "two_times"

        statement = select(column("a", Doubled) + bindparam("b", 2, Doubled)).where(
            column("c") == bindparam("d", 1)
        )
        compiled = statement.compile(dialect=mysql.dialect())
        print(compiled.positiontup, compiled._bind_processors["b"](4))
        named = statement.compile(dialect=postgresql.dialect(paramstyle="pyformat"))
        print(named.positiontup, sorted(named._bind_processors))
        print(func.two_times(1).identifier, func.two_times(1).name)
        """
    )

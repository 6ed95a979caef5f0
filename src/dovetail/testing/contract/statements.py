"""SELECT, INSERT, UPDATE and DELETE give the same on every server."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from ...dialects.features import Features
from ...engine.connection import Connection
from ...sql.metadata import MetaData
from ...sql.schema import Table
from ..plugin import Package

ITEMS = [
    # id, name, price, kind, parent_id, day
    (1, "apple", 5, "fruit", None, dt.date(2024, 1, 1)),
    (2, "pear", 7, "fruit", 1, dt.date(2024, 1, 15)),
    (3, "100%", None, "odd", 1, dt.date(2024, 3, 1)),
    (4, "a_b", -3, "odd", 2, None),
    (5, "it's", 7, None, 3, dt.date(2023, 12, 31)),
]


CRITERIA: dict[str, tuple[Callable[[Package, Any], Any], list[int]]] = {
    "equal": (lambda sa, c: c.price == 7, [2, 5]),
    "unequal": (lambda sa, c: c.price != 7, [1, 4]),
    "null": (lambda sa, c: c.price.is_(None), [3]),
    "not null": (lambda sa, c: c.kind.is_not(None), [1, 2, 3, 4]),
    "and or": (lambda sa, c: sa.or_(c.id == 1, sa.and_(c.price > 5, c.kind == "fruit")), [1, 2]),
    "not": (lambda sa, c: ~sa.or_(c.id == 1, c.price > 5), [4]),
    "in": (lambda sa, c: c.id.in_([1, 3, 9]), [1, 3]),
    "in nothing": (lambda sa, c: c.id.in_([]), []),
    "not in nothing": (lambda sa, c: c.id.not_in([]), [1, 2, 3, 4, 5]),
    "not in": (lambda sa, c: c.id.not_in([1, 2, 3]), [4, 5]),
    "tuple in": (lambda sa, c: sa.tuple_(c.id, c.price).in_([(1, 5), (2, 9)]), [1]),
    "tuple equal": (lambda sa, c: sa.tuple_(c.id, c.price) == (2, 7), [2]),
    "between": (lambda sa, c: c.price.between(-3, 5), [1, 4]),
    "like": (lambda sa, c: c.name.like("%p%"), [1, 2]),
    "ilike": (lambda sa, c: c.name.ilike("APPLE"), [1]),
    "percent": (lambda sa, c: c.name.contains("%", autoescape=True), [3]),
    "underscore": (lambda sa, c: c.name.contains("_", autoescape=True), [4]),
    "startswith": (lambda sa, c: c.name.startswith("a"), [1, 4]),
    "endswith": (lambda sa, c: c.name.endswith("'s"), [5]),
    "icontains": (lambda sa, c: c.name.icontains("EA"), [2]),
    "contains column": (lambda sa, c: sa.literal("an apple a day").contains(c.name), [1]),
    "concat": (lambda sa, c: c.name + "!" == "pear!", [2]),
    "concat numbers": (lambda sa, c: sa.cast(c.id, sa.String(10)) + "x" == "4x", [4]),
    "distinct from": (lambda sa, c: c.price.is_distinct_from(7), [1, 3, 4]),
    "not distinct from null": (lambda sa, c: c.price.is_not_distinct_from(None), [3]),
    "arithmetic": (lambda sa, c: (c.price + 1) * 2 - 4 == 8, [1]),
    "division": (lambda sa, c: c.price / 2 == Decimal("3.5"), [2, 5]),
    "floor division": (lambda sa, c: c.price // 2 == 3, [2, 5]),
    "modulo": (lambda sa, c: c.price % 2 == 1, [1, 2, 5]),
    "negative": (lambda sa, c: -c.price == 3, [4]),
    "case": (lambda sa, c: sa.case((c.price > 5, "dear"), else_="cheap") == "dear", [2, 5]),
    "coalesce": (lambda sa, c: sa.func.coalesce(c.price, 0) == 0, [3]),
    "nullif": (lambda sa, c: sa.func.nullif(c.kind, "odd").is_(None), [3, 4, 5]),
    "lower": (lambda sa, c: sa.func.upper(c.name) == "PEAR", [2]),
    "length": (lambda sa, c: sa.func.char_length(c.name) == 3, [4]),
    "extract": (lambda sa, c: sa.extract("year", c.day) == 2023, [5]),
    "extract month": (lambda sa, c: sa.extract("month", c.day) == 3, [3]),
    "date": (lambda sa, c: c.day >= dt.date(2024, 1, 15), [2, 3]),
    "any": (lambda sa, c: c.id.in_(sa.select(c.parent_id)), [1, 2, 3]),
    "true": (lambda sa, c: sa.true(), [1, 2, 3, 4, 5]),
    "false": (lambda sa, c: sa.false(), []),
    "literal": (lambda sa, c: sa.literal(5) == c.price, [1]),
    "text": (lambda sa, c: sa.text("price > :least and name <> '\\:x'"), [1, 2, 5]),
}


class StatementsContract:
    """SELECT, INSERT, UPDATE and DELETE give what they give on every server."""

    @pytest.fixture
    def item(self, sa: Package, connection: Connection, metadata: MetaData) -> Table:
        item: Table = sa.Table(
            "item",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("name", sa.String(50), nullable=False),
            sa.Column("price", sa.Integer),
            sa.Column("kind", sa.String(20)),
            sa.Column("parent_id", sa.ForeignKey("item.id")),
            sa.Column("day", sa.Date),
        )
        metadata.create_all(connection)
        # The server numbers them, so that what is inserted later goes on from there.
        names = [column.name for column in item.c][1:]
        for _, *values in ITEMS:
            connection.execute(sa.insert(item), dict(zip(names, values, strict=True)))
        return item

    @pytest.mark.parametrize("name", CRITERIA)
    def test_criteria_find_the_same_rows(
        self, name: str, sa: Package, connection: Connection, item: Table
    ) -> None:
        criterion, expected = CRITERIA[name]
        statement = sa.select(item.c.id).where(criterion(sa, item.c)).order_by(item.c.id)
        parameters = {"least": 4} if name == "text" else {}

        assert connection.scalars(statement, parameters).all() == expected

    def test_group_having_and_aggregates(
        self, sa: Package, connection: Connection, item: Table
    ) -> None:
        c = item.c
        label = sa.func.coalesce(c.kind, "none").label("sort")
        statement = (
            sa.select(label, sa.func.count(), sa.func.sum(c.price), sa.func.max(c.day))
            .group_by(label)
            .having(sa.func.count() > 1)
            .order_by(label)
        )

        found = connection.execute(statement).all()

        assert [tuple(row) for row in found] == [
            ("fruit", 2, 12, dt.date(2024, 1, 15)),
            ("odd", 2, -3, dt.date(2024, 3, 1)),
        ]

    def test_a_label_that_is_called_as_a_column_groups_by_its_expression(
        self, sa: Package, connection: Connection, item: Table
    ) -> None:
        label = sa.func.upper(sa.func.coalesce(item.c.kind, "odd")).label("kind")
        statement = sa.select(label, sa.func.count()).group_by(label).order_by(label)

        assert connection.execute(statement).all() == [("FRUIT", 2), ("ODD", 3)]

    @pytest.mark.parametrize("end", ["first", "last"])
    def test_nulls_come_where_they_are_wanted(
        self, end: str, sa: Package, connection: Connection, item: Table
    ) -> None:
        key = item.c.price.desc()
        key = key.nulls_first() if end == "first" else key.nulls_last()
        found = connection.scalars(sa.select(item.c.id).order_by(key, item.c.id)).all()

        assert found == ([3, 2, 5, 1, 4] if end == "first" else [2, 5, 1, 4, 3])

    def test_limit_and_offset(
        self, sa: Package, connection: Connection, features: Features, item: Table
    ) -> None:
        statement = sa.select(item.c.id).order_by(item.c.id)

        assert connection.scalars(statement.limit(2)).all() == [1, 2]
        assert connection.scalars(statement.limit(2).offset(3)).all() == [4, 5]
        assert connection.scalars(statement.offset(3)).all() == [4, 5]
        assert connection.scalars(statement.limit(0)).all() == []
        if features.limits_by_expression:
            assert connection.scalars(statement.limit(sa.literal(1) + 1)).all() == [1, 2]

    def test_set_operations(self, sa: Package, connection: Connection, item: Table) -> None:
        cheap = sa.select(item.c.id).where(item.c.price < 6)
        fruit = sa.select(item.c.id).where(item.c.kind == "fruit")

        def found(statement: Any) -> object:
            return sorted(connection.scalars(statement).all())

        assert found(sa.union(cheap, fruit)) == [1, 2, 4]
        assert found(sa.union_all(cheap, fruit)) == [1, 1, 2, 4]
        assert found(sa.intersect(cheap, fruit)) == [1]
        assert found(sa.except_(cheap, fruit)) == [4]
        ordered = sa.union_all(cheap, fruit).order_by("id").limit(3)
        assert connection.scalars(ordered).all() == [1, 1, 2]
        within = sa.union(cheap, fruit).subquery()
        assert connection.scalar(sa.select(sa.func.count()).select_from(within)) == 3

    @pytest.mark.needs("supports_ctes")
    def test_a_recursive_cte_walks_a_tree(
        self, sa: Package, connection: Connection, item: Table
    ) -> None:
        tree = sa.select(item.c.id, sa.literal(0).label("depth")).where(item.c.parent_id.is_(None))
        tree = tree.cte("tree", recursive=True)
        tree = tree.union_all(
            sa.select(item.c.id, tree.c.depth + 1).where(item.c.parent_id == tree.c.id)
        )
        statement = sa.select(tree.c.id, tree.c.depth).order_by(tree.c.id)

        assert connection.execute(statement).all() == [(1, 0), (2, 1), (3, 1), (4, 2), (5, 2)]

    def test_windows(self, sa: Package, connection: Connection, item: Table) -> None:
        c = item.c
        statement = sa.select(
            c.id,
            sa.func.row_number().over(partition_by=c.kind, order_by=c.id),
            sa.func.sum(c.price).over(order_by=c.id, rows=(None, 0)),
        ).order_by(c.id)

        rows: list[Any] = list(connection.execute(statement))
        found = [(key, number, int(total)) for key, number, total in rows]

        assert found == [(1, 1, 5), (2, 2, 12), (3, 1, 12), (4, 2, 9), (5, 1, 16)]

    def test_joins(self, sa: Package, connection: Connection, item: Table) -> None:
        parent = item.alias("parent")
        inner = sa.select(item.c.id, parent.c.name).join(parent, item.c.parent_id == parent.c.id)
        outer = sa.select(item.c.id, parent.c.name).outerjoin(
            parent, item.c.parent_id == parent.c.id
        )

        assert connection.execute(inner.order_by(item.c.id)).all() == [
            (2, "apple"),
            (3, "apple"),
            (4, "pear"),
            (5, "100%"),
        ]
        assert connection.execute(outer.order_by(item.c.id)).first() == (1, None)

    def test_subqueries(self, sa: Package, connection: Connection, item: Table) -> None:
        child = item.alias("child")
        number = (
            sa.select(sa.func.count(child.c.id))
            .where(child.c.parent_id == item.c.id)
            .scalar_subquery()
        )
        counted = sa.select(item.c.id, number.label("n")).order_by(item.c.id)
        having = sa.select(item.c.id).where(
            sa.exists().where(child.c.parent_id == item.c.id, child.c.kind == "odd")
        )

        assert connection.execute(counted).all() == [(1, 2), (2, 1), (3, 1), (4, 0), (5, 0)]
        assert sorted(connection.scalars(having)) == [1, 2]

    def test_rows_written_into_the_statement(
        self, sa: Package, connection: Connection, item: Table
    ) -> None:
        rows = sa.values(
            sa.column("id", sa.Integer), sa.column("label", sa.String(10)), name="extra"
        ).data([(1, "one"), (3, "it's")])
        statement = (
            sa.select(item.c.name, rows.c.label)
            .join(rows, rows.c.id == item.c.id)
            .order_by(item.c.id)
        )

        assert connection.execute(statement).all() == [("apple", "one"), ("100%", "it's")]

    def test_for_update(self, sa: Package, connection: Connection, item: Table) -> None:
        statement = sa.select(item.c.id).where(item.c.id == 1).with_for_update()

        assert connection.scalars(statement).all() == [1]

    def test_an_insert_of_one_row_tells_its_key(
        self, sa: Package, connection: Connection, item: Table
    ) -> None:
        result = connection.execute(sa.insert(item).values(name="new"))

        assert result.inserted_primary_key == (6,)

    @pytest.mark.needs("supports_insert_returning")
    def test_inserts_return_rows(self, sa: Package, connection: Connection, item: Table) -> None:
        statement = sa.insert(item).returning(item.c.id, item.c.name)
        one = connection.execute(statement.values(name="x")).all()
        many: Any = connection.execute(
            sa.insert(item).returning(item.c.id, item.c.name, sort_by_parameter_order=True),
            [{"name": f"n{number}"} for number in range(500)],
        ).all()

        assert one == [(6, "x")]
        assert [name for _, name in many] == [f"n{number}" for number in range(500)]
        assert sorted(key for key, _ in many) == list(range(7, 507))

    @pytest.mark.needs("supports_update_returning")
    def test_updates_return_rows(self, sa: Package, connection: Connection, item: Table) -> None:
        statement = (
            sa.update(item)
            .where(item.c.kind == "fruit")
            .values(price=item.c.price + 1)
            .returning(item.c.id, item.c.price)
        )

        assert sorted(connection.execute(statement).all()) == [(1, 6), (2, 8)]

    @pytest.mark.parametrize("star", ["text", "literal_column"])
    def test_columns_after_a_star_are_found(
        self, sa: Package, connection: Connection, item: Table, star: str
    ) -> None:
        written = getattr(sa, star)("*")
        statement = sa.select(written, item.c.price.label("cost")).where(item.c.id == 2)
        row = connection.execute(statement).one()

        assert (row.id, row.name, row.cost) == (2, "pear", 7)
        assert len(row) == len(item.c) + 1

    @pytest.mark.parametrize("star", ["text", "literal_column"])
    @pytest.mark.needs("supports_update_returning")
    def test_columns_returned_after_a_star_are_found(
        self, sa: Package, connection: Connection, item: Table, star: str
    ) -> None:
        written = getattr(sa, star)("*")
        statement = sa.update(item).where(item.c.id == 2).values(price=8)
        row = connection.execute(statement.returning(written, item.c.price.label("cost"))).one()

        assert (row.id, row.name, row.cost) == (2, "pear", 8)

    @pytest.mark.needs("supports_delete_returning")
    def test_deletes_return_rows(self, sa: Package, connection: Connection, item: Table) -> None:
        statement = sa.delete(item).where(item.c.id.in_([4, 5])).returning(item.c.name)

        assert sorted(connection.scalars(statement)) == ["a_b", "it's"]

    def test_many_rows_at_once(
        self, sa: Package, connection: Connection, features: Features, item: Table
    ) -> None:
        rows = [{"name": f"n{number}", "price": number} for number in range(1000)]
        connection.execute(sa.insert(item), rows)
        connection.execute(sa.insert(item).values([{"name": "v1"}, {"name": "v2"}]))
        updated = connection.execute(
            sa.update(item).where(item.c.name == sa.bindparam("which")).values(kind="many"),
            [{"which": "n1"}, {"which": "n2"}],
        )
        deleted = connection.execute(sa.delete(item).where(item.c.name.like("n%")))

        if features.supports_sane_multi_rowcount:
            assert updated.rowcount == 2
        assert deleted.rowcount == 1000
        assert connection.scalar(sa.select(sa.func.count()).select_from(item)) == 7

    @pytest.mark.needs("supports_sane_rowcount")
    def test_the_row_count_is_of_those_that_matched(
        self, sa: Package, connection: Connection, item: Table
    ) -> None:
        statement = sa.update(item).where(item.c.kind == "fruit").values(kind="fruit")

        assert connection.execute(statement).rowcount == 2

    def test_insert_from_select(self, sa: Package, connection: Connection, item: Table) -> None:
        source = sa.select(item.c.name + "2", item.c.price).where(item.c.kind == "fruit")
        connection.execute(sa.insert(item).from_select(["name", "price"], source))

        found = connection.execute(
            sa.select(item.c.name, item.c.price).where(item.c.id > 5).order_by(item.c.id)
        ).all()
        assert found == [("apple2", 5), ("pear2", 7)]

    @pytest.mark.needs("updates_what_it_reads")
    def test_an_update_takes_values_from_another_table(
        self, sa: Package, connection: Connection, item: Table
    ) -> None:
        parent = item.alias("parent")
        statement = (
            sa.update(item)
            .values(
                kind=sa.select(parent.c.name)
                .where(parent.c.id == item.c.parent_id)
                .scalar_subquery()
            )
            .where(item.c.parent_id.is_not(None))
        )
        connection.execute(statement)

        assert connection.scalars(sa.select(item.c.kind).order_by(item.c.id)).all() == [
            "fruit",
            "apple",
            "apple",
            "pear",
            "100%",
        ]

    def test_defaults_of_all_kinds(
        self, sa: Package, connection: Connection, metadata: MetaData
    ) -> None:
        numbers = iter(range(100, 200))
        thing = sa.Table(
            "thing",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("scalar", sa.Integer, default=5),
            sa.Column("called", sa.Integer, default=lambda: next(numbers)),
            sa.Column("sql", sa.Integer, default=sa.select(sa.literal(3) + 4).scalar_subquery()),
            sa.Column("server", sa.String(10), server_default="it's %"),
            sa.Column("other", sa.Integer, onupdate=9),
        )
        metadata.create_all(connection)
        connection.execute(sa.insert(thing).values(id=1))
        connection.execute(sa.insert(thing), [{"id": 2}, {"id": 3}])
        connection.execute(sa.update(thing).where(thing.c.id == 2).values(scalar=6))

        assert connection.execute(sa.select(thing).order_by(thing.c.id)).all() == [
            (1, 5, 100, 7, "it's %", None),
            (2, 6, 101, 7, "it's %", 9),
            (3, 5, 102, 7, "it's %", None),
        ]

    def test_a_row_of_nothing_but_defaults(
        self, sa: Package, connection: Connection, metadata: MetaData
    ) -> None:
        thing = sa.Table(
            "thing",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("a", sa.Integer, server_default="4"),
        )
        metadata.create_all(connection)
        connection.execute(sa.insert(thing).values({}))

        assert connection.execute(sa.select(thing)).all() == [(1, 4)]

    @pytest.mark.needs("supports_upsert")
    def test_a_portable_upsert(self, sa: Package, connection: Connection, item: Table) -> None:
        statement = sa.insert(item).on_conflict(item.c.id, update=["name"])
        connection.execute(statement, [{"id": 1, "name": "new"}, {"id": 9, "name": "nine"}])

        found = connection.execute(
            sa.select(item.c.id, item.c.name, item.c.price).where(item.c.id.in_([1, 9]))
        )
        assert sorted(found) == [(1, "new", 5), (9, "nine", None)]

    def test_rows_come_in_parts(self, sa: Package, connection: Connection, item: Table) -> None:
        connection.execute(sa.insert(item), [{"name": f"n{number}"} for number in range(250)])
        result = connection.execution_options(yield_per=100).execute(sa.select(item.c.id))

        assert [len(part) for part in result.partitions()] == [100, 100, 55]

    def test_columns_with_odd_names(
        self, sa: Package, connection: Connection, metadata: MetaData
    ) -> None:
        odd = sa.Table(
            'odd "table" %s',
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("select", sa.Integer),
            sa.Column("Mixed Case", sa.Integer),
            sa.Column("per%cent", sa.Integer),
            sa.Column("quote'`\"", sa.Integer),
            sa.Column("colon:name", sa.Integer),
            sa.Column("(paren)", sa.Integer),
            sa.Column("ünïcode", sa.Integer),
        )
        metadata.create_all(connection)
        values = {column.name: number for number, column in enumerate(odd.c, 1)}
        connection.execute(sa.insert(odd), [values])
        connection.execute(sa.update(odd).values({odd.c[name]: odd.c[name] for name in values}))
        row = connection.execute(
            sa.select(odd).where(*[column == values[column.name] for column in odd.c])
        ).one()

        assert dict(row._mapping) == values

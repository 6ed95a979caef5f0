"""Values of every type come back from every server as they went."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from ...dialects.features import Features
from ...engine.connection import Connection
from ...engine.engine import Engine
from ...sql.metadata import MetaData
from ..plugin import Package


class Colour(enum.Enum):
    RED = "red"
    BLUE = "it's blue"


class Rank(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Size(enum.StrEnum):
    SMALL = "s"
    LARGE = "l"


HOSTILE = "'; DROP TABLE thing; --\"`\\%s %(x)s :x ?\t\n\u2028🙂é"


DAY = dt.datetime(2024, 2, 29, 23, 59, 58, 123456)


VALUES: dict[str, tuple[Callable[[Package], Any], list[Any]]] = {
    "integer": (lambda sa: sa.Integer(), [0, -1, 2**31 - 1]),
    "big integer": (lambda sa: sa.BigInteger(), [2**63 - 1, -(2**63)]),
    "small integer": (lambda sa: sa.SmallInteger(), [32767, -32768]),
    "string": (lambda sa: sa.String(200), ["", "a", HOSTILE]),
    "text": (lambda sa: sa.Text(), [HOSTILE * 1000]),
    "unicode": (lambda sa: sa.Unicode(50), ["Ωμέγα"]),
    "unicode text": (lambda sa: sa.UnicodeText(), ["日本語"]),
    "boolean": (lambda sa: sa.Boolean(), [True, False]),
    "float": (lambda sa: sa.Float(53), [0.1, -1e300, 1.5]),
    "double": (lambda sa: sa.Double(), [0.1, 1e-300]),
    "decimal float": (lambda sa: sa.Float(53, asdecimal=True), [Decimal("1.5")]),
    "numeric": (lambda sa: sa.Numeric(20, 6), [Decimal("12345.678910"), Decimal("-0.500000")]),
    "plain numeric": (lambda sa: sa.Numeric(20, 6, asdecimal=False), [1.5]),
    # The very first and last dates are infinite to some drivers.
    "date": (lambda sa: sa.Date(), [dt.date(1, 1, 2), dt.date(9999, 12, 30)]),
    "time": (lambda sa: sa.Time(), [dt.time(23, 59, 58)]),
    "date and time": (lambda sa: sa.DateTime(), [DAY.replace(microsecond=0)]),
    "interval": (lambda sa: sa.Interval(), [dt.timedelta(days=3, seconds=5)]),
    "binary": (lambda sa: sa.LargeBinary(), [b"", bytes(range(256)) * 10]),
    "enum": (lambda sa: sa.Enum(Colour, name="colour"), list(Colour)),
    "enum of texts": (lambda sa: sa.Enum("a", "it's", "%s", name="letters"), ["a", "it's", "%s"]),
    "enum as text": (lambda sa: sa.Enum(Colour, native_enum=False, length=20), list(Colour)),
    "json": (
        lambda sa: sa.JSON(),
        [{"a": [1, 2.5, None, HOSTILE], "b": {"c": True}}, [], "text", 5, False],
    ),
    "uuid": (lambda sa: sa.Uuid(), [UUID(int=5), UUID(int=2**128 - 1)]),
    "uuid as text": (
        lambda sa: sa.Uuid(as_uuid=False),
        ["00000000-0000-0000-0000-000000000005"],
    ),
    "pickle": (lambda sa: sa.PickleType(), [{"a": {1, 2}}, Colour.RED]),
}


COMPARABLE = [kind for kind in VALUES if kind not in ("json", "pickle", "decimal float")]


LITERAL = [
    kind
    for kind in COMPARABLE
    if kind not in ("text", "binary", "interval", "float", "double", "uuid as text")
]


def _raised(sa: Package) -> type[Any]:
    class Raised(sa.TypeDecorator):
        """A text that the server writes in capitals."""

        impl = sa.String(20)
        cache_ok = True

        def bind_expression(self, bindvalue: Any) -> Any:
            return sa.func.upper(bindvalue, type_=self)

    return Raised


class TypesContract:
    """Values of every type come back from the server as they went."""

    @pytest.mark.parametrize("kind", VALUES)
    def test_values_come_back(
        self, kind: str, sa: Package, connection: Connection, metadata: MetaData
    ) -> None:
        make, values = VALUES[kind]
        thing = sa.Table(
            "thing",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("value", make(sa)),
        )
        metadata.create_all(connection)
        rows = [*values, None]
        connection.execute(
            sa.insert(thing),
            [{"id": number, "value": value} for number, value in enumerate(rows, 1)],
        )
        found = connection.scalars(sa.select(thing.c.value).order_by(thing.c.id)).all()

        assert found == rows
        for one, row in zip(found, rows, strict=True):
            # A driver may have a class of its own below; a bool is no number, though it equals one.
            assert isinstance(one, type(row))
            assert isinstance(one, bool) is isinstance(row, bool)

    @pytest.mark.parametrize("value", ["text", 5, 1.5])
    def test_what_is_no_bytes_is_kept_by_no_binary_column(
        self, value: object, sa: Package, connection: Connection, metadata: MetaData
    ) -> None:
        thing = sa.Table("thing", metadata, sa.Column("value", sa.LargeBinary()))
        metadata.create_all(connection)

        with pytest.raises(sa.exc.StatementError, match="keeps bytes"):
            connection.execute(sa.insert(thing).values(value=value))

    @pytest.mark.parametrize("kind", [bytearray, memoryview])
    def test_bytes_of_another_kind_are_kept(
        self, kind: type[bytearray], sa: Package, connection: Connection, metadata: MetaData
    ) -> None:
        thing = sa.Table("thing", metadata, sa.Column("value", sa.LargeBinary()))
        metadata.create_all(connection)

        connection.execute(sa.insert(thing).values(value=kind(b"a\0b")))

        assert connection.scalar(sa.select(thing.c.value)) == b"a\0b"

    @pytest.mark.parametrize("kind", COMPARABLE)
    def test_values_are_found_by_comparison(
        self, kind: str, sa: Package, connection: Connection, metadata: MetaData
    ) -> None:
        make, values = VALUES[kind]
        thing = sa.Table(
            "thing",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("value", make(sa)),
        )
        metadata.create_all(connection)
        connection.execute(
            sa.insert(thing),
            [{"id": number, "value": value} for number, value in enumerate(values, 1)],
        )

        for number, value in enumerate(values, 1):
            statement = sa.select(thing.c.id).where(thing.c.value == value)
            assert connection.scalars(statement).all() == [number]
            listed = sa.select(thing.c.id).where(thing.c.value.in_([value, values[0]]))
            assert number in connection.scalars(listed).all()

    @pytest.mark.parametrize("kind", LITERAL)
    def test_values_written_into_the_text_are_the_same(
        self, kind: str, sa: Package, engine: Engine, connection: Connection, metadata: MetaData
    ) -> None:
        make, values = VALUES[kind]
        type_ = make(sa)
        thing = sa.Table(
            "thing",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("value", type_),
        )
        metadata.create_all(connection)
        connection.execute(
            sa.insert(thing),
            [{"id": number, "value": value} for number, value in enumerate(values, 1)],
        )

        for number, value in enumerate(values, 1):
            statement = sa.select(thing.c.id).where(thing.c.value == sa.literal(value, type_))
            text = str(statement.compile(engine, compile_kwargs={"literal_binds": True}))
            assert connection.exec_driver_sql(text).scalars().all() == [number]

    def test_a_time_zone_is_kept_where_the_server_has_one(
        self, sa: Package, connection: Connection, features: Features, metadata: MetaData
    ) -> None:
        aware = DAY.replace(microsecond=0, tzinfo=dt.UTC)
        thing = sa.Table("thing", metadata, sa.Column("value", sa.DateTime(timezone=True)))
        metadata.create_all(connection)
        connection.execute(sa.insert(thing).values(value=aware))

        found = connection.scalar(sa.select(thing.c.value))

        if features.keeps_time_zones:
            assert found == aware
            assert found.utcoffset() is not None
        else:
            assert found == aware.replace(tzinfo=None)

    def test_parts_of_json_are_compared(
        self, sa: Package, connection: Connection, metadata: MetaData
    ) -> None:
        thing = sa.Table(
            "thing",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("value", sa.JSON),
        )
        metadata.create_all(connection)
        connection.execute(
            sa.insert(thing),
            [
                {"id": 1, "value": {"name": "ada", "age": 36, "tags": ["x", "y"], "ok": True}},
                {
                    "id": 2,
                    "value": {"name": "o'k\"", "age": 7, "height": 1.5, "tags": [], "ok": False},
                },
            ],
        )

        def found(criterion: object) -> object:
            return connection.scalars(sa.select(thing.c.id).where(criterion)).all()

        value = thing.c.value
        assert found(value["name"].as_string() == "ada") == [1]
        assert found(value["name"].as_string() == "o'k\"") == [2]
        assert found(value["age"].as_integer() == 36) == [1]
        assert found(value["height"].as_float() == 1.5) == [2]
        assert found(value["ok"].as_boolean()) == [1]
        assert found(value[("tags", 1)].as_string() == "y") == [1]
        assert connection.scalar(sa.select(value["tags"]).where(thing.c.id == 1)) == ["x", "y"]
        assert connection.scalar(sa.select(value["age"]).where(thing.c.id == 1)) == 36

    def test_json_null_is_not_sql_null(
        self, sa: Package, connection: Connection, metadata: MetaData
    ) -> None:
        thing = sa.Table(
            "thing",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("value", sa.JSON),
            sa.Column("none", sa.JSON(none_as_null=True)),
        )
        metadata.create_all(connection)
        connection.execute(sa.insert(thing).values(id=1, value=None, none=None))
        connection.execute(sa.insert(thing).values(id=2, value=sa.null(), none=sa.null()))

        absent = sa.select(thing.c.id).order_by(thing.c.id)
        assert connection.scalars(absent.where(thing.c.value.is_(sa.null()))).all() == [2]
        assert connection.scalars(absent.where(thing.c.none.is_(None))).all() == [1, 2]

    def test_a_type_of_ones_own(
        self, sa: Package, connection: Connection, metadata: MetaData
    ) -> None:
        class Cents(sa.TypeDecorator):
            impl = sa.Integer
            cache_ok = True

            def process_bind_param(self, value: Any, _dialect: object) -> int | None:
                return None if value is None else int(value * 100)

            def process_result_value(self, value: Any, _dialect: object) -> Decimal | None:
                return None if value is None else Decimal(value) / 100

        thing = sa.Table("thing", metadata, sa.Column("value", Cents))
        metadata.create_all(connection)
        connection.execute(sa.insert(thing), [{"value": Decimal("1.25")}, {"value": None}])

        found = connection.scalars(sa.select(thing.c.value).where(thing.c.value > Decimal(1))).all()

        assert found == [Decimal("1.25")]

    @pytest.mark.parametrize(
        "criterion",
        [
            pytest.param(lambda sa, c: c.rank == Rank.HIGH, id="equal"),
            pytest.param(lambda sa, c: c.rank > Rank.LOW, id="greater"),
            pytest.param(lambda sa, c: c.rank.in_([Rank.HIGH]), id="in"),
            pytest.param(lambda sa, c: c.rank.between(Rank.HIGH, Rank.HIGH), id="between"),
            pytest.param(lambda sa, c: c.rank + Rank.LOW == 3, id="sum"),
            pytest.param(lambda sa, c: c.size == Size.LARGE, id="text"),
            pytest.param(lambda sa, c: sa.literal(Size.LARGE) == c.size, id="literal"),
            pytest.param(lambda sa, c: sa.func.lower(Size.LARGE) == c.size, id="function"),
            pytest.param(lambda sa, c: c.size == sa.bindparam("given", Size.LARGE), id="parameter"),
            pytest.param(lambda sa, c: sa.text("size = :s").bindparams(s=Size.LARGE), id="SQL"),
        ],
    )
    def test_a_member_that_is_a_number_or_a_text_is_compared_as_that(
        self,
        criterion: Callable[..., Any],
        sa: Package,
        connection: Connection,
        metadata: MetaData,
    ) -> None:
        thing = sa.Table(
            "thing", metadata, sa.Column("rank", sa.Integer), sa.Column("size", sa.String(10))
        )
        metadata.create_all(connection)
        rows = [{"rank": Rank.LOW, "size": Size.SMALL}, {"rank": Rank.HIGH, "size": Size.LARGE}]
        connection.execute(sa.insert(thing), rows)

        found = connection.execute(sa.select(thing).where(criterion(sa, thing.c))).all()

        assert found == [(2, "l")]

    @pytest.mark.parametrize("literal", [False, True], ids=["parameters", "literals"])
    @pytest.mark.parametrize(
        ("criterion", "expected"),
        [
            pytest.param(lambda c: c.name.in_(["a", "Zz"]), ["A", "ZZ"], id="in"),
            pytest.param(lambda c: c.name.not_in(["a", "q"]), ["ZZ"], id="not in"),
            pytest.param(lambda c: c.name.in_([]), [], id="in nothing"),
            pytest.param(lambda c: c.name.between("a", "b"), ["A"], id="between"),
        ],
    )
    def test_what_a_type_puts_around_a_value_is_around_each_of_a_list(
        self,
        criterion: Callable[..., Any],
        expected: list[object],
        literal: bool,
        sa: Package,
        engine: Engine,
        connection: Connection,
        metadata: MetaData,
    ) -> None:
        thing = sa.Table("thing", metadata, sa.Column("name", _raised(sa)))
        metadata.create_all(connection)
        connection.execute(sa.insert(thing), [{"name": "a"}, {"name": "Zz"}])
        statement = sa.select(thing.c.name).where(criterion(thing.c))
        if literal:
            compiled = statement.compile(engine, compile_kwargs={"literal_binds": True})
            statement = sa.text(str(compiled))

        assert sorted(connection.scalars(statement)) == expected

    def test_what_types_put_around_values_is_around_the_parts_of_tuples(
        self, sa: Package, connection: Connection, metadata: MetaData
    ) -> None:
        thing = sa.Table(
            "thing", metadata, sa.Column("name", _raised(sa)), sa.Column("number", sa.Integer)
        )
        metadata.create_all(connection)
        connection.execute(
            sa.insert(thing), [{"name": "a", "number": 1}, {"name": "b", "number": 2}]
        )
        pair = sa.tuple_(thing.c.number, thing.c.name)

        found = connection.scalars(sa.select(thing.c.number).where(pair.in_([(2, "b"), (1, "q")])))

        assert found.all() == [2]

    @pytest.mark.parametrize(
        ("choose", "expected"),
        [
            pytest.param(
                lambda sa, c: sa.case((c.id == 1, Decimal(3)), else_=c.price), [3, 2], id="case"
            ),
            pytest.param(
                lambda sa, c: sa.case((c.id == 2, c.price), else_=Decimal(3)), [3, 2], id="else"
            ),
            pytest.param(lambda sa, c: sa.func.coalesce(c.none, Decimal(3)), [3, 3], id="coalesce"),
            pytest.param(lambda sa, c: sa.func.nullif(c.price, Decimal(2)), [1, None], id="nullif"),
        ],
    )
    def test_values_beside_a_column_are_of_its_kind(
        self,
        choose: Callable[..., Any],
        expected: list[object],
        sa: Package,
        connection: Connection,
        metadata: MetaData,
    ) -> None:
        class Cents(sa.TypeDecorator):
            impl = sa.Integer
            cache_ok = True

            def process_bind_param(self, value: Any, _dialect: object) -> int | None:
                return None if value is None else int(value * 100)

            def process_result_value(self, value: Any, _dialect: object) -> Decimal | None:
                return None if value is None else Decimal(value) / 100

        thing = sa.Table(
            "thing",
            metadata,
            sa.Column("id", sa.Integer),
            sa.Column("price", Cents),
            sa.Column("none", Cents),
        )
        metadata.create_all(connection)
        rows = [{"id": 1, "price": Decimal(1)}, {"id": 2, "price": Decimal(2)}]
        connection.execute(sa.insert(thing), rows)

        found = connection.scalars(sa.select(choose(sa, thing.c)).order_by(thing.c.id)).all()

        assert found == expected

    @pytest.mark.parametrize(
        "value", [pytest.param("abc", marks=pytest.mark.needs("checks_values")), 2**70]
    )
    def test_what_does_not_fit_is_a_database_error(
        self, value: object, sa: Package, connection: Connection, metadata: MetaData
    ) -> None:
        thing = sa.Table("thing", metadata, sa.Column("value", sa.Integer))
        metadata.create_all(connection)

        with pytest.raises((sa.exc.DBAPIError, OverflowError)):
            connection.execute(sa.insert(thing).values(value=value))

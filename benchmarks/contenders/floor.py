"""The floor: the bare driver, hand-written SQL, and a plain slots object for each row.

Nobody can be much faster without doing less.  Keys of new rows are counted here
instead of asked for, many rows travel in one ``executemany``, and values are
converted by the quickest call that the standard library has.
"""

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from importlib import import_module, metadata
from itertools import chain, starmap
from operator import itemgetter
from typing import Any, ClassVar

from benchmarks import data
from benchmarks.contender import Order, Payment, Work
from benchmarks.contenders.driver_work import (
    SELECT_PLAIN,
    Child,
    Customer,
    District,
    Item,
    NewParent,
    NewPlain,
    Parent,
    Plain,
    Stock,
    Tag,
)
from benchmarks.contenders.floor_life import FloorLife
from benchmarks.contenders.floor_mapping import FloorMapping
from benchmarks.contenders.floor_trade import FloorTrade
from benchmarks.workloads import (
    DECLARED_CLASSES,
    DELETES,
    GET_HITS,
    GET_MISSES,
    GRAPH_TAGS,
    INSERTED_ROWS,
    INSERTS,
    KNOWN_SELECTS,
    SELECTS,
)


class Floor(FloorLife, FloorMapping, FloorTrade):
    """The driver at the work of queries and flushes."""

    wide_values: ClassVar[dict[str, Callable[[Any], Any]]]
    """What makes a value of the wide rows of what the driver gives, by the name of the columns."""

    def load_100k(self) -> Work:
        self.open()
        yield
        objects = list(starmap(Plain, self.rows(SELECT_PLAIN)))
        yield
        return self.plain_sum(objects)

    def load_wide_20k(self) -> Work:
        self.open()
        sql = f"SELECT {', '.join(data.WIDE_COLUMNS)} FROM wide"
        wide = self.wide_class()
        yield
        objects = list(starmap(wide, self.rows(sql)))
        yield
        return self.wide_sum(objects)

    def insert_20k(self) -> Work:
        self.open()
        values = [data.plain_values(number) for number in range(self.n(INSERTS))]
        yield
        objects = list(starmap(NewPlain, values))
        self.run("BEGIN")
        self.insert(
            "plain",
            data.PLAIN_COLUMNS[1:],
            [(one.name, one.email, one.age, one.score) for one in objects],
        )
        self.run("COMMIT")
        yield
        return self.place.query_sum(data.PLAIN_SUM)

    def insert_graph_2k(self) -> Work:
        self.open()
        graph = self.graph()
        yield
        tags = [Tag(number + 1, f"tag {number}") for number in range(GRAPH_TAGS)]
        parents = []
        child_id = 0
        for parent_id, (name, children, tag_numbers) in enumerate(graph, 1):
            family = []
            for child_name, size in children:
                child_id += 1
                family.append(Child(child_id, child_name, size, parent_id))
            parents.append(NewParent(parent_id, name, family, [tags[n] for n in tag_numbers]))
        self.run("BEGIN")
        self.insert("tag", ("id", "name"), [(tag.id, tag.name) for tag in tags])
        self.insert("parent", ("id", "name"), [(parent.id, parent.name) for parent in parents])
        self.insert(
            "child",
            ("id", "name", "size", "parent_id"),
            [(c.id, c.name, c.size, c.parent_id) for parent in parents for c in parent.children],
        )
        self.insert(
            "parent_tag",
            ("parent_id", "tag_id"),
            [(parent.id, tag.id) for parent in parents for tag in parent.tags],
        )
        self.run("COMMIT")
        yield
        return self.place.query_sum(data.GRAPH_SUM)

    def update_20k(self) -> Work:
        self.open()
        yield
        objects = list(starmap(Plain, self.rows(SELECT_PLAIN)))
        for one in objects:
            one.age += 1
        self.run("BEGIN")
        self.many("UPDATE plain SET age = ? WHERE id = ?", [(one.age, one.id) for one in objects])
        self.run("COMMIT")
        yield
        return self.place.query_sum(data.PLAIN_SUM)

    def delete_5k(self) -> Work:
        self.open()
        _keep, objects = self.loaded_plain(DELETES)
        yield
        self.run("BEGIN")
        self.many("DELETE FROM plain WHERE id = ?", [(one.id,) for one in objects])
        self.run("COMMIT")
        yield
        return self.place.query_sum(data.PLAIN_SUM)

    def get_miss(self) -> Work:
        # In one transaction: else each statement locks SQLite's file anew.
        self.open()
        run = self.run
        run("BEGIN")
        sql = f"{SELECT_PLAIN} WHERE id = ?"
        keys = range(1, self.n(GET_MISSES) + 1)
        yield
        objects = [Plain(*run(sql, (key,)).fetchone()) for key in keys]
        yield
        run("ROLLBACK")
        return self.plain_sum(objects)

    def get_hit(self) -> Work:
        _keep, objects = self.loaded_plain(1000)
        identity_map = {one.id: one for one in objects}
        repeats = range(self.n(GET_HITS) // 1000 or 1)
        yield
        found = 0
        for _ in repeats:
            for key in range(1, 1001):
                found += identity_map.get(key) is not None
        yield
        return found

    def select_3k(self) -> Work:
        self.open()
        run = self.run
        run("BEGIN")
        sql = f"{SELECT_PLAIN} WHERE age > ? AND id > ? ORDER BY id LIMIT 3"
        yield
        total = 0
        for number in range(self.n(SELECTS)):
            for one in list(starmap(Plain, self.rows(sql, (number % 50, number)))):
                total += one.id
        yield
        run("ROLLBACK")
        return total

    def joined_2k(self) -> Work:
        self.open()
        sql = (
            "SELECT parent.id, parent.name, child.id, child.name, child.size, child.parent_id "
            "FROM parent LEFT JOIN child ON child.parent_id = parent.id"
        )
        yield
        parents: dict[int, Any] = {}
        find = parents.get
        for parent_id, name, id_, child_name, size, of in self.rows(sql):
            parent = find(parent_id)
            if parent is None:
                parent = parents[parent_id] = Parent(parent_id, name, [])
            if id_ is not None:
                parent.children.append(Child(id_, child_name, size, of))
        found = list(parents.values())
        yield
        return self.family_sum(sorted(found, key=lambda parent: parent.id))

    def selectin_2k(self) -> Work:
        self.open()
        yield
        parents = {
            id_: Parent(id_, name, [])
            for id_, name in self.rows("SELECT id, name FROM parent ORDER BY id")
        }
        for child in starmap(Child, self.rows("SELECT id, name, size, parent_id FROM child")):
            parents[child.parent_id].children.append(child)
        found = list(parents.values())
        yield
        return self.family_sum(found)

    def lazy_2k(self) -> Work:
        """Two statements: the fewest that any way of lazy loading could send."""
        return self.selectin_2k()

    def declare_100(self) -> Work:
        yield
        classes = []
        for number in range(DECLARED_CLASSES):

            class Declared:
                __slots__ = ("a", "b", "c", "d", "e", "f", "g", "h", "i", "id")

                def __init__(self, id_: int) -> None:
                    self.id = id_

            Declared.__name__ = f"Declared{number}"
            classes.append(Declared)
        yield
        return len(classes)

    def tpcc_500(self) -> Work:
        self.open()
        script = self.transactions()
        yield
        for step in script:
            self.run("BEGIN")
            if isinstance(step, Order):
                self._order(step)
            else:
                self._pay(step)
            self.run("COMMIT")
        yield
        return self.place.query_sum(data.SHOP_SUM)

    def _order(self, order: Order) -> None:
        execute, rows = self.run, self.rows
        Customer(*execute("SELECT * FROM customer WHERE id = ?", (order.customer,)).fetchone())
        district = District(
            *execute("SELECT * FROM district WHERE id = ?", (order.district,)).fetchone()
        )
        keys = [item for item, _quantity in order.lines]
        marks = ", ".join("?" * len(keys))
        found = rows(f"SELECT * FROM item WHERE id IN ({marks})", keys)
        items = {item.id: item for item in starmap(Item, found)}
        found = rows(f"SELECT * FROM stock WHERE id IN ({marks})", keys)
        stocks = {stock.id: stock for stock in starmap(Stock, found)}
        number = district.next_order
        district.next_order += 1
        execute("UPDATE district SET next_order = ? WHERE id = ?", (number + 1, district.id))
        purchase_id = self.insert_one(
            "purchase",
            ("number", "district_id", "customer_id"),
            (number, district.id, order.customer),
        )
        changed, lines = [], []
        for key, quantity in order.lines:
            stock = stocks[key]
            stock.quantity -= quantity
            stock.sold += 1
            changed.append((stock.quantity, stock.sold, key))
            lines.append((quantity, quantity * items[key].price, purchase_id, key))
        self.many("UPDATE stock SET quantity = ?, sold = ? WHERE id = ?", changed)
        self.insert("line", ("quantity", "amount", "purchase_id", "item_id"), lines)

    def _pay(self, payment: Payment) -> None:
        execute = self.run
        row = execute("SELECT * FROM customer WHERE id = ?", (payment.customer,)).fetchone()
        customer = Customer(*row)
        row = execute("SELECT * FROM district WHERE id = ?", (payment.district,)).fetchone()
        district = District(*row)
        customer.balance -= payment.amount
        customer.payments += 1
        district.income += payment.amount
        execute(
            "UPDATE customer SET balance = ?, payments = ? WHERE id = ?",
            (customer.balance, customer.payments, customer.id),
        )
        execute("UPDATE district SET income = ? WHERE id = ?", (district.income, district.id))
        execute(
            "INSERT INTO payment (amount, customer_id, district_id) VALUES (?, ?, ?)",
            (payment.amount, customer.id, district.id),
        )

    # -- Core ---------------------------------------------------------------------------------

    def core_select(self) -> Work:
        self.open()
        run, sql = self.run, f"{SELECT_PLAIN} WHERE id = ?"
        run("BEGIN")
        keys = range(1, self.n(KNOWN_SELECTS) + 1)
        yield
        rows = [run(sql, (key,)).fetchone() for key in keys]
        yield
        run("ROLLBACK")
        return data.row_sum(tuple(row) for row in rows)

    def core_fetch_100k(self) -> Work:
        self.open()
        yield
        rows = self.run(SELECT_PLAIN).fetchall()
        yield
        return data.row_sum(tuple(row) for row in rows)

    def core_insert_100k(self) -> Work:
        self.open()
        rows = [
            dict(zip(data.PLAIN_COLUMNS, row, strict=True))
            for row in data.plain_rows(self.n(INSERTED_ROWS))
        ]
        yield
        self.run("BEGIN")
        self.insert("plain", data.PLAIN_COLUMNS, list(map(itemgetter(*data.PLAIN_COLUMNS), rows)))
        self.run("COMMIT")
        yield
        return self.place.query_sum(data.PLAIN_SUM)

    # -- wide rows ----------------------------------------------------------------------------

    def wide_class(self) -> Callable[..., Any]:
        """The class of wide objects, whose ``__init__`` converts what the driver does not."""
        convert = {name: name for name in data.WIDE_COLUMNS}
        namespace: dict[str, Any] = {"__slots__": data.WIDE_COLUMNS}
        for kind, function in self.wide_values.items():
            namespace[f"_{kind}"] = function
            for name in data.WIDE_COLUMNS:
                if name.rstrip("0123456789") == kind:
                    convert[name] = f"_{kind}({name})"
        body = "\n    ".join(f"self.{name} = {text}" for name, text in convert.items())
        exec(f"def __init__(self, {', '.join(data.WIDE_COLUMNS)}):\n    {body}", namespace)
        made = {name: namespace[name] for name in ("__slots__", "__init__")}
        return type("Wide", (), made)


def _price(value: float) -> Decimal:
    return Decimal(f"{value:.2f}")


class SqliteFloor(Floor):
    begin_to_write = "BEGIN IMMEDIATE"
    import_statement = "import sqlite3, json, datetime, decimal"
    wide_values: ClassVar[dict[str, Callable[[Any], Any]]] = {
        "flag": bool,
        "moment": datetime.fromisoformat,
        "day": date.fromisoformat,
        "price": _price,
        "color": data.Color.__getitem__,
        "extra": json.loads,
    }

    def version(self) -> str:
        return f"SQLite {sqlite3.sqlite_version}"

    def open(self, *, shared: bool = False) -> None:
        super().open(shared=shared)
        # One cursor: making one takes as long as a small statement.
        self.run = self.raw.cursor().execute
        self.rows = self.run

    def many(self, sql: str, rows: list[Any]) -> None:
        self.raw.executemany(sql, rows)

    def insert(self, table: str, columns: Sequence[str], rows: list[Any]) -> None:
        marks = ", ".join("?" * len(columns))
        self.many(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)

    def insert_one(self, table: str, columns: Sequence[str], row: Sequence[Any]) -> int:
        marks = ", ".join("?" * len(columns))
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
        key: int = self.run(sql, row).lastrowid
        return key


class PostgresqlFloor(Floor):
    """psycopg 3, its raw cursor (the quickest), and a thousand rows in an INSERT."""

    import_statement = "import psycopg, json, datetime, decimal"
    wide_values: ClassVar[dict[str, Callable[[Any], Any]]] = {"color": data.Color.__getitem__}

    def version(self) -> str:
        psycopg = import_module("psycopg")
        with psycopg.connect(**self.place.login(), dbname="postgres") as connection:
            server = connection.info.server_version // 10_000
        return f"psycopg {psycopg.__version__} ({psycopg.pq.__impl__}), PostgreSQL {server}"

    def open(self, *, shared: bool = False) -> None:
        super().open(shared=shared)
        self._cursor = import_module("psycopg").RawCursor(self.raw)
        self._texts: dict[str, str] = {}

    def _numbered(self, sql: str) -> str:
        pieces = sql.split("?")
        text = "".join(f"{piece}${number}" for number, piece in enumerate(pieces[:-1], 1))
        return self._texts.setdefault(sql, text + pieces[-1])

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        return self._cursor.execute(self._texts.get(sql) or self._numbered(sql), parameters)

    def many(self, sql: str, rows: list[Any]) -> None:
        self._cursor.executemany(self._numbered(sql), rows)

    def insert(self, table: str, columns: Sequence[str], rows: list[Any]) -> None:
        start = f"INSERT INTO {table} ({', '.join(columns)}) VALUES "
        marks = f"({', '.join('?' * len(columns))})"
        for place in range(0, len(rows), 1000):
            batch = rows[place : place + 1000]
            self.run(start + ", ".join([marks] * len(batch)), list(chain.from_iterable(batch)))

    def insert_one(self, table: str, columns: Sequence[str], row: Sequence[Any]) -> int:
        marks = ", ".join("?" * len(columns))
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) RETURNING id"
        key: int = self.run(sql, row).fetchone()[0]
        return key


class MariadbFloor(Floor):
    """PyMySQL or mysqlclient, whose ``executemany`` makes large INSERTs by itself."""

    wide_values: ClassVar[dict[str, Callable[[Any], Any]]] = {
        "flag": bool,
        "color": data.Color.__getitem__,
        "extra": json.loads,
    }

    @property
    def import_statement(self) -> str:
        return f"import {self.place.module}, json, datetime, decimal"

    def version(self) -> str:
        package = {"MySQLdb": "mysqlclient"}.get(self.place.module, self.place.module)
        with closing(self.place.connect()) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT VERSION()")
            server = cursor.fetchone()[0].partition("-")[0]
        return f"{package} {metadata.version(package)}, MariaDB {server}"

    def open(self, *, shared: bool = False) -> None:
        super().open(shared=shared)
        self._cursor = self.raw.cursor()
        self._texts: dict[str, str] = {}

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        text = self._texts.get(sql) or self._texts.setdefault(sql, sql.replace("?", "%s"))
        self._cursor.execute(text, parameters)
        return self._cursor

    def many(self, sql: str, rows: list[Any]) -> None:
        self._cursor.executemany(sql.replace("?", "%s"), rows)

    def insert(self, table: str, columns: Sequence[str], rows: list[Any]) -> None:
        marks = ", ".join("?" * len(columns))
        self.many(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)

    def insert_one(self, table: str, columns: Sequence[str], row: Sequence[Any]) -> int:
        marks = ", ".join("?" * len(columns))
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
        key: int = self.run(sql, row).lastrowid
        return key

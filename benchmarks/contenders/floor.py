"""The floor: the bare driver, hand-written SQL, and a plain slots object for each row.

Nobody can be much faster without doing less.  Keys of new rows are counted here
instead of asked for, many rows travel in one ``executemany``, and values are
converted by the quickest call that the standard library has.
"""

import json
import sqlite3
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import starmap
from pathlib import Path
from typing import Any

from benchmarks import data
from benchmarks.contender import Contender, Order, Payment, Work
from benchmarks.workloads import (
    DECLARED_CLASSES,
    DELETES,
    GET_HITS,
    GET_MISSES,
    GRAPH_TAGS,
    INSERTS,
    SELECTS,
)


def slots_class(name: str, fields: Sequence[str]) -> Callable[..., Any]:
    """A class with *fields* as slots and an ``__init__`` that takes them in order."""
    init = "\n    ".join(f"self.{field} = {field}" for field in fields)
    namespace: dict[str, Any] = {"__slots__": tuple(fields)}
    exec(f"def __init__(self, {', '.join(fields)}):\n    {init}", namespace)
    namespace.pop("__builtins__")
    return type(name, (), namespace)


Plain = slots_class("Plain", data.PLAIN_COLUMNS)
NewPlain = slots_class("NewPlain", data.PLAIN_COLUMNS[1:])
Wide = slots_class("Wide", data.WIDE_COLUMNS)
Parent = slots_class("Parent", ("id", "name", "children"))
Child = slots_class("Child", ("id", "name", "size", "parent_id"))
NewParent = slots_class("NewParent", ("id", "name", "children", "tags"))
Tag = slots_class("Tag", ("id", "name"))
District = slots_class("District", ("id", "next_order", "income"))
Customer = slots_class("Customer", ("id", "name", "balance", "payments"))
Item = slots_class("Item", ("id", "name", "price"))
Stock = slots_class("Stock", ("id", "quantity", "sold"))

SELECT_PLAIN = "SELECT id, name, email, age, score FROM plain"


class Floor(Contender):
    """The driver, used as well as it can be."""

    title = "driver"
    import_statement = "import sqlite3, json, datetime, decimal"

    def __init__(self, path: Path, scale: float) -> None:
        super().__init__(path, scale)
        self._connection: sqlite3.Connection | None = None

    def disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def version(self) -> str:
        return f"SQLite {sqlite3.sqlite_version}"

    @property
    def connection(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(self.path, isolation_level=None)
            for name, value in data.PRAGMAS.items():
                self._connection.execute(f"PRAGMA {name} = {value}")
        return self._connection

    def loaded_plain(self, count: int) -> tuple[Any, Sequence[Any]]:
        rows = self.connection.execute(f"{SELECT_PLAIN} ORDER BY id LIMIT {count}")
        return None, list(starmap(Plain, rows))

    def load_100k(self) -> Work:
        connection = self.connection
        yield
        objects = list(starmap(Plain, connection.execute(SELECT_PLAIN)))
        yield
        return self.plain_sum(objects)

    def load_wide_20k(self) -> Work:
        connection = self.connection
        sql = f"SELECT {', '.join(data.WIDE_COLUMNS)} FROM wide"
        moment, day, loads, color = (
            datetime.fromisoformat,
            date.fromisoformat,
            json.loads,
            data.Color,
        )
        yield
        objects = [
            Wide(
                id_, i0, i1, i2, i3, i4, i5, i6, t0, t1, t2, t3, t4, t5, t6, r0, r1, r2, r3,
                bool(f0), bool(f1), bool(f2), bool(f3), moment(m0), moment(m1), moment(m2),
                day(d0), day(d1), Decimal(f"{p0:.2f}"), Decimal(f"{p1:.2f}"), color[c], loads(x),
            )
            for (
                id_, i0, i1, i2, i3, i4, i5, i6, t0, t1, t2, t3, t4, t5, t6, r0, r1, r2, r3,
                f0, f1, f2, f3, m0, m1, m2, d0, d1, p0, p1, c, x,
            ) in connection.execute(sql)
        ]  # fmt: skip
        yield
        return self.wide_sum(objects)

    def insert_20k(self) -> Work:
        connection = self.connection
        values = [data.plain_values(number) for number in range(self.n(INSERTS))]
        yield
        objects = list(starmap(NewPlain, values))
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO plain (name, email, age, score) VALUES (?, ?, ?, ?)",
            [(one.name, one.email, one.age, one.score) for one in objects],
        )
        connection.execute("COMMIT")
        yield
        return data.query_sum(self.path, data.PLAIN_SUM)

    def insert_graph_2k(self) -> Work:
        connection = self.connection
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
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO tag VALUES (?, ?)", [(t.id, t.name) for t in tags])
        connection.executemany(
            "INSERT INTO parent VALUES (?, ?)", [(parent.id, parent.name) for parent in parents]
        )
        connection.executemany(
            "INSERT INTO child VALUES (?, ?, ?, ?)",
            [(c.id, c.name, c.size, c.parent_id) for parent in parents for c in parent.children],
        )
        connection.executemany(
            "INSERT INTO parent_tag VALUES (?, ?)",
            [(parent.id, tag.id) for parent in parents for tag in parent.tags],
        )
        connection.execute("COMMIT")
        yield
        return data.query_sum(self.path, data.GRAPH_SUM)

    def update_20k(self) -> Work:
        connection = self.connection
        yield
        objects = list(starmap(Plain, connection.execute(SELECT_PLAIN)))
        for one in objects:
            one.age += 1
        connection.execute("BEGIN")
        connection.executemany(
            "UPDATE plain SET age = ? WHERE id = ?", [(one.age, one.id) for one in objects]
        )
        connection.execute("COMMIT")
        yield
        return data.query_sum(self.path, data.PLAIN_SUM)

    def delete_5k(self) -> Work:
        connection = self.connection
        _keep, objects = self.loaded_plain(DELETES)
        yield
        connection.execute("BEGIN")
        connection.executemany("DELETE FROM plain WHERE id = ?", [(one.id,) for one in objects])
        connection.execute("COMMIT")
        yield
        return data.query_sum(self.path, data.PLAIN_SUM)

    def get_miss(self) -> Work:
        # In one transaction, with one cursor: else each statement locks the file anew.
        cursor = self.connection.execute("BEGIN")
        sql = f"{SELECT_PLAIN} WHERE id = ?"
        keys = range(1, self.n(GET_MISSES) + 1)
        yield
        objects = [Plain(*cursor.execute(sql, (key,)).fetchone()) for key in keys]
        yield
        cursor.execute("ROLLBACK")
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
        cursor = self.connection.execute("BEGIN")
        sql = f"{SELECT_PLAIN} WHERE age > ? AND id > ? ORDER BY id LIMIT 3"
        yield
        total = 0
        for number in range(self.n(SELECTS)):
            rows = cursor.execute(sql, (number % 50, number))
            for one in list(starmap(Plain, rows)):
                total += one.id
        yield
        cursor.execute("ROLLBACK")
        return total

    def joined_2k(self) -> Work:
        connection = self.connection
        sql = (
            "SELECT parent.id, parent.name, child.id, child.name, child.size, child.parent_id "
            "FROM parent LEFT JOIN child ON child.parent_id = parent.id"
        )
        yield
        parents: dict[int, Any] = {}
        find = parents.get
        for parent_id, name, id_, child_name, size, of in connection.execute(sql):
            parent = find(parent_id)
            if parent is None:
                parent = parents[parent_id] = Parent(parent_id, name, [])
            if id_ is not None:
                parent.children.append(Child(id_, child_name, size, of))
        found = list(parents.values())
        yield
        return self.family_sum(sorted(found, key=lambda parent: parent.id))

    def selectin_2k(self) -> Work:
        connection = self.connection
        yield
        parents = {
            id_: Parent(id_, name, [])
            for id_, name in connection.execute("SELECT id, name FROM parent ORDER BY id")
        }
        for child in starmap(
            Child, connection.execute("SELECT id, name, size, parent_id FROM child")
        ):
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
        connection = self.connection
        script = self.transactions()
        yield
        for step in script:
            connection.execute("BEGIN")
            if isinstance(step, Order):
                self._order(connection, step)
            else:
                self._pay(connection, step)
            connection.execute("COMMIT")
        yield
        return data.query_sum(self.path, data.SHOP_SUM)

    def _order(self, connection: sqlite3.Connection, order: Order) -> None:
        execute = connection.execute
        Customer(*execute("SELECT * FROM customer WHERE id = ?", (order.customer,)).fetchone())
        district = District(
            *execute("SELECT * FROM district WHERE id = ?", (order.district,)).fetchone()
        )
        keys = [item for item, _quantity in order.lines]
        marks = ", ".join("?" * len(keys))
        rows = execute(f"SELECT * FROM item WHERE id IN ({marks})", keys)
        items = {item.id: item for item in starmap(Item, rows)}
        rows = execute(f"SELECT * FROM stock WHERE id IN ({marks})", keys)
        stocks = {stock.id: stock for stock in starmap(Stock, rows)}
        number = district.next_order
        district.next_order += 1
        execute("UPDATE district SET next_order = ? WHERE id = ?", (number + 1, district.id))
        purchase_id = execute(
            "INSERT INTO purchase (number, district_id, customer_id) VALUES (?, ?, ?)",
            (number, district.id, order.customer),
        ).lastrowid
        changed, lines = [], []
        for key, quantity in order.lines:
            stock = stocks[key]
            stock.quantity -= quantity
            stock.sold += 1
            changed.append((stock.quantity, stock.sold, key))
            lines.append((quantity, quantity * items[key].price, purchase_id, key))
        connection.executemany("UPDATE stock SET quantity = ?, sold = ? WHERE id = ?", changed)
        connection.executemany(
            "INSERT INTO line (quantity, amount, purchase_id, item_id) VALUES (?, ?, ?, ?)", lines
        )

    def _pay(self, connection: sqlite3.Connection, payment: Payment) -> None:
        execute = connection.execute
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


CONTENDER = Floor

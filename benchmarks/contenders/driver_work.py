"""What all work of the bare driver is made of: its calls, and objects with slots."""

from collections.abc import Callable, Iterable, Sequence
from itertools import starmap
from typing import Any

from benchmarks import data
from benchmarks.contender import Contender


def slots_class(name: str, fields: Sequence[str]) -> Callable[..., Any]:
    """A class with *fields* as slots and an ``__init__`` that takes them in order."""
    init = "\n    ".join(f"self.{field} = {field}" for field in fields)
    namespace: dict[str, Any] = {"__slots__": tuple(fields)}
    exec(f"def __init__(self, {', '.join(fields)}):\n    {init}", namespace)
    namespace.pop("__builtins__")
    return type(name, (), namespace)


Plain = slots_class("Plain", data.PLAIN_COLUMNS)
NewPlain = slots_class("NewPlain", data.PLAIN_COLUMNS[1:])
Parent = slots_class("Parent", ("id", "name", "children"))
Child = slots_class("Child", ("id", "name", "size", "parent_id"))
NewParent = slots_class("NewParent", ("id", "name", "children", "tags"))
Tag = slots_class("Tag", ("id", "name"))
District = slots_class("District", ("id", "next_order", "income"))
Customer = slots_class("Customer", ("id", "name", "balance", "payments"))
Item = slots_class("Item", ("id", "name", "price"))
Stock = slots_class("Stock", ("id", "quantity", "sold"))

SELECT_PLAIN = "SELECT id, name, email, age, score FROM plain"


class DriverWork(Contender):
    """The driver, used as well as it can be.

    A subclass knows the calls of one driver: how it is asked, and how it takes many rows.
    """

    title = "driver"
    raw: Any = None

    def disconnect(self) -> None:
        if self.raw is not None:
            self.raw.close()
            self.raw = None

    def open(self, *, shared: bool = False) -> None:
        """Be connected, in no transaction; *shared* where others write at the same time."""
        if self.raw is None:
            self.raw = self.place.connect(shared=shared)

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """Run *sql*, which has a ``?`` for each parameter; return the cursor."""
        raise NotImplementedError

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> Iterable[Any]:
        """The rows that *sql* finds."""
        found: list[Any] = self.run(sql, parameters).fetchall()
        return found

    def many(self, sql: str, rows: list[Any]) -> None:
        """Run *sql* for each of *rows*."""
        raise NotImplementedError

    def insert(self, table: str, columns: Sequence[str], rows: list[Any]) -> None:
        """Put *rows* into *table*."""
        raise NotImplementedError

    def insert_one(self, table: str, columns: Sequence[str], row: Sequence[Any]) -> int:
        """Put *row* into *table* and return its new key."""
        raise NotImplementedError

    def loaded_plain(self, count: int) -> tuple[Any, Sequence[Any]]:
        self.open()
        return None, list(starmap(Plain, self.rows(f"{SELECT_PLAIN} ORDER BY id LIMIT {count}")))

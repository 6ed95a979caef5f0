"""What the databases hold that contenders start from: the same rows for all of them."""

import datetime as dt
import enum
import json
import zlib
from collections.abc import Callable, Iterable, Iterator

from benchmarks.workloads import (
    ANIMALS,
    DELETES,
    FAMILY_CHILDREN,
    FAMILY_PARENTS,
    FOLDERS,
    MANY_ROWS,
    PLAIN_ROWS,
    REFLECTED_TABLES,
    SHOP_CUSTOMERS,
    SHOP_DISTRICTS,
    SHOP_ITEMS,
    SPOTS,
    STREETS,
    TRADE_AREAS,
    TRADE_BUYERS,
    TRADE_ITEMS,
    TRADE_WAREHOUSES,
    UPDATES,
    VISITS,
    WIDE_ROWS,
    scaled,
)

PRAGMAS = {"journal_mode": "memory", "synchronous": "off", "cache_size": -64_000}
"""Set on every connection of every contender, so that none waits for a disk."""

SHARED_PRAGMAS = {**PRAGMAS, "journal_mode": "wal", "busy_timeout": 30_000}
"""Set instead where several connections are open: they wait for each other."""

PLAIN_COLUMNS = ("id", "name", "email", "age", "score")

WIDE_COLUMNS = (
    "id",
    *(f"number{n}" for n in range(7)),
    *(f"text{n}" for n in range(7)),
    *(f"real{n}" for n in range(4)),
    *(f"flag{n}" for n in range(4)),
    *(f"moment{n}" for n in range(3)),
    *(f"day{n}" for n in range(2)),
    *(f"price{n}" for n in range(2)),
    "color",
    "extra",
)

SCHEMA = f"""
CREATE TABLE plain (
    id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50) NOT NULL, email VARCHAR(80) NOT NULL,
    age INTEGER NOT NULL, score FLOAT NOT NULL
);
CREATE TABLE wide (
    id INTEGER NOT NULL PRIMARY KEY,
    {", ".join(f"number{n} INTEGER NOT NULL" for n in range(7))},
    {", ".join(f"text{n} VARCHAR(40) NOT NULL" for n in range(7))},
    {", ".join(f"real{n} FLOAT NOT NULL" for n in range(4))},
    {", ".join(f"flag{n} BOOLEAN NOT NULL" for n in range(4))},
    {", ".join(f"moment{n} DATETIME NOT NULL" for n in range(3))},
    {", ".join(f"day{n} DATE NOT NULL" for n in range(2))},
    {", ".join(f"price{n} NUMERIC(10, 2) NOT NULL" for n in range(2))},
    color VARCHAR(5) NOT NULL, extra JSON NOT NULL
);
CREATE TABLE parent (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50) NOT NULL);
CREATE TABLE child (
    id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50) NOT NULL, size INTEGER NOT NULL,
    parent_id INTEGER NOT NULL REFERENCES parent (id)
);
CREATE INDEX child_parent ON child (parent_id);
CREATE TABLE tag (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50) NOT NULL);
CREATE TABLE parent_tag (
    parent_id INTEGER NOT NULL REFERENCES parent (id),
    tag_id INTEGER NOT NULL REFERENCES tag (id),
    PRIMARY KEY (parent_id, tag_id)
);
CREATE TABLE district (
    id INTEGER NOT NULL PRIMARY KEY, next_order INTEGER NOT NULL, income INTEGER NOT NULL
);
CREATE TABLE customer (
    id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50) NOT NULL, balance INTEGER NOT NULL,
    payments INTEGER NOT NULL
);
CREATE TABLE item (
    id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50) NOT NULL, price INTEGER NOT NULL
);
CREATE TABLE stock (
    id INTEGER NOT NULL PRIMARY KEY, quantity INTEGER NOT NULL, sold INTEGER NOT NULL
);
CREATE TABLE purchase (
    id INTEGER NOT NULL PRIMARY KEY, number INTEGER NOT NULL,
    district_id INTEGER NOT NULL REFERENCES district (id),
    customer_id INTEGER NOT NULL REFERENCES customer (id)
);
CREATE TABLE line (
    id INTEGER NOT NULL PRIMARY KEY, quantity INTEGER NOT NULL, amount INTEGER NOT NULL,
    purchase_id INTEGER NOT NULL REFERENCES purchase (id),
    item_id INTEGER NOT NULL REFERENCES item (id)
);
CREATE TABLE payment (
    id INTEGER NOT NULL PRIMARY KEY, amount INTEGER NOT NULL,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    district_id INTEGER NOT NULL REFERENCES district (id)
);
CREATE TABLE warehouse (id INTEGER NOT NULL PRIMARY KEY, income INTEGER NOT NULL);
CREATE TABLE area (
    id INTEGER NOT NULL PRIMARY KEY, next_sale INTEGER NOT NULL, income INTEGER NOT NULL,
    warehouse_id INTEGER NOT NULL REFERENCES warehouse (id)
);
CREATE TABLE buyer (
    id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50) NOT NULL, balance INTEGER NOT NULL,
    payments INTEGER NOT NULL, deliveries INTEGER NOT NULL,
    area_id INTEGER NOT NULL REFERENCES area (id)
);
CREATE TABLE shelf (
    id INTEGER NOT NULL PRIMARY KEY, quantity INTEGER NOT NULL, sold INTEGER NOT NULL,
    item_id INTEGER NOT NULL REFERENCES item (id),
    warehouse_id INTEGER NOT NULL REFERENCES warehouse (id)
);
CREATE TABLE sale (
    id INTEGER NOT NULL PRIMARY KEY, number INTEGER NOT NULL, carrier INTEGER,
    area_id INTEGER NOT NULL REFERENCES area (id),
    buyer_id INTEGER NOT NULL REFERENCES buyer (id)
);
CREATE INDEX sale_area ON sale (area_id, number);
CREATE INDEX sale_buyer ON sale (buyer_id, number);
CREATE TABLE sale_line (
    id INTEGER NOT NULL PRIMARY KEY, quantity INTEGER NOT NULL, amount INTEGER NOT NULL,
    sale_id INTEGER NOT NULL REFERENCES sale (id),
    item_id INTEGER NOT NULL REFERENCES item (id)
);
CREATE INDEX sale_line_sale ON sale_line (sale_id);
CREATE TABLE animal (
    id INTEGER NOT NULL PRIMARY KEY, kind VARCHAR(5) NOT NULL, name VARCHAR(50) NOT NULL
);
CREATE TABLE dog (
    id INTEGER NOT NULL PRIMARY KEY REFERENCES animal (id), tricks INTEGER NOT NULL,
    breed VARCHAR(50) NOT NULL
);
CREATE TABLE cat (
    id INTEGER NOT NULL PRIMARY KEY REFERENCES animal (id), lives INTEGER NOT NULL,
    color VARCHAR(50) NOT NULL
);
CREATE TABLE spot (
    id INTEGER NOT NULL PRIMARY KEY, x INTEGER NOT NULL, y INTEGER NOT NULL, extra JSON NOT NULL
);
CREATE TABLE nation (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50) NOT NULL);
CREATE TABLE region (
    id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50) NOT NULL,
    nation_id INTEGER NOT NULL REFERENCES nation (id)
);
CREATE INDEX region_nation ON region (nation_id);
CREATE TABLE town (
    id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50) NOT NULL,
    region_id INTEGER NOT NULL REFERENCES region (id)
);
CREATE INDEX town_region ON town (region_id);
CREATE TABLE street (
    id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50) NOT NULL,
    town_id INTEGER NOT NULL REFERENCES town (id)
);
CREATE INDEX street_town ON street (town_id);
CREATE TABLE visit (
    id INTEGER NOT NULL PRIMARY KEY, days INTEGER NOT NULL,
    town_id INTEGER NOT NULL REFERENCES town (id)
);
CREATE TABLE folder (
    id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(50) NOT NULL,
    parent_id INTEGER REFERENCES folder (id)
);
CREATE INDEX folder_parent ON folder (parent_id);
CREATE TABLE receipt (
    id INTEGER NOT NULL PRIMARY KEY, amount INTEGER NOT NULL,
    buyer_id INTEGER NOT NULL REFERENCES buyer (id),
    area_id INTEGER NOT NULL REFERENCES area (id)
);
"""


class Color(enum.Enum):
    """The enumeration of the wide rows, stored by name."""

    RED = "red"
    GREEN = "green"
    BLUE = "blue"


COLOR_NAMES = tuple(Color.__members__)


def plain_values(number: int) -> tuple[str, str, int, float]:
    """What a plain row holds besides its key."""
    return f"user {number}", f"user{number}@mail.example", number % 97, number * 0.25


def plain_rows(count: int) -> Iterator[tuple[object, ...]]:
    return ((number, *plain_values(number)) for number in range(1, count + 1))


def wide_rows(count: int) -> Iterator[tuple[object, ...]]:
    start = dt.datetime(2020, 1, 1, 12, 30, 15, 250)
    for number in range(1, count + 1):
        moment = start + dt.timedelta(seconds=number * 61)
        yield (
            number,
            *(number * n for n in range(7)),
            *(f"text {n} of {number}" for n in range(7)),
            *(number / (n + 2) for n in range(4)),
            *(int((number >> n) & 1) for n in range(4)),
            *(str(moment + dt.timedelta(hours=n)) for n in range(3)),
            *(str(moment.date() + dt.timedelta(days=n)) for n in range(2)),
            *(number % 9973 + n * 0.25 for n in range(2)),
            COLOR_NAMES[number % 3],
            json.dumps({"n": number, "list": [1, 2, number % 7]}),
        )


def family_rows(parents: int) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Rows of *parents* and of their children, who lie mixed on the disk as they do in life."""
    first = [(number, f"parent {number}") for number in range(1, parents + 1)]
    second = [
        (number + 1, f"child {number}", number % 17, number % parents + 1)
        for number in range(parents * FAMILY_CHILDREN)
    ]
    return list(first), list(second)


def animal_rows(count: int) -> Iterator[tuple[object, ...]]:
    """(key, kind, name, number, word) of dogs and cats in turn."""
    for number in range(1, count + 1):
        kind = "dog" if number % 2 else "cat"
        yield number, kind, f"{kind} {number}", number % 9, f"word {number % 50}"


def folder_parent(number: int) -> int | None:
    """The key of the folder that has folder *number*: three in each."""
    return (number + 1) // 3 if number > 1 else None


Filling = Iterator[tuple[str, Iterable[tuple[object, ...]]]]
"""Tables and their rows, parents first."""


def _family(scale: float) -> Filling:
    parents, children = family_rows(scaled(FAMILY_PARENTS, scale))
    yield "parent", parents
    yield "child", children


def _shop(_scale: float) -> Filling:
    yield "district", ((n, 1, 0) for n in range(1, SHOP_DISTRICTS + 1))
    yield "customer", ((n, f"customer {n}", 0, 0) for n in range(1, SHOP_CUSTOMERS + 1))
    yield "item", ((n, f"item {n}", n % 90 + 10) for n in range(1, SHOP_ITEMS + 1))
    yield "stock", ((n, 1000, 0) for n in range(1, SHOP_ITEMS + 1))


def shelf_id(warehouse: int, item: int) -> int:
    """The key of the shelf where *item* lies in *warehouse*."""
    return (warehouse - 1) * TRADE_ITEMS + item


def _trade(_scale: float) -> Filling:
    warehouses = range(1, TRADE_WAREHOUSES + 1)
    areas = range(1, TRADE_WAREHOUSES * TRADE_AREAS + 1)
    items = range(1, TRADE_ITEMS + 1)
    yield "item", ((n, f"item {n}", n % 90 + 10) for n in items)
    yield "warehouse", ((n, 0) for n in warehouses)
    yield "area", ((n, 1, 0, (n - 1) // TRADE_AREAS + 1) for n in areas)
    buyers = range(1, areas[-1] * TRADE_BUYERS + 1)
    yield "buyer", ((n, f"buyer {n}", 0, 0, 0, (n - 1) // TRADE_BUYERS + 1) for n in buyers)
    yield "shelf", ((shelf_id(w, n), 100, 0, n, w) for w in warehouses for n in items)


def _plain(count: int, shrinks: bool = True) -> Callable[[float], Filling]:
    def fill(scale: float) -> Filling:
        yield "plain", plain_rows(scaled(count, scale) if shrinks else count)

    return fill


def _wide(scale: float) -> Filling:
    yield "wide", wide_rows(scaled(WIDE_ROWS, scale))


def _animals(scale: float) -> Filling:
    rows = list(animal_rows(scaled(ANIMALS, scale)))
    yield "animal", [row[:3] for row in rows]
    yield "dog", [(row[0], *row[3:]) for row in rows if row[1] == "dog"]
    yield "cat", [(row[0], *row[3:]) for row in rows if row[1] == "cat"]


def _spots(scale: float) -> Filling:
    numbers = range(1, scaled(SPOTS, scale) + 1)
    yield "spot", ((n, n % 101, n % 53, json.dumps({"n": n, "list": [n % 7]})) for n in numbers)


def _places(scale: float) -> Filling:
    streets = scaled(STREETS, scale)
    towns, regions, nations = (max(1, streets // 10**n) for n in (1, 2, 3))
    yield "nation", ((n, f"nation {n}") for n in range(1, nations + 1))
    yield "region", ((n, f"region {n}", n % nations + 1) for n in range(1, regions + 1))
    yield "town", ((n, f"town {n}", n % regions + 1) for n in range(1, towns + 1))
    yield "street", ((n, f"street {n}", n % towns + 1) for n in range(1, streets + 1))
    yield "visit", ((n, n % 9, n % towns + 1) for n in range(1, scaled(VISITS, scale) + 1))


def _folders(scale: float) -> Filling:
    numbers = range(1, scaled(FOLDERS, scale) + 1)
    yield "folder", ((n, f"folder {n}", folder_parent(n)) for n in numbers)


def _nothing(_scale: float) -> Filling:
    yield from ()


DATABASES: dict[str, Callable[[float], Filling]] = {
    "empty": _nothing,
    "plain": _plain(PLAIN_ROWS),
    "plain_20k": _plain(UPDATES),
    "plain_5k": _plain(DELETES, shrinks=False),
    "plain_200k": _plain(MANY_ROWS),
    "wide": _wide,
    "family": _family,
    "shop": _shop,
    "trade": _trade,
    "animals": _animals,
    "spots": _spots,
    "places": _places,
    "folders": _folders,
    "tables": _nothing,
}
"""What each kind of database holds."""


def many_tables() -> list[str]:
    """The definitions of tables to reflect, each with a foreign key, an index and a unique key."""
    statements = []
    for number in range(REFLECTED_TABLES):
        name = f"reflected_{number}"
        before = f"reflected_{max(0, number - 1)}"
        statements.append(
            f"CREATE TABLE {name} (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(40) NOT NULL, "
            "code VARCHAR(10), size INTEGER DEFAULT 5 NOT NULL, price NUMERIC(10, 2), made DATE, "
            f"other_id INTEGER, CONSTRAINT code_{number} UNIQUE (code), "
            f"CONSTRAINT other_{number} FOREIGN KEY (other_id) REFERENCES {before} (id))"
        )
        statements.append(f"CREATE INDEX name_{number} ON {name} (name, size)")
    return statements


STATEMENTS: dict[str, Callable[[], list[str]]] = {"tables": many_tables}
"""What else is run for a kind of database."""


def row_sum(rows: Iterable[tuple[object, ...]]) -> int:
    """A number that differs when any value of *rows* differs, or its type does."""
    total = 0
    for row in rows:
        total = zlib.crc32(repr(row).encode(), total)
    return total


PLAIN_SUM = "SELECT name, email, age, score FROM plain ORDER BY name"
GRAPH_SUM = """
    SELECT parent.name, child.name, child.size, tag.name
    FROM parent JOIN child ON child.parent_id = parent.id
    JOIN parent_tag ON parent_tag.parent_id = parent.id JOIN tag ON tag.id = parent_tag.tag_id
    ORDER BY 1, 2, 4
"""
SHOP_SUM = """
    SELECT 'district', id, next_order, income FROM district
    UNION ALL SELECT 'customer', id, balance, payments FROM customer
    UNION ALL SELECT 'stock', id, quantity, sold FROM stock
    UNION ALL SELECT 'purchase', number, district_id, customer_id FROM purchase
    UNION ALL SELECT 'payment', amount, customer_id, district_id FROM payment
    UNION ALL SELECT 'line', line.item_id, line.quantity * 1000 + line.amount, purchase.number
        FROM line JOIN purchase ON purchase.id = line.purchase_id
    ORDER BY 1, 2, 3, 4
"""
ANIMAL_SUM = """
    SELECT animal.kind, animal.name, dog.tricks, dog.breed, cat.lives, cat.color
    FROM animal LEFT JOIN dog ON dog.id = animal.id LEFT JOIN cat ON cat.id = animal.id
    ORDER BY animal.name
"""
TRADE_SUM = """
    SELECT 'warehouse', id, income, 0, 0 FROM warehouse
    UNION ALL SELECT 'area', id, next_sale, income, 0 FROM area
    UNION ALL SELECT 'buyer', id, balance, payments, deliveries FROM buyer
    UNION ALL SELECT 'shelf', id, quantity, sold, 0 FROM shelf
    UNION ALL SELECT 'sale', area_id, number, buyer_id, coalesce(carrier, 0) FROM sale
    UNION ALL SELECT 'receipt', area_id, buyer_id, amount, 0 FROM receipt
    UNION ALL SELECT 'line', sale.area_id, sale.number, sale_line.item_id,
        sale_line.quantity * 1000000 + sale_line.amount
        FROM sale_line JOIN sale ON sale.id = sale_line.sale_id
    ORDER BY 1, 2, 3, 4, 5
"""

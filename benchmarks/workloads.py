"""The table of workloads: what is done, on which data, and what one operation is.

A contender has one method for each workload, named as the workload is.  A contender
that has no such method cannot do that work, and the report shows a dash.
"""

from dataclasses import dataclass

PLAIN_ROWS = 100_000
WIDE_ROWS = 20_000
INSERTS = 20_000
GRAPH_PARENTS = 2_000
GRAPH_CHILDREN = 5
GRAPH_TAGS = 50
UPDATES = 20_000
DELETES = 5_000
GET_MISSES = 5_000
GET_HITS = 50_000
SELECTS = 3_000
FAMILY_PARENTS = 2_000
FAMILY_CHILDREN = 10
ATTRIBUTE_OBJECTS = 1_000
ATTRIBUTE_PASSES = 30
DECLARED_CLASSES = 100
MEMORY_OBJECTS = 20_000
SHOP_TRANSACTIONS = 500
SHOP_CUSTOMERS = 300
SHOP_ITEMS = 1_000
SHOP_DISTRICTS = 10
KNOWN_SELECTS = 5_000
FETCHED_ROWS = 100_000
INSERTED_ROWS = 100_000
REFLECTED_TABLES = 200
IDLE_COMMITS = 1_000
COMMIT_SESSIONS = 10
COMMIT_OBJECTS = 1_000
COMMIT_MANY_OBJECTS = 20_000
MERGES = 500
BULK_ROWS = 100_000
TOUCHES = 1_000
MANY_ROWS = 200_000
FLUSHES = 300
FEW_OBJECTS = 1_000
SCOPED_CALLS = 50_000
TRADE_WAREHOUSES = 8
TRADE_AREAS = 4
TRADE_BUYERS = 20
TRADE_ITEMS = 100
TRADE_TRANSACTIONS = 800
ANIMALS = 20_000
SPOTS = 20_000
MANY_CLASSES = 300
STREETS = 20_000
VISITS = 100_000
FOLDERS = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One row of the report."""

    name: str
    title: str
    data: str = "empty"
    """Which prepared database the contender starts from: a key of ``data.DATABASES``."""
    writes: bool = False
    """Whether every round needs the database as it was."""
    operations: int = 1
    """How many operations one round does, at full size."""
    operation: str = "object"
    scales: bool = True
    """Whether ``--scale`` makes the number of operations smaller."""
    unit: str = "s"
    """``s`` for a time, ``B`` for a size."""
    uses_database: bool = True
    """Whether another database may give another figure."""

    def count(self, scale: float) -> int:
        return scaled(self.operations, scale) if self.scales else self.operations


def scaled(number: int, scale: float) -> int:
    """*number* made smaller by *scale*, for a quick look; never nothing."""
    return max(2, int(number * scale))


WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload(
            name="load_100k",
            title="load 100k entities of 5 columns",
            data="plain",
            operations=PLAIN_ROWS,
        ),
        Workload(
            name="load_wide_20k",
            title="load 20k entities of 32 columns, mixed types",
            data="wide",
            operations=WIDE_ROWS,
        ),
        Workload(
            name="insert_20k",
            title="make, add, flush and commit 20k objects",
            writes=True,
            operations=INSERTS,
        ),
        Workload(
            name="insert_graph_2k",
            title="insert 2k parents, 5 children and 3 tags each",
            writes=True,
            operations=GRAPH_PARENTS * (1 + GRAPH_CHILDREN),
        ),
        Workload(
            name="update_20k",
            title="load 20k, change one attribute, flush and commit",
            data="plain_20k",
            writes=True,
            operations=UPDATES,
        ),
        Workload(
            name="delete_5k",
            title="delete 5k loaded objects, flush and commit",
            data="plain_5k",
            writes=True,
            operations=DELETES,
        ),
        Workload(
            name="get_miss",
            title="get by key, not in the session",
            data="plain_5k",
            operations=GET_MISSES,
            operation="get",
        ),
        Workload(
            name="get_hit",
            title="get by key, in the session",
            data="plain_5k",
            operations=GET_HITS,
            operation="get",
        ),
        Workload(
            name="select_3k",
            title="build and run a filtered, ordered, limited select",
            data="plain_5k",
            operations=SELECTS,
            operation="select",
        ),
        Workload(
            name="joined_2k",
            title="joined loading of 2k parents with 10 children",
            data="family",
            operations=FAMILY_PARENTS * (1 + FAMILY_CHILDREN),
        ),
        Workload(
            name="selectin_2k",
            title="select-in loading of the same",
            data="family",
            operations=FAMILY_PARENTS * (1 + FAMILY_CHILDREN),
        ),
        Workload(
            name="lazy_2k",
            title="lazy loading of the same, in a loop over the parents",
            data="family",
            operations=FAMILY_PARENTS * (1 + FAMILY_CHILDREN),
        ),
        Workload(
            name="attribute_get",
            title="read a loaded attribute",
            data="plain_5k",
            operations=ATTRIBUTE_OBJECTS * ATTRIBUTE_PASSES * 10,
            operation="read",
            scales=False,
            uses_database=False,
        ),
        Workload(
            name="attribute_set",
            title="set an attribute",
            data="plain_5k",
            operations=ATTRIBUTE_OBJECTS * ATTRIBUTE_PASSES * 10,
            operation="write",
            scales=False,
            uses_database=False,
        ),
        Workload(
            name="declare_100",
            title="declare and configure 100 classes of 10 columns",
            operations=DECLARED_CLASSES,
            operation="class",
            scales=False,
            uses_database=False,
        ),
        Workload(
            name="import_time",
            title="import the library",
            operation="import",
            scales=False,
            uses_database=False,
        ),
        Workload(
            name="memory",
            title="memory of a loaded object of 5 columns",
            data="plain_20k",
            unit="B",
            scales=False,
            uses_database=False,
        ),
        Workload(
            name="tpcc_500",
            title="orders and payments: many small transactions",
            data="shop",
            writes=True,
            operations=SHOP_TRANSACTIONS,
            operation="transaction",
        ),
        Workload(
            name="commit_0",
            title="commit a transaction that did nothing, with no object in the session",
            data="plain_5k",
            operations=IDLE_COMMITS,
            operation="commit",
        ),
        Workload(
            name="commit_1k",
            title="commit with 1k clean objects in the session",
            data="plain_5k",
            operations=COMMIT_SESSIONS,
            operation="commit",
            scales=False,
        ),
        Workload(
            name="commit_20k",
            title="commit with 20k clean objects in the session",
            data="plain_20k",
            operation="commit",
            scales=False,
        ),
        Workload(
            name="merge_500",
            title="merge 500 changed objects into an empty session, flush and commit",
            data="plain_5k",
            writes=True,
            operations=MERGES,
        ),
        Workload(
            name="merge_cached_500",
            title="merge 500 objects of a cache with load=False",
            data="plain_5k",
            operations=MERGES,
        ),
        Workload(
            name="merge_all_cached_500",
            title="the same with merge_all",
            data="plain_5k",
            operations=MERGES,
        ),
        Workload(
            name="query_500",
            title="load the same 500 with a query",
            data="plain_5k",
            operations=MERGES,
        ),
        Workload(
            name="bulk_insert_100k",
            title="bulk_insert_mappings of 100k dictionaries, and commit",
            writes=True,
            operations=BULK_ROWS,
            operation="row",
        ),
        Workload(
            name="touch_1k",
            title="read an attribute of each of 1k objects after a commit",
            data="plain_5k",
            operations=TOUCHES,
        ),
        Workload(
            name="flush_1_of_1k",
            title="flush one changed object among 1k",
            data="plain_5k",
            writes=True,
            operations=FLUSHES,
            operation="flush",
        ),
        Workload(
            name="flush_1_of_200k",
            title="flush one changed object among 200k",
            data="plain_200k",
            writes=True,
            operations=FLUSHES,
            operation="flush",
        ),
        Workload(
            name="autoflush_200k",
            title="select one row, one object among 200k being changed",
            data="plain_200k",
            writes=True,
            operations=FLUSHES,
            operation="select",
        ),
        Workload(
            name="scoped_call",
            title="call a scoped_session",
            data="plain_5k",
            operations=SCOPED_CALLS,
            operation="call",
            uses_database=False,
        ),
        Workload(
            name="scoped_get",
            title="get by key through a scoped_session, in the session",
            data="plain_5k",
            operations=SCOPED_CALLS,
            operation="get",
            uses_database=False,
        ),
        Workload(
            name="trade_mix",
            title="sales, payments, status, delivery, stock: one thread",
            data="trade",
            writes=True,
            operations=TRADE_TRANSACTIONS,
            operation="transaction",
        ),
        Workload(
            name="trade_mix_overlap",
            title='the first of them, with sessionmaker(autoflush="overlap")',
            data="trade",
            writes=True,
            operations=TRADE_TRANSACTIONS,
            operation="transaction",
        ),
        Workload(
            name="trade_mix_8",
            title="the same on eight threads, each with its own connection",
            data="trade",
            writes=True,
            operations=TRADE_TRANSACTIONS,
            operation="transaction",
        ),
        Workload(
            name="hierarchy_load_20k",
            title="load 20k animals of two joined tables each, with a polymorphic join",
            data="animals",
            operations=ANIMALS,
        ),
        Workload(
            name="hierarchy_selectin_20k",
            title="load the same with a statement for each class",
            data="animals",
            operations=ANIMALS,
        ),
        Workload(
            name="hierarchy_insert_20k",
            title="make, add, flush and commit 20k animals of two joined tables",
            writes=True,
            operations=ANIMALS,
        ),
        Workload(
            name="composite_20k",
            title="load 20k with a composite and a JSON column, and read both",
            data="spots",
            operations=SPOTS,
        ),
        Workload(
            name="declare_300",
            title="declare and configure 300 classes of 16 columns",
            operations=MANY_CLASSES,
            operation="class",
            scales=False,
            uses_database=False,
        ),
        Workload(
            name="chain_20k",
            title="load 20k streets below towns, regions and nations, select-in three deep",
            data="places",
            operations=STREETS,
        ),
        Workload(
            name="to_one_100k",
            title="load 100k visits joined to their towns",
            data="places",
            operations=VISITS,
        ),
        Workload(
            name="tree_50k",
            title="load a tree of 50k folders, select-in to the bottom",
            data="folders",
            operations=FOLDERS,
        ),
        Workload(
            name="core_select",
            title="Core: run a known select of one row",
            data="plain_5k",
            operations=KNOWN_SELECTS,
            operation="select",
        ),
        Workload(
            name="core_fetch_100k",
            title="Core: fetch 100k rows of 5 columns",
            data="plain",
            operations=FETCHED_ROWS,
            operation="row",
        ),
        Workload(
            name="core_insert_100k",
            title="Core: insert 100k dictionaries and commit",
            writes=True,
            operations=INSERTED_ROWS,
            operation="row",
        ),
        Workload(
            name="core_reflect_200",
            title="Core: reflect 200 tables",
            data="tables",
            operations=REFLECTED_TABLES,
            operation="table",
            scales=False,
        ),
    )
}

"""How what is not a column of the row is loaded: strategies and policies, as records.

Everything else asks a record what it does, and never for its name: a new strategy is a record
here, and code where its new effect is.
"""

from typing import Any

from dovetail.exc import ArgumentError
from dovetail.record import Record


class LoaderStrategy(Record):
    """One way to load what a relationship leads to.

    ``name``          what plans and options call it
    ``option``        the function by which users ask for it, None where they can't
    ``arguments``     what the arguments of that function are called
    ``joins``         it adds a join to the statement
    ``takes_given``   it takes the columns of a join that the statement has
    ``later``         it sends a statement more for all instances of the first
    ``keeps_present``  that statement leaves instances alone which are here, as a lazy load does
    ``repeats``       its first argument says how often it goes on below itself
    ``fills_empty``   the attribute is None, or empty, and nothing is loaded
    ``on_read``       it says what becomes of a read of what is not loaded
    ``raises``        that is an error
    ``policy``        that goes by this policy, whatever the session and the statement say
    ``writes``        the collection is never loaded as a whole
    """

    name: str
    option: str | None = None
    arguments: tuple[str, ...] = ()
    joins: bool = False
    takes_given: bool = False
    later: bool = False
    keeps_present: bool = False
    repeats: bool = False
    fills_empty: bool = False
    on_read: bool = False
    raises: bool = False
    policy: str | None = None
    writes: bool = False

    @property
    def eager(self) -> bool:
        """Whether it loads something with the instances that the statement did not have."""
        return self.joins or self.later

    def __repr__(self) -> str:
        return f"<loader strategy {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return strategy_named, (self.name,)


JOINED = LoaderStrategy(
    name="joined", option="joinedload", arguments=("innerjoin",), joins=True
)  # fmt: skip
SELECT = LoaderStrategy(name="select", option="lazyload", on_read=True)
DEFAULT = LoaderStrategy(name="default", option="defaultload")
"""As it is mapped: the option says what holds below."""

NOLOAD = LoaderStrategy(name="noload", option="noload", fills_empty=True, on_read=True)

STRATEGIES = {
    strategy.name: strategy
    for strategy in (
        JOINED,
        SELECT,
        NOLOAD,
        DEFAULT,
        LoaderStrategy(
            name="selectin",
            option="selectinload",
            arguments=("recursion_depth", "chunksize"),
            later=True,
            repeats=True,
        ),
        LoaderStrategy(name="immediate", later=True, keeps_present=True),
        LoaderStrategy(
            name="contains_eager",
            option="contains_eager",
            arguments=("eager_from_alias",),
            takes_given=True,
        ),
        LoaderStrategy(name="raise", option="raiseload", on_read=True, raises=True),
        LoaderStrategy(name="raise_on_sql", option="raiseload", on_read=True, policy="raise"),
        LoaderStrategy(name="one", on_read=True, policy="one"),
        LoaderStrategy(name="peers", on_read=True, policy="peers"),
        LoaderStrategy(name="write_only", writes=True),
        LoaderStrategy(name="dynamic", writes=True),
    )
}
"""Every loader strategy by its name."""


def strategy_named(name: str) -> LoaderStrategy:
    """Return the strategy *name*: what pickled instructions have in its place."""
    return STRATEGIES[name]


LAZY: dict[Any, LoaderStrategy] = {
    "select": SELECT,
    True: SELECT,
    "peers": STRATEGIES["peers"],
    "one": STRATEGIES["one"],
    "joined": JOINED,
    False: JOINED,
    "selectin": STRATEGIES["selectin"],
    "subquery": STRATEGIES["selectin"],
    "immediate": STRATEGIES["immediate"],
    "raise": STRATEGIES["raise"],
    "raise_on_sql": STRATEGIES["raise_on_sql"],
    "noload": NOLOAD,
    "write_only": STRATEGIES["write_only"],
    "dynamic": STRATEGIES["dynamic"],
    None: NOLOAD,
}
"""What ``relationship(lazy=...)`` takes, and what it means."""


FEW_PEERS = 32
MANY_PEERS = 1000


class LazyPolicy(Record):
    """How many instances of a batch are loaded with the one whose attribute is touched.

    ``peers``  for the first touch of the attribute within the batch, the second, and so on, the
               last for all that follow; None where such a touch is an error
    """

    name: str
    peers: tuple[int | None, ...]

    def __reduce__(self) -> tuple[Any, ...]:
        return policy_named, (self.name,)

    def peers_for(self, touches: int) -> int | None:
        """Return how many the touch number *touches* loads besides; None where it is an error."""
        return self.peers[min(touches, len(self.peers)) - 1]


POLICIES = {
    policy.name: policy
    for policy in (
        LazyPolicy(name="adaptive", peers=(0, FEW_PEERS, MANY_PEERS)),
        LazyPolicy(name="one", peers=(0,)),
        LazyPolicy(name="peers", peers=(MANY_PEERS,)),
        LazyPolicy(name="raise", peers=(None,)),
        LazyPolicy(name="raise_n_plus_one", peers=(0, None)),
    )
}
"""Every policy of lazy loads by its name."""


def policy_named(name: str) -> LazyPolicy:
    """Return the lazy policy *name*; ArgumentError for one that is not known."""
    found = POLICIES.get(name)
    if found is None:
        raise unknown_policy(name)
    return found


def unknown_policy(name: object) -> ArgumentError:
    """Return the error for *name*, which names no lazy policy."""
    return ArgumentError(
        f"lazy_policy={name!r} is not known",
        hint=f"one of {', '.join(map(repr, POLICIES))}",
    )

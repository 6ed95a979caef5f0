"""Whoever awaits has the same verbs as whoever blocks, and those that the peer has."""

import inspect
from functools import cached_property

import pytest
import sqlalchemy.ext.asyncio as theirs

from dovetail.delegation import DelegatedAttribute
from dovetail.engine import Connection, Engine
from dovetail.engine.result import MappingResult, Result, ScalarResult
from dovetail.engine.transaction import Transaction
from dovetail.ext import asyncio as ours
from dovetail.orm import Session, SessionTransaction, scoped_session, sessionmaker
from dovetail.orm.scoped import ScopedFace
from tools.reference import INTERNAL

PAIRS = {
    "AsyncSession": (Session, ours.AsyncSession),
    "AsyncSessionTransaction": (SessionTransaction, ours.AsyncSessionTransaction),
    "AsyncConnection": (Connection, ours.AsyncConnection),
    "AsyncEngine": (Engine, ours.AsyncEngine),
    "AsyncTransaction": (Transaction, ours.AsyncTransaction),
    "AsyncResult": (Result, ours.AsyncResult),
    "AsyncScalarResult": (ScalarResult, ours.AsyncScalarResult),
    "AsyncMappingResult": (MappingResult, ours.AsyncMappingResult),
    "async_sessionmaker": (sessionmaker, ours.async_sessionmaker),
    "scoped_session": (Session, scoped_session),
    "async_scoped_session": (ours.AsyncSession, ours.async_scoped_session),
}
"""Each face, and what it stands before, by the name of the face."""

BLOCKING_ALONE = {
    "AsyncSession": {
        # A query, and a relationship of what is not in the session, load when they are read.
        "query", "enable_relationship_loading",
        # Former names, and what a session without a lasting transaction needs.
        "autocommit", "transaction", "prune",
        # Settings that no program changes between two statements.
        "autobegin", "dispatch", "enable_baked_queries", "hash_key", "join_transaction_mode",
        "twophase",
    },
    "AsyncSessionTransaction": {
        "afterwards", "all_deleted", "around", "cause", "check", "close", "connection",
        "ended_within", "flushed", "hand_out", "has_only_read", "has_sent", "is_brief", "is_held",
        "is_writing", "keeps_values", "name", "owns_connections", "place", "prepare",
        "reads_primary", "replicas_read", "require_afterwards", "source_record",
    },
    "AsyncConnection": {
        "about", "dispatch", "has_begun", "hides_parameters", "limit", "limit_time",
        "options_in_use", "schema_for_object", "schema_map", "tell", "text_was_sent",
        "timeout", "told_last", "transaction_ended", "used_by",
    },
    "AsyncEngine": {"dispatch", "is_async"},
    "AsyncTransaction": {"nested"},  # an attribute of each
    "AsyncResult": {"merge", "of_rows", "of_scalars"},
    "async_sessionmaker": {"close_all", "identity_key", "object_session"},
    "scoped_session": {"dispatch"},
    "async_scoped_session": {"sync_session_class"},
}  # fmt: skip
"""What only those have that a face stands before, by the face."""

CLASSIC = {
    "begin": {"nested", "subtransactions"},
    "commit": {"_to_root"},
    "rollback": {"_to_root"},
    "connection": {"classic"},
    "execute": {"classic"},
    "scalar": {"classic"},
    "refresh": {"lockmode"},
    "commit_prepared": {"recover"},
    "rollback_prepared": {"recover"},
}
"""Parameters of former versions, which the awaiting session has never had."""

OTHERWISE = {"get_bind", "bound_connection", "get_one", "run_sync", "sync_session_class"}
"""Verbs whose parameters say more on one side: the names alone are compared."""


def members(class_):
    return {
        name
        for name in dir(class_)
        if not name.startswith("_") and not name.endswith("_steps") and name not in INTERNAL
    }


def documented(class_):
    found = ((name, getattr(class_, name)) for name in members(class_))
    return {
        name
        for name, member in found
        if inspect.isroutine(member) or isinstance(member, DelegatedAttribute)
    }


@pytest.mark.parametrize("name", PAIRS)
def test_a_member_says_what_it_does(name):
    face = PAIRS[name][1]

    assert [each for each in documented(face) if not getattr(face, each).__doc__] == []


def parameters(function, without=frozenset()):
    """The parameters by name: their kinds and defaults."""
    found = {}
    for each in inspect.signature(function).parameters.values():
        if each.name not in {"self", "cls", *without}:
            default = each.default
            shown = (
                "…" if default is each.empty else repr(dict(default) if default == {} else default)
            )
            found[each.name] = (each.kind, shown)
    return found


@pytest.mark.parametrize("name", PAIRS)
def test_every_verb_of_those_who_block_is_there_or_accounted_for(name):
    blocking, awaiting = PAIRS[name]
    absent = members(blocking) - members(awaiting)

    assert absent - BLOCKING_ALONE.get(name, set()) == set()
    assert BLOCKING_ALONE.get(name, set()) & members(awaiting) == set()


def verbs():
    for name, (blocking, awaiting) in PAIRS.items():
        for verb in sorted(members(blocking) & members(awaiting)):
            found = getattr(blocking, verb)
            is_verb = inspect.isroutine(found) and not isinstance(found, cached_property)
            if is_verb and verb not in OTHERWISE:
                yield pytest.param(blocking, awaiting, verb, id=f"{name}.{verb}")


@pytest.mark.parametrize(("blocking", "awaiting", "verb"), list(verbs()))
def test_a_verb_takes_the_same_parameters_on_both_sides(blocking, awaiting, verb):
    is_scoped = issubclass(awaiting, ScopedFace)
    classic = frozenset() if is_scoped else CLASSIC.get(verb, frozenset())
    known = parameters(getattr(blocking, verb), classic)
    own = parameters(getattr(awaiting, verb))
    if verb in ("execute", "scalar") and blocking is Session and not is_scoped:
        # Without a statement it is in a keyword of the classic way.
        known["statement"] = own["statement"]

    assert own == known


PEERS = [
    "AsyncAttrs", "AsyncConnection", "AsyncEngine", "AsyncMappingResult", "AsyncResult",
    "AsyncScalarResult", "AsyncSession", "AsyncSessionTransaction", "AsyncTransaction",
    "AsyncTupleResult", "async_scoped_session", "async_sessionmaker",
]  # fmt: skip
PRIVATE_THERE = {"memoized_attribute", "memoized_instancemethod"}
ATTRIBUTES = {"connection", "engine", "nested", "session", "sync_engine", "sync_transaction"}
"""What instances have here, and slots of the class tell of there."""
PRIVATE_PARAMETERS = {"_warn", "is_ctxmanager"}


@pytest.mark.parametrize("name", PEERS)
def test_what_the_peer_has_is_here(name):
    own, known = getattr(ours, name), getattr(theirs, name)
    lacking = members(known) - set(dir(own)) - PRIVATE_THERE

    assert lacking - ATTRIBUTES == set()


def verbs_of_the_peer():
    for name in PEERS:
        known = getattr(theirs, name)
        for verb in sorted(members(known) | {"__init__"}):
            found = getattr(known, verb)
            same_kind = inspect.isroutine(getattr(getattr(ours, name), verb, None))
            if inspect.isroutine(found) and same_kind and verb not in PRIVATE_THERE:
                yield pytest.param(getattr(ours, name), known, verb, id=f"{name}.{verb}")


@pytest.mark.parametrize(("own", "known", "verb"), list(verbs_of_the_peer()))
def test_a_verb_takes_what_it_takes_there(own, known, verb):
    """Names, kinds and defaults; ``**keywords`` there may be the names that they stand for here."""
    if own is ours.AsyncTupleResult and verb == "__init__":
        pytest.skip("for type checkers alone there")
    here = parameters(getattr(own, verb))
    there = {
        name: found
        for name, found in parameters(getattr(known, verb), PRIVATE_PARAMETERS).items()
        if found[0] is not inspect.Parameter.VAR_KEYWORD
    }
    here_too = {name: found for name, found in here.items() if name in there}
    for name, (kind, default) in there.items():
        if name == "class_" and name in here_too:
            here_too[name] = (kind, default)  # the class itself
        if kind is inspect.Parameter.VAR_POSITIONAL:
            here_too.setdefault(name, (kind, default))

    assert here_too == there


FUNCTIONS = [
    "async_engine_from_config", "async_object_session", "async_session", "close_all_sessions",
    "create_async_engine", "create_async_pool_from_url",
]  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_take_what_they_take_there(name):
    def told(function):
        return {
            key: found
            for key, found in parameters(function).items()
            if found[0] is not inspect.Parameter.VAR_KEYWORD
        }

    assert told(getattr(ours, name)) == told(getattr(theirs, name))


def test_the_tables_hold_every_public_name():
    known = (
        set(theirs.__all__)
        if hasattr(theirs, "__all__")
        else {
            name
            for name in dir(theirs)
            if not name.startswith("_") and not inspect.ismodule(getattr(theirs, name))
        }
    )

    assert known - {*PEERS, *FUNCTIONS} == set()

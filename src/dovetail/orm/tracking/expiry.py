"""Expiry: values that may be stale leave ``__dict__``; the next touch reads them again.

The primary key stays: it can't change behind the session's back without the row becoming another.
Where ``conventions.keys_expire`` it goes as well; what writes rows puts it back from the identity.
"""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from dovetail.codegen import Source, compile_function
from dovetail.exc import InvalidRequestError
from dovetail.orm.tracking.state import NO_VALUE, InstanceState

Expirer = Callable[[Iterable[InstanceState]], None]


class Whole(frozenset[str]):
    """The names that are to be read again of an instance that has expired as a whole.

    ``session.get()`` looks whether its row is still there, as it does not for one of which
    some attributes alone have expired.
    """

    __slots__ = ()

    is_whole: ClassVar[bool] = True


def still_expired(
    expired: frozenset[str], more: Iterable[str], less: Iterable[str] = ()
) -> frozenset[str]:
    """Return *expired* with *more* and without *less*: still whole, if it was."""
    names = expired.union(more).difference(less)
    return Whole(names) if type(expired) is Whole else names


def lost_values(state: InstanceState) -> frozenset[str]:
    """Return the columns of which *state* has had values that nobody knows any more.

    They had expired, and the row from which they would be read again is not there.  What a server
    makes is not among them if it was never known: it is made again.
    """
    expired = state.stale
    if not expired:
        return _NOTHING
    mapper: Any = state.load.mapper
    names = expired & mapper.written.keys()
    if type(expired) is not Whole:
        names = names.difference(*(part.made for part in mapper.mapped_tables))
    return frozenset(names.difference(state.dict))


_NOTHING: frozenset[str] = frozenset()


def refuse_lost(state: InstanceState, instance: object, verb: str) -> None:
    """Refuse to *verb* an instance whose values are lost: they would be written as NULL."""
    lost = lost_values(state)
    if lost:
        names = ", ".join(sorted(lost))
        raise InvalidRequestError(
            f"can't {verb} {instance!r}: its {names} had expired when its row went, and nobody "
            "knows the values any more",
            hint="set them again, or make a new instance",
        )


def make_expirer(
    title: str, names: Iterable[str], refreshed: Whole, keys: tuple[str, ...]
) -> Expirer:
    """The function that expires all values of many states of one mapper.

    *names* leave ``__dict__``, *refreshed* are read again together, *keys* are restored from
    the identity where an unflushed change has replaced them.
    """
    source = Source(f"expire {title}")
    source.use("refreshed", refreshed)
    with source.block("def expire(states):"), source.block("for state in states:"):
        source.line("instance = state()")
        with source.block("if instance is not None:"):
            source.line("values = instance.__dict__")
            held = f"len(values) == {len(keys)} and state.committed is None"
            with source.block(f"if state.stale is refreshed and {held}:"):
                source.line("continue")
            source.line("pop = values.pop")
            for name in names:
                source.line(f"pop({name!r}, None)")
            source.line("state.stale = refreshed")
            with source.block("if state.committed is not None:"):
                source.line("state.committed = None")
                if len(keys) == 1:
                    source.line(f"values[{keys[0]!r}] = state.row_key")
                elif keys:
                    targets = ", ".join(f"values[{key!r}]" for key in keys)
                    source.line(f"{targets} = state.row_key")
            with source.block("if state.extra is not None:"):
                source.line("forget_changes(state)")
    source.use("forget_changes", forget_changes)
    return compile_function(source, "expire")


def put_key_back(state: InstanceState, instance: object) -> None:
    """Put a primary key that has expired back: a row is to be written, and its key is known.

    Where another was set in its place, what was there before is noted: what refers to it follows.
    """
    changed = state.committed
    if state.row_key is None or (state.stale is None and changed is None):
        return
    mapper: Any = state.load.mapper
    held = instance.__dict__
    for name, part in zip(mapper.primary_keys, mapper.key_tuple(state.row_key), strict=True):
        if changed is not None and name in changed:
            if changed[name] is NO_VALUE:
                changed[name] = part
        elif name not in held:
            held[name] = part
    if state.stale is not None:
        state.stale = still_expired(state.stale, (), mapper.primary_keys) or None


def forget_changes(state: InstanceState) -> None:
    """Drop queued collection changes and what is known of parents; keep the user's notes."""
    _keep_of_extra(state, ("info",))


def forget_own_changes(state: InstanceState) -> None:
    """As ``forget_changes()``, but a parent that it was taken from has not forgotten that."""
    _keep_of_extra(state, ("info", "parents"))


def _keep_of_extra(state: InstanceState, names: tuple[str, ...]) -> None:
    extra = state.extra or {}
    state.extra = {name: extra[name] for name in names if name in extra} or None


def expire_names(
    state: InstanceState, instance: object, names: Iterable[str], columns: frozenset[str]
) -> None:
    """Expire the attributes *names* of one instance; *columns* are those that hold columns."""
    names = set(names)
    values = instance.__dict__
    for name in names:
        values.pop(name, None)
        if state.committed is not None:
            state.committed.pop(name, None)
        if state.extra is not None:
            state.extra.pop(state.load.mapper.attributes.get(name), None)
    if state.committed is not None and not state.committed:
        state.committed = None
        scope = state.load.scope
        if scope is not None:
            scope.modified.pop(state, None)
    stale = frozenset(names & columns)
    if stale:
        state.stale = stale if state.stale is None else still_expired(state.stale, stale)

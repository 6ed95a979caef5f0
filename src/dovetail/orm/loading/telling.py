"""Telling listeners of what was loaded: after the rows of a statement have become instances."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dovetail.orm.loading.session import LoadingSession
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.tracking.expiry import Whole
from dovetail.orm.tracking.state import Load


@dataclass(slots=True, frozen=True, eq=False)
class LoadContext:
    """The load in which an instance was made, or read again: what its listeners are given."""

    core: LoadingSession
    load: Load

    @property
    def session(self) -> Any:
        """The session that loads."""
        return self.core.session

    @property
    def mapper(self) -> Any:
        """The mapper of what is loaded."""
        return self.load.mapper

    @property
    def identity_token(self) -> Any:
        """The identity token of what is loaded: a shard, for one."""
        return self.load.token

    @property
    def bind_arguments(self) -> dict[str, Any]:
        """What the load was told of its database: ``bind_arguments=`` of the statement.

        In a ``ShardedSession`` it has the ``shard_id``.
        """
        return dict(self.core.load_arguments)


def note_options(loads: Iterable[Load], options: Iterable[Any]) -> None:
    """Let *loads* have those of *options*, the user's, that hold for lazy loads too."""
    lasting = tuple(option for option in options if option.propagate_to_loaders)
    if lasting:
        for load in loads:
            load.user_options = lasting


def listen_to(load: Load, session: LoadingSession) -> Load:
    """Let *load* note what it refreshes, if somebody listens; return it."""
    mapper = load.mapper
    told = session.dispatch.loaded_as_persistent or mapper.class_manager.dispatch.listening
    if told or (mapper.children and _somebody_listens_below(mapper)):
        load.refreshed = []
    return load


def _somebody_listens_below(mapper: Mapper) -> bool:
    return any(one.class_manager.dispatch.listening for one in mapper.self_and_descendants)


def tell_of_loads(session: LoadingSession, loads: Iterable[Load]) -> None:
    """Call those who listen for each instance that *loads* have made, or read again."""
    parts = [part for whole in loads for part in (whole, *whole.parts)]
    # Of a hierarchy, what was here before is noted by the whole, and listed by the class's part.
    again = {state for load in parts for state, _ in load.refreshed or ()}
    for load in parts:
        if load.refreshed is None:
            continue
        refreshed, load.refreshed = load.refreshed, None
        dispatch = load.mapper.class_manager.dispatch
        context = LoadContext(session, load)
        for state in list(load.batch):
            instance = None if state in again else state()
            if instance is not None:
                for call in dispatch.load:
                    call(instance, context)
                session.announce("loaded_as_persistent", instance)
        for state, names in refreshed:
            instance = state()
            if instance is not None:
                if type(names) is Whole:
                    attrs = state.load.mapper.named_attrs
                    names = {key for key, prop in attrs.items() if not prop.is_proxy}
                    # What classes below have besides may not have been among it.
                    names = names.difference(state.stale or ())
                for call in dispatch.refresh:
                    call(instance, context, names)

"""What an instance leads to along its relationships, by what is in memory."""

from collections.abc import Callable
from typing import Any

from dovetail.orm.tracking.attributes import AttributeBase
from dovetail.orm.tracking.state import NO_VALUE, InstanceState, state_of

NO_CASCADES: tuple[Any, ...] = ()


def cascading(mapper: Any) -> tuple[Any, ...]:
    """The relationship attributes of *mapper* along which ``add()`` goes on."""
    kept: tuple[Any, ...] | None = mapper.memo.get("cascades")
    if kept is None:
        mapper.configure()
        # What a class adds comes before what it inherits.
        lineage = list(mapper.iterate_to_root())
        props = sorted(
            mapper.named_relationships.values(), key=lambda prop: lineage.index(prop.parent)
        )
        kept = tuple(prop.impl for prop in props if prop.cascade.save_update)
        mapper.memo["cascades"] = kept or NO_CASCADES
    return kept


def members_of(impl: Any, value: object, queued: Any) -> list[Any]:
    if not impl.collection:
        return [] if value is None else [value]
    members = [] if value is None else list(impl.kind.items(value))
    return members if queued is None else [*members, *queued.added]


def taken_away(impl: AttributeBase, state: InstanceState, instance: object) -> list[Any]:
    """What *instance* no longer holds of what the row of *state* relates to, if that has a row."""
    return [
        item
        for item in impl.history(state, instance).deleted
        if item is not None and item is not NO_VALUE and state_of(item).row_key is not None
    ]


def cascaded(
    state: InstanceState,
    instance: object,
    cascade: str,
    halt_on: Callable[[InstanceState], object] | None = None,
) -> list[tuple[InstanceState, Any]]:
    """The instances that *instance* leads to by *cascade*, from what is in memory.

    ``delete`` loads what is not.  Those for which *halt_on* is true are left out, and what they
    alone lead to.

    What has been put into a collection that was never read, by the other side, is not expired
    or expunged with its owner: the member has said so itself, and keeps its changes.
    """
    letting_go = cascade in ("refresh-expire", "expunge")
    seen = {state}
    found: list[tuple[InstanceState, Any]] = []
    waiting = [(state, instance)]
    while waiting:
        here, holder = waiting.pop()
        for prop in here.load.mapper.named_relationships.values():
            if cascade == "delete" and prop.cascade.delete and here.row_key is not None:
                getattr(holder, prop.key)
            value = holder.__dict__.get(prop.key)
            queued = None
            if here.extra is not None and (prop.is_writer or not letting_go):
                queued = here.extra.get(prop.impl)
            if cascade not in prop.cascade or (value is None and queued is None):
                continue
            # What is new and stands alone as well is not lost with what its parent had pending.
            stays = cascade == "refresh-expire" and not prop.cascade.delete_orphan
            for item in members_of(prop.impl, value, queued):
                other = state_of(item)
                if stays and other.row_key is None:
                    continue
                if other not in seen:
                    seen.add(other)
                    if halt_on is not None and halt_on(other):
                        continue
                    found.append((other, item))
                    waiting.append((other, item))
    return found

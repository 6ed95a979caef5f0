"""What can be asked of, and done to, the attributes of one instance."""

from typing import Any

from dovetail.exc import ArgumentError, InvalidRequestError, UnmappedClassError
from dovetail.inspection import inspects, inspects_itself, inspects_otherwise
from dovetail.orm.mapping.attribute import QueryableAttribute
from dovetail.orm.mapping.mapper import Mapper, mapper_of
from dovetail.orm.mapping.writers import WriterAttribute
from dovetail.orm.tracking.attributes import AttributeBase
from dovetail.orm.tracking.collection_attribute import CollectionAdapter, CollectionAttribute
from dovetail.orm.tracking.history import History
from dovetail.orm.tracking.passive import PASSIVE_OFF, PassiveFlag
from dovetail.orm.tracking.state import NO_VALUE, InstanceState, mark_modified, state_of
from dovetail.orm.tracking.told import Initiator


def _attribute(instance: object, key: str) -> tuple[InstanceState, AttributeBase]:
    state = state_of(instance)
    state.load.mapper.configure()
    mapper = state.load.mapper
    found: AttributeBase | None = mapper.attributes.get(key) or mapper.proxied.get(key)
    if found is None:
        raise InvalidRequestError(
            f"{type(instance).__name__} has no mapped attribute {key!r}",
            hint=f"it has {', '.join(state.load.mapper.attributes)}",
        )
    return state, found


def get_history(obj: object, key: str, passive: PassiveFlag = PASSIVE_OFF) -> History:
    """What changed in attribute *key* of *obj* since the last flush.

    What is not loaded is loaded for it, unless *passive* forbids: with ``PASSIVE_NO_INITIALIZE``
    or ``PASSIVE_NO_FETCH`` no SQL is sent, and the history of what is absent is empty.
    """
    state, attribute = _attribute(obj, key)
    return attribute.get_history(state, passive=passive)


def get_state_history(
    state: InstanceState, key: str, passive: PassiveFlag = PASSIVE_OFF
) -> History:
    """As :func:`get_history`, for the instance of *state*."""
    return get_history(state.obj(), key, passive)


def has_parent(cls: type, obj: object, key: str, optimistic: bool = False) -> bool:
    """True when *obj* is in relationship *key* of an instance of *cls*, as far as is in memory.

    Only relationships that delete orphans, or allow a single parent, keep account of it; of an
    instance that was never in one, *optimistic* is the answer.
    """
    mapper = class_mapper(cls)
    attribute = mapper.attributes.get(key)
    parents = (state_of(obj).extra or {}).get("parents", {})
    return bool(parents[attribute]) if attribute in parents else optimistic


def get_attribute(instance: object, key: str) -> Any:
    """The value of attribute *key*, loaded where it is absent."""
    _, attribute = _attribute(instance, key)
    return attribute.read(instance)


def set_attribute(instance: object, key: str, value: object, initiator: object = None) -> None:
    """Set attribute *key*, as an assignment does."""
    _, attribute = _attribute(instance, key)
    attribute.set(instance, value)


def del_attribute(instance: object, key: str) -> None:
    """Delete the value of attribute *key*, as ``del`` does."""
    _, attribute = _attribute(instance, key)
    attribute.delete(instance)


def set_committed_value(instance: object, key: str, value: object) -> None:
    """Set attribute *key* as if *value* had been loaded: no history, no other side.

    NotImplementedError for a collection that is never loaded: dynamic, or write-only.
    """
    state, attribute = _attribute(instance, key)
    if isinstance(attribute, WriterAttribute):
        raise NotImplementedError(
            f"{type(instance).__name__}.{key} is never loaded: there is no way to put members "
            "there as if they had been (add() and remove() change what its rows are)"
        )
    if state.committed is not None:
        state.committed.pop(key, None)
    if attribute.collection:
        instance.__dict__.pop(key, None)
        attribute.fill(state, instance, value)  # type: ignore[attr-defined]
    else:
        instance.__dict__[key] = value


def collection_adapter(collection: object) -> CollectionAdapter | None:
    """What fills *collection*, a collection that belongs to an instance; None for another."""
    attribute = getattr(collection, "attribute", None)
    return None if attribute is None else CollectionAdapter(attribute, collection)


def init_collection(obj: object, key: str) -> CollectionAdapter:
    """Give attribute *key* a new, empty collection, as if loaded; return what fills it."""
    _, attribute = _attribute(obj, key)
    if not isinstance(attribute, CollectionAttribute):
        raise InvalidRequestError(f"{type(obj).__name__}.{key} is not a collection")
    set_committed_value(obj, key, ())
    return CollectionAdapter(attribute, obj.__dict__[key])


def init_state_collection(
    state: InstanceState, dict_: dict[str, object], key: str
) -> CollectionAdapter:
    """As :func:`init_collection`, for the instance of *state*."""
    return init_collection(state.obj(), key)


def flag_modified(instance: object, key: str) -> None:
    """Say that the value of attribute *key* was changed in place; the next flush writes it.

    InvalidRequestError where the value is not loaded.
    """
    state, attribute = _attribute(instance, key)
    if key not in instance.__dict__:
        raise InvalidRequestError(
            f"can't flag {key!r} as modified: it is not loaded",
            hint="read the attribute first",
        )
    if state.row_key is not None:
        flagged = state.extras().setdefault("flagged", set())
        flagged.add(key)
        if state.committed is None:
            state.committed = {}
        if state.committed.get(key, instance.__dict__[key]) is instance.__dict__[key]:
            # What it was before nobody knows.
            state.committed[key] = NO_VALUE
        mark_modified(state, instance)
    for call in () if attribute.listeners is None else attribute.listeners.modified:
        call(instance, Initiator(attribute, "modified"))


def flag_dirty(instance: object) -> None:
    """Put *instance* among the session's dirty ones without naming an attribute."""
    state = state_of(instance)
    if state.row_key is not None:
        if state.committed is None:
            state.committed = {}
        mark_modified(state, instance)


def instance_state(instance: object) -> InstanceState:
    """The InstanceState of *instance*."""
    return state_of(instance)


def object_mapper(instance: object) -> Mapper:
    """The mapper of *instance*'s class; UnmappedInstanceError if there is none."""
    mapper: Mapper = state_of(instance).load.mapper
    return mapper


def class_mapper(class_: type, configure: bool = True) -> Mapper:
    """The mapper of *class_*; UnmappedClassError if it is a class that is not mapped."""
    mapper = class_ if isinstance(class_, Mapper) else mapper_of(class_)
    if mapper is None and isinstance(class_, type):
        raise UnmappedClassError(class_)
    if mapper is None:
        raise ArgumentError(f"{class_!r} is not a mapped class", hint="map it, or check the name")
    if configure:
        mapper.configure()
    return mapper


def is_instrumented(instance: object, key: str) -> bool:
    """True when *key* is a mapped attribute of *instance*'s class."""
    mapper = mapper_of(type(instance))
    return mapper is not None and key in mapper.named_attrs


inspects_itself(Mapper)
inspects_itself(QueryableAttribute)
inspects_itself(InstanceState)


@inspects(type)
def _inspect_class(class_: type) -> Mapper | None:
    mapper = mapper_of(class_)
    if mapper is not None:
        if not mapper.configured:
            mapper.registry.configure_what_is_known()
    elif hasattr(class_, "__put_off__"):
        # A class that waits for its table says so when it is asked for its mapper.
        getattr(class_, "__mapper__", None)
    return mapper


@inspects_otherwise
def _inspect_instance(instance: object) -> InstanceState | None:
    if mapper_of(type(instance)) is None:
        # A proxy of an instance has its state.
        state = getattr(instance, "__dovetail_state__", None)
        return state if isinstance(state, InstanceState) else None
    return state_of(instance)


@inspects_otherwise
def _inspect_generic_alias(alias: object) -> Mapper | None:
    """``Setting[int]``, of a mapped class that is generic."""
    return None if isinstance(alias, type) else mapper_of(alias)

"""The whole life of objects, in a session and out of it, told by plain values.

More is done than in :mod:`tests.properties.world`, and more is looked at after every step: the
identity map, what is dirty, loaded values and their histories.
"""

import gc
import io
import pickle
from typing import Any
from warnings import catch_warnings, simplefilter
from weakref import WeakSet, ref

from tests.properties.comparing import InCommon
from tests.properties.models import (
    KEYED_CLASSES,
    KEYED_RELATIONSHIPS,
    KEYED_TABLES,
)
from tests.properties.world import NothingToWorkOnError, Step, World

MOST_SAVEPOINTS = 3
KEYS = {"Place": ("x", "y"), "Country": ("code",)}
"""The attributes of the keys that users choose."""


FOLLOWING = ("place_x", "place_y", "country_code")
"""The attributes that hold such keys of others."""


class Life(World):
    """A world in which objects leave the session, come back, are copied and are forgotten."""

    class_names = KEYED_CLASSES
    relationships = KEYED_RELATIONSHIPS
    tables = KEYED_TABLES

    def start(self, **options: Any) -> None:
        super().start(**options)
        self.settled: WeakSet[Any] = WeakSet()
        """The objects whose rows were committed."""
        self.other = self.orm.Session(self.engine)

    def stop(self) -> None:
        self.other.close()
        super().stop()

    def perform(self, step: Step) -> object:
        outcome = super().perform(step)
        keys = [self.sa.inspect(one).identity_key for one in self.objects if self._is_settled(one)]
        # Two new ones in the place of one that goes both have its row, in the oracle.
        return outcome if len(keys) == len(set(keys)) else "raised AssertionError"

    def _is_settled(self, one: object) -> bool:
        return self._state(one) == "persistent" and self.orm.object_session(one) is self.session

    # What is seen

    def views(self) -> dict[str, object]:
        return {
            **super().views(),
            "sessions": self.sessions(),
            "members": self.members(),
            "loaded values": self.loaded(),
            "histories": self.histories(),
            "modifications": self.modifications(),
        }

    def label(self, value: object) -> object:
        """*value* by its place, without giving it one."""
        if isinstance(value, (list, tuple)):
            return [self.label(one) for one in value]
        if isinstance(value, tuple(self.classes.values())):
            for place, one in enumerate(self.objects):
                if one is value:
                    return f"{type(one).__name__} #{place}"
            return f"another {type(value).__name__}"
        return value

    def sessions(self) -> list[object]:
        """Where each object is, as the object knows it."""
        names = {id(self.session): "here", id(self.other): "there", id(None): "nowhere"}
        return [
            f"{self.label(one)} is {names[id(self.orm.object_session(one))]}"
            for one in self.objects
            # A session that was closed is still the one of what it had deleted, in the oracle.
            if "deleted" not in self._state(one)
        ]

    def members(self) -> dict[str, list[str]]:
        """The sets of the session, and the keys of its identity map."""
        held = {id(one) for one in self.objects}
        keys = [
            f"{self.label(one)} {self.key(one) if type(one).__name__ in KEYS else ''}"
            for one in list(self.session.identity_map.values())
            # Others live as long as what refers to them, which is not the same.
            if id(one) in held
        ]
        return {
            # Set to what it was and expired by name, one is still dirty in the oracle.
            "dirty": sorted(
                str(self.label(one)) for one in self.session.dirty if self.session.is_modified(one)
            ),
            "identity map": sorted(keys),
        }

    def _visible(self) -> list[tuple[int, Any]]:
        """Objects whose values can be compared: not those whose rows are gone, or going."""
        return [
            (place, one)
            for place, one in enumerate(self.objects)
            if not self._is_expelled(one)
            and not self._is_leaving(one)
            and self._state(one) in ("transient", "pending", "persistent")
        ]

    def loaded(self) -> InCommon:
        """What is in memory of each object."""
        return InCommon(
            {
                (place, name): self.label(value)
                for place, one in self._visible()
                for name, value in self.sa.inspect(one).dict.items()
                # In which order keys are generated is not the same.
                if name in self.sa.inspect(one).mapper.attrs
                and not name.endswith("id")
                # Those outside are handed the keys of their parents by dovetail alone.
                and (self._state(one) == "persistent" or name not in FOLLOWING)
            }
        )

    def histories(self) -> InCommon:
        """What changed in each attribute that is in memory."""
        found = InCommon()
        for place, one in self._visible():
            state = self.sa.inspect(one)
            if not state.persistent:
                continue
            related = self.relationships[type(one).__name__]
            for name in (*self.stateful, *related):
                if name in state.dict:
                    added, unchanged, deleted = map(list, state.attrs[name].history)
                    if name in related and added and deleted == [None]:
                        # A reference that was None is told by dovetail alone: see differences.
                        deleted = []
                    found[place, name] = [self.label(part) for part in (added, unchanged, deleted)]
        return found

    def modifications(self) -> InCommon:
        """Which objects would be written."""
        return InCommon(
            {
                place: self.session.is_modified(one)
                for place, one in self._visible()
                if self.sa.inspect(one).persistent
            }
        )

    # Picking

    def pick(self, name: str | None, number: int, *, older: Any = None, younger: Any = None) -> Any:
        one = super().pick(name, number, older=older, younger=younger)
        if self.orm.object_session(one) is self.other:
            raise NothingToWorkOnError
        return one

    def _is_leaving(self, one: object) -> bool:
        return super()._is_leaving(one) or self.orm.object_session(one) is self.other

    def persistent(self, number: int, *names: str) -> Any:
        """One of the objects that have a row and are in the session, read if it had expired."""
        if not self.session.is_active:
            raise NothingToWorkOnError
        found = [
            one
            for one in self.objects
            if (not names or type(one).__name__ in names)
            and self._state(one) == "persistent"
            and one in self.session
            and not self._is_leaving(one)
            and self._has_row(one)
        ]
        if not found:
            raise NothingToWorkOnError
        one = found[number % len(found)]
        with self.session.no_autoflush:
            _ = one.name
        return one

    def _target(self, owner: Any, attribute: str, target: str, number: int) -> Any:
        one = super()._target(owner, attribute, target, number)
        parents = [one.__dict__.get(name) for name in ("parent", "owner", "place", "country")]
        if self.key(one) is None and any(parent not in (None, owner) for parent in parents):
            # Where it had another parent, the oracle takes that along into the session.
            raise NothingToWorkOnError
        if target in ("Stone", "Town"):
            with self.session.no_autoflush:
                getattr(one.place if target == "Stone" else one.country, "name", None)
        return one

    # Steps: coming and going

    def do_make(self, name: str, text: str, key: tuple[int, int], add: bool) -> object:
        if name != "Country":
            return super().do_make(name, text, key, add)
        self.serial += 1
        one = self.classes[name](serial=self.serial, name=text, code=f"{key[0]}{key[1]}")
        self.objects.append(one)
        if add:
            self.session.add(one)
        return one

    def do_realm(self, add: bool) -> None:
        """Make a place with stones and a country with towns."""
        m = self.models
        place = m.Place(x=1, y=0, name="a", stones=[m.Stone(name=text) for text in "ab"])
        country = m.Country(code="10", name="a", towns=[m.Town(name=text) for text in "ab"])
        for one in (place, *place.stones, country, *country.towns):
            self.serial += 1
            one.serial = self.serial
            self.objects.append(one)
        if add:
            self.session.add_all([place, country])

    def do_expunge_all(self) -> None:
        leaving = any("deleted" in self._state(one) for one in self.objects)
        if leaving or not self.session.is_active:
            # A rollback puts them back into the session, in the oracle.
            raise NothingToWorkOnError
        self.session.expunge_all()

    def do_reset(self) -> None:
        self.session.expire_all()
        self.session.reset()

    def do_flush_some(self, number: int) -> None:
        one = self.pick(None, number)
        if not self.session.is_active or list(self.session.deleted):
            # The oracle does not look whether it may flush, where that has nothing to do.
            raise NothingToWorkOnError
        if any(member in self.session.new for member in self._members_held(one)) or any(
            self._is_changed(member) or member not in self.session for member in self._reached(one)
        ):
            # The oracle takes along what refers to those that it was told, and what has moved, and
            # lets those follow a key that have left the session.
            raise NothingToWorkOnError
        with catch_warnings():
            simplefilter("ignore", DeprecationWarning)
            self.session.flush([one])

    def do_relate(self, row: tuple[str, str, str], number: int, other: int | None) -> None:
        owner = self.pick(row[0], number)
        with self.session.no_autoflush:
            # What it has not loaded, the oracle takes for another value than the new one; and
            # what it refers to is read again by the oracle, if it has expired.
            getattr(getattr(owner, row[1]), "name", None)
        super().do_relate(row, number, other)

    def do_begin_nested(self) -> None:
        depth, transaction = 0, self.session.get_nested_transaction()
        while transaction is not None:
            depth, transaction = depth + 1, transaction.parent
        if depth > MOST_SAVEPOINTS:
            raise NothingToWorkOnError
        self.session.begin_nested()

    def do_make_transient(self, number: int) -> None:
        one = self.pick(None, number)
        if self.key(one) is not None and (one not in self.settled or self._is_leaving(one)):
            # A rollback stumbles over it in the oracle.
            raise NothingToWorkOnError
        self.orm.make_transient(one)

    def do_make_detached(self, number: int) -> None:
        one = self.pick(None, number)
        names = KEYS.get(type(one).__name__, ("id",))
        if self.key(one) is None and any(one.__dict__.get(name) is None for name in names):
            # The oracle gives it the key None, with which it is never found.
            raise NothingToWorkOnError
        self.orm.make_transient_to_detached(one)

    def do_commit(self) -> None:
        super().do_commit()
        self.settled.update(one for one in self.objects if self._state(one) == "persistent")

    # Keys

    def do_set_key(self, number: int, key: tuple[int, int]) -> None:
        one = self.persistent(number, *KEYS)
        if one not in self.settled:
            # Rolled back, it is left with a key in the oracle, as if it had a row.
            raise NothingToWorkOnError
        with self.session.no_autoflush:
            # The keys of members that it has not loaded stay old in the oracle's memory.
            getattr(one, "stones" if type(one).__name__ == "Place" else "towns")
        values = key if type(one).__name__ == "Place" else (f"{key[0]}{key[1]}",)
        self.settled.discard(one)
        for name, value in zip(KEYS[type(one).__name__], values, strict=True):
            setattr(one, name, value)

    def do_replace_identity(self, number: int, text: str) -> object:
        """Delete an object, and add another with its key before the flush."""
        if self.session.in_nested_transaction():
            # After its rollback what was deleted before has empty collections, in the oracle.
            raise NothingToWorkOnError
        self.session.flush()
        one = self.persistent(number, *KEYS)
        names = KEYS[type(one).__name__]
        self.serial += 1
        values = {name: getattr(one, name) for name in names}
        copy = type(one)(serial=self.serial, name=text, **values)
        self.session.delete(one)
        self.session.add(copy)
        return copy

    # Reading again

    def do_expire_names(self, number: int, names: tuple[int, ...]) -> None:
        one = self.persistent(number)
        if self.session.is_modified(one):
            raise NothingToWorkOnError
        self.session.expire(one, self._names(one, names))

    def do_refresh_names(self, number: int, names: tuple[int, ...], lock: bool) -> None:
        one = self.persistent(number)
        if self.session.is_modified(one):
            raise NothingToWorkOnError
        self.session.refresh(one, self._names(one, names), with_for_update=lock or None)

    def _names(self, one: Any, numbers: tuple[int, ...]) -> list[str]:
        names = ("name", "serial", *self.relationships[type(one).__name__])
        return sorted({names[number % len(names)] for number in numbers})

    def do_populate_existing(self, name: str) -> object:
        """What is changed and not flushed is overwritten."""
        entity = self.classes[name]
        statement = self.sa.select(entity).order_by(entity.serial)
        return list(
            self.session.scalars(statement, execution_options={"populate_existing": True}).all()
        )

    def do_query_quietly(self, name: str) -> object:
        entity = self.classes[name]
        with self.session.no_autoflush:
            return list(self.session.scalars(self.sa.select(entity).order_by(entity.serial)).all())

    def do_elsewhere(self, number: int, text: str | None) -> None:
        """Somebody else changes the row of an object, or deletes it, between transactions."""
        self.do_commit()
        self.session.expire_all()
        one = self.pick(None, number)
        identity = self.key(one)
        if identity is None or not self._has_row(one) or self.raw.in_transaction:
            raise NothingToWorkOnError
        table = self.sa.inspect(type(one)).local_table
        key = " AND ".join(f"{column.name} = ?" for column in table.primary_key.columns)
        if text is not None:
            sql = f"UPDATE {table.name} SET name = ? WHERE {key}"
            self.raw.execute(sql, (text, *identity))
        elif type(one).__name__ in ("Child", "Profile", "Stone", "Town"):
            self.raw.execute(f"DELETE FROM {table.name} WHERE {key}", identity)
        if self.raw.in_transaction:
            self.raw.commit()

    # Copies, and another session

    def do_merge_cached(self, number: int) -> object:
        one = self.pick(None, number)
        if one in self.session or not self._has_row(one) or "deleted" in self._state(one):
            # The oracle does not take it for expired any more, and does not look for its row.
            raise NothingToWorkOnError
        if list(self.session.deleted):
            # What is in a cache is taken for what is in the row, when another one replaces it.
            raise NothingToWorkOnError
        if any(self._is_changed(member) for member in self._reached(one)):
            # The oracle forgets what was changed, and leaves the values.
            raise NothingToWorkOnError
        return self.session.merge(one, load=False)

    def do_pickle(self, number: int) -> object:
        """Send an object through pickle, with all that it leads to in memory."""
        one = self.pick(None, number)
        if self._state(one) not in ("persistent", "transient", "pending"):
            raise NothingToWorkOnError
        if self._state(one) == "persistent":
            self._read_all(one)
        copy = self._through_pickle(one)
        self.name(copy)
        for member in self._reached(copy):
            self.name(member)
        return copy

    def _read_all(self, one: Any) -> None:
        """Load what *one* leads to: what goes along is the same in both worlds then."""
        with self.session.no_autoflush:
            for member in self._reached(one, read=True):
                state = self._state(member)
                if state == "persistent" and self._is_leaving(member):
                    raise NothingToWorkOnError
                if state != "persistent":
                    raise NothingToWorkOnError

    def _reached(self, root: Any, read: bool = False) -> list[Any]:
        found = [root]
        for one in found:
            for name in ("name", *self.relationships[type(one).__name__]):
                value = getattr(one, name, None) if read else one.__dict__.get(name)
                members = value if isinstance(value, list) else [value]
                for member in members if name != "name" else ():
                    if member is not None and not any(member is other for other in found):
                        found.append(member)
        return found

    def _through_pickle(self, one: Any) -> Any:
        classes = self.classes

        class Pickler(pickle.Pickler):
            def persistent_id(self, value: Any) -> Any:
                # The classes are local to a function: they go by name.
                known = isinstance(value, type) and classes.get(value.__name__) is value
                return value.__name__ if known else None

        class Unpickler(pickle.Unpickler):
            def persistent_load(self, name: str) -> Any:
                return classes[name]

        buffer = io.BytesIO()
        Pickler(buffer).dump(one)
        buffer.seek(0)
        return Unpickler(buffer).load()

    def do_add_there(self, number: int) -> None:
        one = self.pick(None, number)
        for member in self._reached(one):
            leaves = "deleted" in self._state(member)
            if leaves or self.key(member) is None or self._is_changed(member):
                # A rollback here expels it there, in the oracle; and see do_add().
                raise NothingToWorkOnError
        self.other.add(one)

    def do_merge_there(self, number: int) -> object:
        one = self.persistent(number)
        if any(self._is_changed(m) or "deleted" in self._state(m) for m in self._reached(one)):
            raise NothingToWorkOnError
        return self.other.merge(one, load=False)

    def do_close_there(self) -> None:
        self.other.close()

    def do_add(self, number: int) -> None:
        one = self.pick(None, number)
        for member in self._reached(one):
            if self._is_expelled(member) or self._is_changed(member):
                # Its cascade leads on to what was replaced; and see _is_expelled().
                raise NothingToWorkOnError
            if "deleted" in self._state(member):
                # When it is found out that one of them is, depends on what is in memory.
                raise NothingToWorkOnError
        super().do_add(number)

    def do_add_deleted(self, number: int) -> None:
        """Add one of those that were deleted, or are to be."""
        found = [
            one
            for one in self.objects
            if "deleted" in self._state(one) or any(one is other for other in self.session.deleted)
        ]
        if not found:
            raise NothingToWorkOnError
        self.session.add(found[number % len(found)])

    def _is_changed(self, one: Any) -> bool:
        state = self.sa.inspect(one)
        if "deleted" in self._state(one):
            # What was changed before is a change still, in the oracle.
            return False
        return state.key is not None and bool(state.modified)

    def do_merge(self, number: int) -> object:
        self.session.flush()
        return super().do_merge(number)

    def do_expunge(self, number: int) -> None:
        if self.session.in_nested_transaction():
            # Which collections hold it after a rollback is not the same.
            raise NothingToWorkOnError
        super().do_expunge(number)

    def do_merge_copy(self, number: int, text: str) -> object:
        one = self.pick(None, number)
        if self._state(one) == "persistent" and self._has_row(one) and self.session.is_active:
            with self.session.no_autoflush:
                # The old value of one that had expired is not known to the oracle.
                _ = one.name
        return super().do_merge_copy(number, text)

    def do_forget(self, number: int) -> object:
        """Drop the last reference to an object: one that is clean is collected."""
        if not self.objects:
            raise NothingToWorkOnError
        place = number % len(self.objects)
        one = self.objects[place]
        if any(one is member for other in self.objects for member in self._members_held(other)):
            raise NothingToWorkOnError
        if self._state(one) != "persistent" or self._is_leaving(one):
            raise NothingToWorkOnError
        if not self.session.is_active:
            # The error that it reports holds what was at work.
            raise NothingToWorkOnError
        if any("deleted" in self._state(other) for other in self.objects):
            # What was deleted holds what it referred to, as long as the transaction lasts.
            raise NothingToWorkOnError
        del self.objects[place]
        self.written = {n - (n > place) for n in self.written if n != place}
        reference = ref(one)
        del one
        gc.collect()
        return "collected" if reference() is None else "kept"

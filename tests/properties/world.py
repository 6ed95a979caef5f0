"""A session at work in one package, told what to do by plain values.

Two worlds that are told the same must show the same.  Objects are named by their place in
``World.objects``, so that what a world answers can be compared with what another answers.
"""

import builtins
import warnings
from collections.abc import Callable
from typing import Any

from sqlalchemy import exc as oracle_exc
from sqlalchemy.orm import exc as oracle_orm_exc

from tests.properties.models import CLASSES, RELATIONSHIPS, TABLES, declare

Step = tuple[Any, ...]
"""The name of a method of World that begins with ``do_``, and its arguments."""


class NothingToWorkOnError(Exception):
    """A step has nothing to work on."""


KNOWN_ERRORS = {*dir(builtins), *dir(oracle_exc), *dir(oracle_orm_exc)}


def known_name(error: Exception) -> str:
    """The name of the error's class, or of the nearest base that the oracle has as well."""
    return next(one.__name__ for one in type(error).__mro__ if one.__name__ in KNOWN_ERRORS)


def distinct(members: list[Any]) -> list[Any]:
    """*members* without repetitions.

    Given back to an owner whose collection is not loaded, it is there twice in the oracle.
    """
    return list({id(one): one for one in members}.values())


class World:
    """A mapping, an engine, and the session and objects of the example that is under way."""

    class_names: tuple[str, ...] = CLASSES
    relationships: dict[str, tuple[str, ...]] = RELATIONSHIPS
    tables: dict[str, str] = TABLES
    stateful = ("serial", "name")
    """Attributes that ``values`` reads of every object, besides its relationships."""

    def __init__(self, package: str) -> None:
        self.package = package
        self.models = declare(package)
        self.sa, self.orm = self.models.sa, self.models.orm
        self.engine = self.sa.create_engine("sqlite://")
        self.sa.event.listen(self.engine, "connect", self._connected)
        if package == "sqlalchemy":
            self.sa.event.listen(self.engine, "begin", self._begin)
        self.models.metadata.create_all(self.engine)
        self.classes = {name: getattr(self.models, name) for name in self.class_names}
        self.objects: list[Any] = []
        self.written: set[int] = set()
        """Places of the objects that had a row at one time."""
        self.serial = 0

    def _connected(self, connection: Any, _record: Any) -> None:
        self.raw = connection
        if self.package == "sqlalchemy":
            # The driver would begin too late for savepoints; dovetail sees to this itself.
            connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")

    @staticmethod
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")

    def start(self, **options: Any) -> None:
        """Begin an example: an empty database, a new session, no objects."""
        for table in reversed(self.tables):
            if table == "node":
                self.raw.execute("UPDATE node SET parent_id = NULL")
            self.raw.execute(f"DELETE FROM {table}")
        if self.raw.in_transaction:
            self.raw.commit()
        if self.package == "dovetail":
            # The oracle loads one at a time; loading for peers would flush at other moments.
            options["lazy_policy"] = "one"
        self.session = self.orm.Session(self.engine, **options)
        self.objects = []
        self.written = set()
        self.serial = 0
        self.undone = False

    def stop(self) -> None:
        self.session.close()
        if self.raw.in_transaction:
            self.raw.rollback()

    # What is told, and what is seen

    def perform(self, step: Step) -> object:
        """Do *step*; answer with its outcome, or with the class of the error that it raised."""
        verb: Callable[..., object] = getattr(self, f"do_{step[0]}")
        pending = list(self.session.new)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return self.name(verb(*step[1:]))
        except NothingToWorkOnError:
            return "skipped"
        except Exception as error:
            # What a flush that failed had written already was written too.
            self.written.update(
                place
                for place, one in enumerate(self.objects)
                if any(one is other for other in pending)
            )
            again = "failed: owner_tag" in str(error)
            return f"raised {known_name(error)}{' of owner_tag' if again else ''}"
        finally:
            self.written.update(
                place for place, one in enumerate(self.objects) if self.sa.inspect(one).persistent
            )

    def name(self, value: object) -> object:
        """*value* in a form that is the same in every world."""
        if isinstance(value, tuple(self.classes.values())):
            for number, one in enumerate(self.objects):
                if one is value:
                    return f"{type(one).__name__} #{number}"
            self.objects.append(value)
            return f"{type(value).__name__} #{len(self.objects) - 1}"
        if isinstance(value, list):
            return [self.name(one) for one in value]
        return value

    def views(self) -> dict[str, object]:
        """All that is compared after a step."""
        return {
            "states": self.states(),
            "rows": self.rows(),
            "transactions": self.transactions(),
        }

    def states(self) -> list[str]:
        """The state of each object, and what the session thinks of it."""
        new, deleted = list(self.session.new), list(self.session.deleted)
        return [
            f"{type(one).__name__} #{number} is {self._state(one)}"
            f"{', new' if any(one is other for other in new) else ''}"
            f"{', to be deleted' if any(one is other for other in deleted) else ''}"
            f"{', in the session' if one in self.session else ''}"
            if "deleted" not in self._state(one)
            # The oracle may mark it once more, where another one leads to it.
            else f"{type(one).__name__} #{number} is {self._state(one)}"
            for number, one in enumerate(self.objects)
        ]

    def _state(self, one: object) -> str:
        state = self.sa.inspect(one)
        if state.deleted or (state.detached and state.was_deleted):
            # When a deleted one becomes a detached one is not the same.
            return "deleted or detached"
        names = ("transient", "pending", "persistent", "detached")
        return " and ".join(name for name in names if getattr(state, name))

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        """What is in the tables, as the open transaction sees it."""
        return {
            table: sorted(self.raw.execute(sql).fetchall(), key=repr)
            for table, sql in self.tables.items()
        }

    def transactions(self) -> tuple[bool, bool]:
        """Not whether there is one: the oracle begins one already when nothing comes of it."""
        return self.session.in_nested_transaction(), self.session.is_active

    def do_values(self) -> list[object]:
        """All attributes of all objects that are not deleted; this loads what is not loaded."""
        with self.session.no_autoflush:
            return [
                (number, attribute, self.perform(("read", number, attribute)))
                for number, one in enumerate(
                    [one for one in self.objects if not self._is_expelled(one)]
                )
                if self._state(one) in ("transient", "pending", "persistent")
                for attribute in (*self.stateful, *self.relationships[type(one).__name__])
            ]

    # Picking

    def pick(self, name: str | None, number: int, *, older: Any = None, younger: Any = None) -> Any:
        """One of the objects, of the class *name*; a node's parent is older than itself."""
        if name is not None and not self.session.is_active:
            # Which relationships can be changed without a statement is not the same.
            raise NothingToWorkOnError
        found = [
            one
            for place, one in enumerate(self.objects)
            if (name is None or type(one).__name__ == name)
            and (older is None or place < self._place(older))
            and (younger is None or place > self._place(younger))
            and not self._is_expelled(one)
            and not (name is not None and (self._is_leaving(one) or not self._has_row(one)))
        ]
        if not found:
            raise NothingToWorkOnError
        one = found[number % len(found)]
        if name is not None and self._state(one) == "persistent":
            with self.session.no_autoflush:
                # The oracle reads expired ones again, for their keys; dovetail has no need to.
                _ = one.name
        return one

    def _members_held(self, one: object) -> list[Any]:
        """What *one* is related to in memory."""
        held = [one.__dict__.get(name) for name in self.relationships[type(one).__name__]]
        return [
            member
            for value in held
            if value is not None
            for member in (value if isinstance(value, list) else [value])
        ]

    def _has_row(self, one: object) -> bool:
        """Whether the row of *one*, if it should have one, is there."""
        identity = self.sa.inspect(one).identity
        if identity is None:
            return True
        table = self.sa.inspect(type(one)).local_table
        key = " AND ".join(f"{column.name} = ?" for column in table.primary_key.columns)
        sql = f"SELECT 1 FROM {table.name} WHERE {key}"
        return self.raw.execute(sql, identity).fetchone() is not None

    def _is_leaving(self, one: object) -> bool:
        """Whether *one* is deleted, or to be: what was loaded of it is not the same in the oracle.

        It expires primary keys as well, and reads a row again to write it.
        """
        marked = any(one is other for other in self.session.deleted)
        return marked or "detached" in self._state(one)

    def _is_expelled(self, one: object) -> bool:
        """Whether the row of *one* was rolled back.

        Added again, it loses its many-to-many rows in the oracle; dovetail writes them.  What had
        expired of it is an error to read in the oracle; it is None in dovetail.
        """
        return self._place(one) in self.written and self.key(one) is None

    def _place(self, one: object) -> int:
        return next(place for place, other in enumerate(self.objects) if other is one)

    def key(self, one: Any) -> Any:
        return self.sa.inspect(one).identity

    def _refuse_to_move(self, one: Any, owner: Any) -> None:
        """What has one owner is not given to another where the oracle goes astray.

        A child without a row is dropped from the session by the move, and an owner whose
        profile is taken by another keeps it in memory.
        """
        known = getattr(one, "__dict__", {}).get("owner")
        goes_astray = type(one).__name__ == "Profile" or (one is not None and self.key(one) is None)
        if known is not None and known is not owner and goes_astray:
            raise NothingToWorkOnError

    def _refuse_to_merge_pending(self) -> None:
        """What is pending and not flushed before a merge is copied by the oracle, row and all."""
        if not self.session.autoflush and list(self.session.new):
            raise NothingToWorkOnError

    def _target(self, owner: Any, attribute: str, target: str, number: int) -> Any:
        """What *owner* is to be related to; where it belongs to another, that one is loaded.

        The oracle does not take it from a collection of which it does not know.
        """
        one = self._found_target(owner, attribute, target, number)
        if type(one).__name__ in ("Child", "Node", "Profile"):
            with self.session.no_autoflush:
                getattr(one.parent if type(one).__name__ == "Node" else one.owner, "name", None)
        return one

    def _found_target(self, owner: Any, attribute: str, target: str, number: int) -> Any:
        if attribute == "parent":
            return self.pick(target, number, older=owner)
        if attribute == "children" and target == "Node":
            return self.pick(target, number, younger=owner)
        return self.pick(target, number)

    # Steps

    def do_make(self, name: str, text: str, key: tuple[int, int], add: bool) -> object:
        self.serial += 1
        values: dict[str, Any] = {"serial": self.serial, "name": text}
        if name == "Place":
            values["x"], values["y"] = key
        one = self.classes[name](**values)
        self.objects.append(one)
        if add:
            self.session.add(one)
        return one

    def do_family(self, add: bool) -> None:
        """Make one or two objects of each class, with relationships among them."""
        m, place = self.models, self.classes["Place"](x=1, y=1, name="a")
        root = m.Node(name="a")
        twig = m.Node(name="c", parent=m.Node(name="b", parent=root))
        tags = [m.Tag(name=text) for text in "ab"]
        owner = m.Owner(
            name="a",
            place=place,
            profile=m.Profile(name="a"),
            children=[m.Child(name=text) for text in "abc"],
            tags=tags,
        )
        other = m.Owner(name="b", children=[m.Child(name="a")], tags=tags[:1])
        made = [root, twig.parent, twig, place, owner, owner.profile, *owner.children]
        for one in (*made, other, *other.children, *tags):
            self.serial += 1
            one.serial = self.serial
            self.objects.append(one)
        if add:
            self.session.add_all([root, owner, other])

    def do_add(self, number: int) -> None:
        one = self.pick(None, number)
        if "detached" in self._state(one) and not self.session.is_active:
            # See do_delete().
            raise NothingToWorkOnError
        reached = [one]
        for each in reached:
            held = self._members_held(each)
            reached += [m for m in held if not any(m is known for known in reached)]
        if any(self._is_expelled(member) for member in reached):
            # What has expired of it is an error in the flush of the oracle.
            raise NothingToWorkOnError
        if any(self.key(member) and self.sa.inspect(member).modified for member in reached):
            # Its cascade leads on to what was taken out, and may be deleted by now, in the oracle.
            raise NothingToWorkOnError
        if one in self.session or not self._has_row(one):
            # The oracle stumbles over former members; and the key of a row that is gone may be
            # given to a new one: whose it is then is not the same.
            raise NothingToWorkOnError
        self.session.add(one)

    def do_set(self, number: int, text: str | None) -> None:
        one = self.pick(None, number)
        if "deleted" in self._state(one):
            # It begins a transaction in the oracle, for which a rollback expires all.
            raise NothingToWorkOnError
        if self._state(one) == "persistent" and self._has_row(one) and self.session.is_active:
            with self.session.no_autoflush:
                # The oracle's flush reads it again for its key, if it has expired.
                _ = one.name
        one.name = text

    def do_relate(self, row: tuple[str, str, str], number: int, other: int | None) -> None:
        name, attribute, target = row
        owner = self.pick(name, number)
        value = None if other is None else self._target(owner, attribute, target, other)
        if attribute == "owner":
            self._refuse_to_move(owner, value)
        self._refuse_to_move(value, owner)
        if name == "Owner" and attribute == "profile" and self.undone:
            # After the rollback of a savepoint the oracle has lost sight of the orphan.
            raise NothingToWorkOnError
        if name == "Profile" and getattr(value, "__dict__", {}).get("profile") not in (None, owner):
            # The profile that gives way keeps its owner in the oracle.
            raise NothingToWorkOnError
        if attribute in ("parent", "owner"):
            with self.session.no_autoflush:
                # The oracle does not know the old one where that has expired.
                getattr(getattr(owner, attribute), "name", None)
        if attribute == "profile":
            with self.session.no_autoflush:
                # What is not loaded of the one that gives way, the oracle leaves alone.
                getattr(owner.profile, "owner", None)
        if name == "Profile":
            with self.session.no_autoflush:
                # Nor does it see an orphan where the owner's side is not loaded.
                getattr(owner.owner, "profile", None)
                if getattr(value, "profile", None) not in (None, owner):
                    raise NothingToWorkOnError
        held = getattr(value, "__dict__", {}).get("children", ())
        if any(owner is one for one in held) and getattr(owner, attribute) is not value:
            # A flush has left out the owner, and what is read again knows nothing of it: given
            # back, the member is there twice in the oracle.
            raise NothingToWorkOnError
        setattr(owner, attribute, value)

    def do_append(self, row: tuple[str, str, str], number: int, other: int) -> None:
        name, attribute, target = row
        owner = self.pick(name, number)
        value = self._target(owner, attribute, target, other)
        self._refuse_to_move(value, owner)
        if name == "Tag" and value not in self.session:
            # It is brought into the session, and the oracle loses sight of the tag on its side.
            raise NothingToWorkOnError
        collection = getattr(owner, attribute)
        if not any(one is value for one in collection):
            collection.append(value)

    def do_remove(self, row: tuple[str, str, str], number: int, other: int) -> None:
        name, attribute, _target = row
        owner = self.pick(name, number)
        if self._state(owner) != "persistent" and not owner.__dict__.get(attribute):
            # What was read as empty before the flush is known to dovetail after it.
            raise NothingToWorkOnError
        collection = getattr(owner, attribute)
        if not collection:
            raise NothingToWorkOnError
        members = distinct(collection)
        member = members[other % len(members)]
        with self.session.no_autoflush:
            # The oracle does not know what it referred to where that has expired.
            for back in ("owner", "parent", "country"):
                getattr(member, back, None)
        collection.remove(member)

    def do_replace(self, row: tuple[str, str, str], number: int, others: list[int]) -> None:
        name, attribute, target = row
        if self.session.autoflush:
            # The old members are loaded, and what is pending is flushed, in the midst of it: where
            # that is an orphan among the new ones, the oracle loses sight of the others.
            self.session.flush()
        owner = self.pick(name, number)
        values = [self._target(owner, attribute, target, other) for other in others]
        for value in values:
            self._refuse_to_move(value, owner)
        setattr(owner, attribute, list({id(one): one for one in values}.values()))

    def do_delete(self, number: int) -> None:
        # With new members, or just moved to another owner, it fails or stays in the oracle.
        self.session.flush()
        one = self.pick(None, number)
        if not self._has_row(one):
            # The oracle may have to read it for the cascade, and finds that it is gone.
            raise NothingToWorkOnError
        if "detached" in self._state(one) and not self.session.is_active:
            # The error that the session reports holds others of its row, in the oracle.
            raise NothingToWorkOnError
        if self.sa.inspect(one).was_deleted or "deleted" in self._state(one):
            # The oracle marks it once more, and warns of no row when it flushes.
            raise NothingToWorkOnError
        if any("deleted" in self._state(member) for member in self._members_held(one)):
            # So it does with what the cascade leads to.
            raise NothingToWorkOnError
        if self._state(one) == "persistent" and self.session.is_active:
            with self.session.no_autoflush:
                # The oracle reads it again for its key, if it has expired.
                _ = one.name
        self.session.delete(one)

    def do_flush(self) -> None:
        self.session.flush()
        if self.session.deleted:
            # The oracle puts the delete of what a collection takes in as well off to the next one.
            self.session.flush()

    def do_commit(self) -> None:
        self.session.commit()

    def do_rollback(self) -> None:
        self.session.rollback()

    def do_begin_nested(self) -> None:
        self.session.begin_nested()

    def do_end_nested(self, commit: bool) -> None:
        transaction = self.session.get_nested_transaction()
        if transaction is None:
            raise NothingToWorkOnError
        if commit:
            transaction.commit()
        else:
            transaction.rollback()
        self.undone = self.undone or not commit

    def do_read(self, number: int, attribute: str | int) -> object:
        if not self.session.is_active:
            # Which attributes can be read without a statement is not the same.
            raise NothingToWorkOnError
        one = self.pick(None, number)
        if not self._has_row(one) or self._is_leaving(one):
            # The oracle would read its primary key again to load what refers to that.
            raise NothingToWorkOnError
        if self._state(one) == "persistent":
            # The oracle reads its row again for the key, if that has expired.
            _ = one.name
        if isinstance(attribute, int):
            names = ("name", *self.relationships[type(one).__name__])
            attribute = names[attribute % len(names)]
        held = one.__dict__.get(attribute)
        if self.session.autoflush and isinstance(held, list) and self._state(one) == "persistent":
            # The oracle forgets a collection that was read before the row was there.
            self.session.flush()
        value = getattr(one, attribute)
        is_related = isinstance(value, tuple(self.classes.values()))
        if is_related and not self._is_leaving(value) and not self._is_expelled(value):
            # The oracle has read it again by now, if it had expired.
            _ = value.name
        return distinct(value) if isinstance(value, list) else value

    def do_get(self, number: int) -> object:
        one = self.pick(None, number)
        if any(one is other for other in self.session.deleted):
            # Where a value of it has expired, dovetail flushes before it asks for the row.
            raise NothingToWorkOnError
        key = self.key(one)
        if key is None:
            key = (4242, 4242) if type(one).__name__ == "Place" else (4242,)
        return self.session.get(type(one), key if len(key) > 1 else key[0])

    def do_query(self, name: str, text: str | None) -> object:
        entity = self.classes[name]
        statement = self.sa.select(entity).order_by(entity.serial)
        if text is not None:
            statement = statement.where(entity.name == text)
        return list(self.session.scalars(statement).all())

    def do_expire(self, number: int, attribute: str | None) -> None:
        one = self.pick(None, number)
        if self._state(one) == "persistent" and self.session.is_modified(one):
            # Given to another parent and expired, it loses both in the oracle.
            raise NothingToWorkOnError
        self.session.expire(one, None if attribute is None else [attribute])

    def do_expire_all(self) -> None:
        self.session.expire_all()

    def do_refresh(self, number: int) -> None:
        one = self.pick(None, number)
        state = self.sa.inspect(one)
        # The oracle's history does not tell what is to happen to a collection it has not loaded.
        queued = getattr(state, "_pending_mutations", ())
        # One that is gone has a history in the oracle still; neither refreshes it.
        if self._state(one) != "deleted or detached" and any(
            state.attrs[name].history.has_changes() or name in queued
            for name in self.relationships[type(one).__name__]
        ):
            # The change is lost on this side and not on the other: which one counts, differs.
            raise NothingToWorkOnError
        self.session.refresh(one)

    def do_expunge(self, number: int) -> None:
        one = self.pick(None, number)
        if self.sa.inspect(one).was_deleted:
            # Whether it is in the session still is not the same.
            raise NothingToWorkOnError
        self.session.expunge(one)

    def do_merge(self, number: int) -> object:
        self._refuse_to_merge_pending()
        one = self.pick(None, number)
        if self._is_leaving(one):
            # It is made anew from what was loaded of it, and that is not the same.
            raise NothingToWorkOnError
        if one not in self.session and one.__dict__.get("profile") in self.session:
            # The copy takes it; in the oracle the original keeps it in memory as well.
            raise NothingToWorkOnError
        if one in self.session.new:
            # The oracle warns and makes a second object; we answer with the one that is there.
            raise NothingToWorkOnError
        return self.session.merge(one)

    def do_merge_copy(self, number: int, text: str) -> object:
        self._refuse_to_merge_pending()
        """Merge a transient object that has the key of another."""
        one = self.pick(None, number)
        key = self.key(one)
        if key is None:
            raise NothingToWorkOnError
        entity = type(one)
        names = ("x", "y") if entity.__name__ == "Place" else ("id",)
        copy = entity(name=text, **dict(zip(names, key, strict=True)))
        return self.session.merge(copy)

    def do_is_modified(self, number: int) -> object:
        one = self.pick(None, number)
        if self._is_leaving(one):
            raise NothingToWorkOnError
        return self.session.is_modified(one)

    def do_close(self) -> None:
        # What waits for a collection breaks the oracle when its owner is attached again.
        self.session.expire_all()
        self.session.close()

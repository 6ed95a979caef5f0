"""A session at work in one package, told what to do by plain values.

Two worlds that are told the same must show the same.  Objects are named by their place in
``World.objects``, so that what a world answers can be compared with what another answers.
"""

import warnings
from collections.abc import Callable
from typing import Any

from tests.properties.models import CLASSES, RELATIONSHIPS, TABLES, declare

Step = tuple[Any, ...]
"""The name of a method of World that begins with ``do_``, and its arguments."""


class NothingToWorkOnError(Exception):
    """A step has nothing to work on."""


class World:
    """A mapping, an engine, and the session and objects of the example that is under way."""

    def __init__(self, package: str) -> None:
        self.package = package
        self.models = declare(package)
        self.sa, self.orm = self.models.sa, self.models.orm
        self.engine = self.sa.create_engine("sqlite://")
        self.sa.event.listen(self.engine, "connect", self._connected)
        if package == "sqlalchemy":
            self.sa.event.listen(self.engine, "begin", self._begin)
        self.models.metadata.create_all(self.engine)
        self.classes = {name: getattr(self.models, name) for name in CLASSES}
        self.objects: list[Any] = []
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
        for table in reversed(TABLES):
            if table == "node":
                self.raw.execute("UPDATE node SET parent_id = NULL")
            self.raw.execute(f"DELETE FROM {table}")
        if self.raw.in_transaction:
            self.raw.commit()
        if self.package == "dovetail":
            # The oracle loads one at a time; loading for peers would flush at other moments.
            options["lazy"] = "one"
        self.session = self.orm.Session(self.engine, **options)
        self.objects = []
        self.serial = 0

    def stop(self) -> None:
        self.session.close()
        if self.raw.in_transaction:
            self.raw.rollback()

    # What is told, and what is seen

    def perform(self, step: Step) -> object:
        """Do *step*; answer with its outcome, or with the class of the error that it raised."""
        verb: Callable[..., object] = getattr(self, f"do_{step[0]}")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return self.name(verb(*step[1:]))
        except NothingToWorkOnError:
            return "skipped"
        except Exception as error:
            return f"raised {type(error).__name__}"

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

    def states(self) -> list[str]:
        """The state of each object, and what the session thinks of it."""
        new, deleted = list(self.session.new), list(self.session.deleted)
        return [
            f"{type(one).__name__} #{number} is {self._state(one)}"
            f"{', new' if any(one is other for other in new) else ''}"
            f"{', to be deleted' if any(one is other for other in deleted) else ''}"
            f"{', in the session' if one in self.session else ''}"
            for number, one in enumerate(self.objects)
        ]

    def _state(self, one: object) -> str:
        state = self.sa.inspect(one)
        names = ("transient", "pending", "persistent", "deleted", "detached")
        return " and ".join(name for name in names if getattr(state, name))

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        """What is in the tables, as the open transaction sees it."""
        return {
            table: sorted(self.raw.execute(sql).fetchall(), key=repr)
            for table, sql in TABLES.items()
        }

    def transactions(self) -> tuple[bool, bool, bool]:
        session = self.session
        return session.in_transaction(), session.in_nested_transaction(), session.is_active

    def do_values(self) -> list[object]:
        """All attributes of all objects that are not deleted; this loads what is not loaded."""
        with self.session.no_autoflush:
            return [
                (number, attribute, self.perform(("read", number, attribute)))
                for number, one in enumerate(list(self.objects))
                if "deleted" not in self._state(one)
                for attribute in ("serial", "name", *RELATIONSHIPS[type(one).__name__])
            ]

    # Picking

    def pick(self, name: str | None, number: int, *, older: Any = None, younger: Any = None) -> Any:
        """One of the objects, of the class *name*; a node's parent is older than itself."""
        found = [
            one
            for place, one in enumerate(self.objects)
            if (name is None or type(one).__name__ == name)
            and (older is None or place < self._place(older))
            and (younger is None or place > self._place(younger))
        ]
        if not found:
            raise NothingToWorkOnError
        return found[number % len(found)]

    def _place(self, one: object) -> int:
        return next(place for place, other in enumerate(self.objects) if other is one)

    def key(self, one: Any) -> Any:
        return self.sa.inspect(one).identity

    def _target(self, owner: Any, attribute: str, target: str, number: int) -> Any:
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
        self.session.add(self.pick(None, number))

    def do_set(self, number: int, text: str | None) -> None:
        self.pick(None, number).name = text

    def do_relate(self, row: tuple[str, str, str], number: int, other: int | None) -> None:
        name, attribute, target = row
        owner = self.pick(name, number)
        value = None if other is None else self._target(owner, attribute, target, other)
        setattr(owner, attribute, value)

    def do_append(self, row: tuple[str, str, str], number: int, other: int) -> None:
        name, attribute, target = row
        owner = self.pick(name, number)
        value = self._target(owner, attribute, target, other)
        collection = getattr(owner, attribute)
        if not any(one is value for one in collection):
            collection.append(value)

    def do_remove(self, row: tuple[str, str, str], number: int, other: int) -> None:
        name, attribute, _target = row
        collection = getattr(self.pick(name, number), attribute)
        if not collection:
            raise NothingToWorkOnError
        collection.remove(collection[other % len(collection)])

    def do_replace(self, row: tuple[str, str, str], number: int, others: list[int]) -> None:
        name, attribute, target = row
        owner = self.pick(name, number)
        values = [self._target(owner, attribute, target, other) for other in others]
        setattr(owner, attribute, list({id(one): one for one in values}.values()))

    def do_delete(self, number: int) -> None:
        self.session.delete(self.pick(None, number))

    def do_flush(self) -> None:
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

    def do_read(self, number: int, attribute: str | int) -> object:
        one = self.pick(None, number)
        if isinstance(attribute, int):
            names = ("name", *RELATIONSHIPS[type(one).__name__])
            attribute = names[attribute % len(names)]
        value = getattr(one, attribute)
        return list(value) if isinstance(value, list) else value

    def do_get(self, number: int) -> object:
        one = self.pick(None, number)
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
        self.session.expire(one, None if attribute is None else [attribute])

    def do_expire_all(self) -> None:
        self.session.expire_all()

    def do_refresh(self, number: int) -> None:
        self.session.refresh(self.pick(None, number))

    def do_expunge(self, number: int) -> None:
        self.session.expunge(self.pick(None, number))

    def do_merge(self, number: int) -> object:
        return self.session.merge(self.pick(None, number))

    def do_merge_copy(self, number: int, text: str) -> object:
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
        return self.session.is_modified(self.pick(None, number))

    def do_close(self) -> None:
        self.session.close()

"""What an operation on an instance means for those related to it."""

import pytest

from dovetail import ForeignKey, inspect, select
from dovetail.exc import ArgumentError, DovetailWarning, IntegrityError, InvalidRequestError
from dovetail.orm import (
    CascadeOptions,
    DeclarativeBase,
    Mapped,
    Session,
    attribute_keyed_dict,
    mapped_column,
    relationship,
)


@pytest.fixture
def enforced(engine):
    """The database enforces foreign keys."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")


@pytest.fixture
def declare(engine):
    """Declare Parent and Child with options on either side, and create their tables."""

    def declare(options=None, *, nullable=True, ondelete=None, uselist=True):
        class Base(DeclarativeBase):
            pass

        class Parent(Base):
            __tablename__ = "parent"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str | None]
            children = relationship(
                "Child", back_populates="parent", uselist=uselist, **(options or {})
            )

        class Child(Base):
            __tablename__ = "child"
            id: Mapped[int] = mapped_column(primary_key=True)
            parent_id: Mapped[int] = mapped_column(
                ForeignKey("parent.id", ondelete=ondelete), nullable=nullable
            )
            parent = relationship("Parent", back_populates="children")

        Base.metadata.create_all(engine)
        return Parent, Child

    return declare


OWNED = {"cascade": "all, delete-orphan"}


def test_save_update_follows_both_sides(declare, session):
    Parent, Child = declare()
    one, two = Child(), Child()
    parent = Parent(children=[one])

    session.add(one)
    parent.children.append(two)

    assert parent in session
    assert two in session


def test_save_update_can_be_switched_off(declare, session):
    Parent, Child = declare({"cascade": ""})
    parent = Parent(children=[Child()])

    session.add(parent)

    assert parent.children[0] not in session
    with pytest.warns(Warning, match="not in the session|not in session"):
        session.flush()


def test_a_child_that_refers_to_a_member_of_the_session_is_added_by_hand(declare, session):
    Parent, Child = declare()
    parent = Parent()
    session.add(parent)
    session.commit()

    assert parent.children == []
    child = Child(parent=parent)

    # What refers to a member of the session is not added by that: it says so itself.
    assert parent.children == [child]
    assert child not in session
    session.add(child)
    session.commit()
    assert child.parent_id == parent.id


@pytest.mark.parametrize("cascade", ["all", "save-update, delete", "all, delete-orphan"])
def test_delete_follows_the_cascade(declare, session, cascade):
    Parent, Child = declare({"cascade": cascade}, nullable=False)
    session.add(Parent(children=[Child(), Child()]))
    session.commit()

    session.delete(session.get(Parent, 1))
    session.commit()

    assert session.scalars(select(Child)).all() == []


def test_without_delete_cascade_the_reference_is_nulled(declare, session):
    Parent, Child = declare()
    session.add(Parent(children=[Child(), Child()]))
    session.commit()

    session.delete(session.get(Parent, 1))
    session.commit()

    assert session.scalars(select(Child.parent_id)).all() == [None, None]


def test_without_delete_cascade_a_required_reference_fails(declare, session):
    Parent, Child = declare(nullable=False)
    session.add(Parent(children=[Child()]))
    session.commit()
    session.delete(session.get(Parent, 1))

    with pytest.raises(IntegrityError):
        session.flush()


def test_expunge_follows_the_cascade(declare, session):
    Parent, Child = declare({"cascade": "all"})
    parent = Parent(children=[Child()])
    session.add(parent)
    session.commit()
    child = parent.children[0]

    session.expunge(parent)

    assert child not in session


def test_expunge_leaves_what_does_not_cascade(declare, session):
    Parent, Child = declare()
    parent = Parent(children=[Child()])
    session.add(parent)
    session.commit()
    child = parent.children[0]

    session.expunge(parent)

    assert child in session


def test_refresh_and_expire_follow_the_cascade(declare, session):
    Parent, Child = declare({"cascade": "all"})
    parent = Parent(children=[Child()])
    session.add(parent)
    session.commit()
    child = parent.children[0]
    assert child.parent_id == 1

    session.expire(parent)

    assert "parent_id" not in inspect(child).dict


@pytest.mark.parametrize("way", ["populate_existing", "refresh", "expire", "expire parent"])
def test_an_orphan_that_is_read_again_is_one_still(declare, session, way):
    Parent, Child = declare(OWNED)
    parent, child = Parent(children=[Child()]), None
    session.add(parent)
    session.commit()
    (child,) = parent.children

    with session.no_autoflush:
        parent.children = []
        if way == "populate_existing":
            session.scalars(select(Child).execution_options(populate_existing=True)).all()
        elif way == "refresh":
            session.refresh(child)
        else:
            session.expire(child, ["parent"] if way == "expire parent" else None)
    session.commit()

    assert session.scalars(select(Child)).all() == []


def test_what_is_to_be_deleted_keeps_its_values_where_it_is_to_be_refreshed(declare, session):
    Parent, _ = declare()
    parent = Parent(name="kept")
    session.add(parent)
    session.commit()
    assert parent.name == "kept"
    session.delete(parent)

    with pytest.raises(InvalidRequestError, match="not persistent"):
        session.refresh(parent)

    assert inspect(parent).deleted
    assert parent.name == "kept"


def test_merge_follows_the_cascade(declare, session):
    Parent, Child = declare()
    session.add(Parent(children=[Child(), Child()]))
    session.commit()
    session.expunge_all()

    merged = session.merge(Parent(id=1, name="new", children=[Child(id=2), Child()]))
    session.commit()

    assert merged.name == "new"
    assert sorted(child.id for child in merged.children) == [2, 3]
    assert session.get(Child, 1).parent_id is None


def test_merge_stops_where_it_does_not_cascade(declare, session):
    Parent, Child = declare({"cascade": "save-update"})
    session.add(Parent(children=[Child()]))
    session.commit()

    merged = session.merge(Parent(id=1, name="new", children=[]))

    assert len(merged.children) == 1


class TestOrphans:
    def test_a_removed_child_is_deleted(self, declare, session):
        Parent, Child = declare(OWNED, nullable=False)
        parent = Parent(children=[Child(), Child()])
        session.add(parent)
        session.commit()

        del parent.children[0]
        session.commit()

        assert session.scalars(select(Child.id)).all() == [2]

    def test_a_child_whose_reference_is_cleared_is_deleted(self, declare, session):
        Parent, Child = declare(OWNED, nullable=False)
        parent = Parent(children=[Child(), Child()])
        session.add(parent)
        session.commit()

        parent.children[0].parent = None
        session.commit()

        assert session.scalars(select(Child.id)).all() == [2]

    @pytest.mark.parametrize("order", ["remove first", "append first"])
    def test_a_child_that_moves_to_another_parent_stays(self, declare, session, order):
        Parent, Child = declare(OWNED, nullable=False)
        one, two = Parent(children=[Child()]), Parent()
        session.add_all([one, two])
        session.commit()
        (child,) = one.children
        assert two.children == []

        if order == "remove first":
            one.children.remove(child)
            two.children.append(child)
        else:
            two.children.append(child)
        session.commit()

        assert child.parent is two
        assert one.children == []
        assert two.children == [child]

    def test_a_child_moves_by_its_reference(self, declare, session):
        Parent, Child = declare(OWNED, nullable=False)
        one, two = Parent(children=[Child()]), Parent()
        session.add_all([one, two])
        session.commit()
        (child,) = one.children

        child.parent = two
        session.delete(one)
        session.commit()

        assert child.parent is two
        assert session.scalars(select(Child)).all() == [child]

    def test_a_pending_orphan_is_not_inserted(self, declare, session):
        Parent, Child = declare(OWNED, nullable=False)
        parent, child = Parent(), Child()
        session.add(parent)
        session.flush()
        parent.children.append(child)
        assert child in session

        parent.children.remove(child)

        assert child not in session
        session.commit()
        assert session.scalars(select(Child)).all() == []

    def test_a_pending_orphan_of_a_parent_outside_leaves_at_the_flush(self, declare, session):
        Parent, Child = declare(OWNED, nullable=False)
        parent, child = Parent(), Child()
        session.add(child)
        with session.no_autoflush:
            parent.children.append(child)
            parent.children.remove(child)
        assert child in session

        session.flush()

        assert child not in session
        assert session.scalars(select(Child)).all() == []

    def test_a_child_without_any_parent_is_refused_by_the_database(self, declare, session):
        _, Child = declare(OWNED, nullable=False)
        session.add(Child())

        with pytest.raises(Exception, match="NOT NULL|orphan"):
            session.flush()

    def test_a_replaced_child_of_one_to_one_is_deleted(self, declare, session):
        Parent, Child = declare(OWNED, nullable=False, uselist=False)
        parent = Parent(children=Child())
        session.add(parent)
        session.commit()
        session.expire_all()

        parent.children = Child()
        session.commit()

        assert session.scalars(select(Child.id)).all() == [2]
        parent.children = None
        session.commit()
        assert session.scalars(select(Child.id)).all() == []

    def test_bulk_replacement_deletes_those_that_are_gone(self, declare, session):
        Parent, Child = declare(OWNED, nullable=False)
        parent = Parent(children=[Child(), Child(), Child()])
        session.add(parent)
        session.commit()
        keep = parent.children[1]

        parent.children = [keep, Child()]
        session.commit()

        assert session.scalars(select(Child.id)).all() == [2, 4]

    def test_an_orphan_put_back_stays(self, declare, session):
        Parent, Child = declare(OWNED, nullable=False)
        parent = Parent(children=[Child()])
        session.add(parent)
        session.commit()
        (child,) = parent.children

        parent.children.remove(child)
        parent.children.append(child)
        session.commit()

        assert parent.children == [child]

    def test_delete_orphan_on_many_to_one_needs_single_parent(self):
        class Base(DeclarativeBase):
            pass

        class Target(Base):
            __tablename__ = "target"
            id: Mapped[int] = mapped_column(primary_key=True)

        class Holder(Base):
            __tablename__ = "holder"
            id: Mapped[int] = mapped_column(primary_key=True)
            target_id: Mapped[int] = mapped_column(ForeignKey("target.id"))
            target: Mapped[Target] = relationship(cascade="all, delete-orphan")

        with pytest.raises(Exception, match="single_parent"):
            Base.registry.configure()

    def test_single_parent_deletes_what_is_replaced(self, engine, session):
        class Base(DeclarativeBase):
            pass

        class Target(Base):
            __tablename__ = "target"
            id: Mapped[int] = mapped_column(primary_key=True)

        class Holder(Base):
            __tablename__ = "holder"
            id: Mapped[int] = mapped_column(primary_key=True)
            target_id: Mapped[int | None] = mapped_column(ForeignKey("target.id"))
            target: Mapped[Target | None] = relationship(
                cascade="all, delete-orphan", single_parent=True
            )

        Base.metadata.create_all(engine)
        holder = Holder(target=Target())
        session.add(holder)
        session.commit()
        assert holder.target is not None

        holder.target = Target()
        session.commit()

        assert session.scalars(select(Target.id)).all() == [2]

    def test_single_parent_refuses_a_second_parent(self, engine, session):
        class Base(DeclarativeBase):
            pass

        class Target(Base):
            __tablename__ = "target"
            id: Mapped[int] = mapped_column(primary_key=True)

        class Holder(Base):
            __tablename__ = "holder"
            id: Mapped[int] = mapped_column(primary_key=True)
            target_id: Mapped[int | None] = mapped_column(ForeignKey("target.id"))
            target: Mapped[Target | None] = relationship(single_parent=True)

        target = Target()
        first = Holder(target=target)

        with pytest.raises(InvalidRequestError, match="parent"):
            Holder(target=target)

        first.target = None
        assert Holder(target=target).target is target

    def test_delete_orphan_needs_delete(self):
        with pytest.raises(Exception, match="delete"):
            relationship("Child", cascade="delete-orphan")

    def test_an_unknown_cascade_is_refused(self):
        with pytest.raises(Exception, match="delette"):
            relationship("Child", cascade="all, delette")


class TestPassiveDeletes:
    def test_the_server_deletes_what_is_not_loaded(self, declare, session, enforced, sql_log):
        Parent, Child = declare(
            {"cascade": "all, delete-orphan", "passive_deletes": True},
            nullable=False,
            ondelete="CASCADE",
        )
        session.add(Parent(children=[Child(), Child()]))
        session.commit()
        parent = session.get(Parent, 1)
        sql_log.clear()

        session.delete(parent)
        session.flush()

        assert sql_log.statements == ["DELETE FROM parent WHERE parent.id = ?"]
        assert session.scalars(select(Child)).all() == []

    def test_what_is_loaded_is_deleted_one_by_one(self, declare, session, sql_log):
        Parent, Child = declare(
            {"cascade": "all, delete-orphan", "passive_deletes": True}, nullable=False
        )
        parent = Parent(children=[Child()])
        session.add(parent)
        session.commit()
        assert len(parent.children) == 1
        assert parent.name is None
        sql_log.clear()

        session.delete(parent)
        session.flush()

        assert sql_log.verbs == ["DELETE child", "DELETE parent"]

    def test_all_leaves_even_what_is_loaded(self, declare, session, sql_log):
        Parent, Child = declare({"passive_deletes": "all"})
        parent = Parent(children=[Child()])
        session.add(parent)
        session.commit()
        assert len(parent.children) == 1
        assert parent.name is None
        sql_log.clear()

        session.delete(parent)
        session.flush()

        assert sql_log.verbs == ["DELETE parent"]
        assert session.scalars(select(Child.parent_id)).all() == [1]


class TestPostUpdate:
    @pytest.fixture
    def classes(self, engine):
        class Base(DeclarativeBase):
            pass

        class Room(Base):
            __tablename__ = "room"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str | None]
            key_id: Mapped[int | None] = mapped_column(
                ForeignKey("door_key.id", use_alter=True, name="fk_key")
            )
            keys: Mapped[list["Key"]] = relationship(
                foreign_keys="Key.room_id", back_populates="room"
            )
            master: Mapped["Key | None"] = relationship(foreign_keys=key_id, post_update=True)

        class Key(Base):
            __tablename__ = "door_key"
            id: Mapped[int] = mapped_column(primary_key=True)
            room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
            room: Mapped[Room] = relationship(foreign_keys=room_id, back_populates="keys")

        Base.metadata.create_all(engine)
        return Room, Key

    def test_rows_that_need_each_other_are_written_in_two_steps(self, classes, session, sql_log):
        Room, Key = classes
        key = Key()
        room = Room(keys=[key, Key()], master=key)
        sql_log.clear()

        session.add(room)
        session.flush()

        assert sql_log.verbs == ["INSERT room", "INSERT door_key", "UPDATE room"]
        session.commit()
        assert room.master is key

    def test_the_reference_is_cleared_before_the_rows_go(self, classes, session, sql_log):
        Room, Key = classes
        key = Key()
        room = Room(keys=[key], master=key)
        session.add(room)
        session.commit()
        assert (room.master, key.room) == (key, room)
        sql_log.clear()

        session.delete(key)
        session.delete(room)
        session.flush()

        verbs = [verb for verb in sql_log.verbs if verb != "SELECT"]
        assert verbs == ["UPDATE room", "DELETE door_key", "DELETE room"]

    def test_a_change_of_the_reference_alone_is_one_update(self, classes, session, sql_log):
        Room, Key = classes
        one, two = Key(), Key()
        room = Room(keys=[one, two], master=one)
        session.add(room)
        session.commit()
        assert (room.master, two.id) == (one, 2)
        sql_log.clear()

        room.master = two
        session.flush()

        assert sql_log.sent == [("UPDATE room SET key_id=? WHERE room.id = ?", (2, 1))]


def test_what_is_pending_goes_with_the_parent_that_is_deleted(engine):
    class Base(DeclarativeBase):
        pass

    class Parent(Base):
        __tablename__ = "parent_that_goes"
        id: Mapped[int] = mapped_column(primary_key=True)
        children: Mapped[list["Child"]] = relationship(cascade="all", back_populates="parent")

    class Child(Base):
        __tablename__ = "child_that_goes"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int] = mapped_column(ForeignKey("parent_that_goes.id"))
        parent: Mapped[Parent] = relationship(back_populates="children")

    Base.metadata.create_all(engine)
    with Session(engine, autoflush=False) as session:
        parent = Parent(id=1)
        session.add(parent)
        session.flush()
        child = Child(id=2, parent=parent)
        session.add(child)
        session.delete(parent)
        assert child not in session
        session.commit()
        assert session.query(Child).all() == []


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("all", "delete,expunge,merge,refresh-expire,save-update"),
        ("all, delete-orphan", "delete,delete-orphan,expunge,merge,refresh-expire,save-update"),
        (["save-update", "merge"], "merge,save-update"),
        (None, ""),
        ("", ""),
        ("none", ""),
    ],
)
def test_cascades_are_read_from_text_and_from_names(given, meant):
    assert repr(CascadeOptions(given)) == f"CascadeOptions({meant!r})"
    prop = relationship("Child", cascade=given)
    assert prop.cascade == CascadeOptions(given)
    prop.cascade = {"merge"}
    assert prop.cascade.merge
    assert not prop.cascade.save_update


def test_a_relationship_for_reading_writes_nothing_on():
    assert repr(relationship("Child", viewonly=True).cascade) == "CascadeOptions('merge')"


def test_no_cascade_at_all_leaves_related_instances_outside(declare, session):
    Parent, Child = declare({"cascade": None})
    child = Child()
    session.add(Parent(children=[child]))

    assert child not in session


def test_orphans_are_deleted_where_members_of_deleted_parents_stay(declare, session):
    with pytest.warns(DovetailWarning, match="delete-orphan is of use with delete"):
        Parent, Child = declare({"cascade": "save-update, delete-orphan"})
    parent = Parent(children=[Child(), Child()])
    session.add(parent)
    session.commit()

    del parent.children[0]
    session.commit()
    assert len(session.scalars(select(Child)).all()) == 1
    session.delete(parent)
    session.commit()
    assert [child.parent_id for child in session.scalars(select(Child))] == [None]


def test_a_cascade_that_deletes_and_one_that_leaves_rows_alone_exclude_each_other(declare):
    Parent, _ = declare({"cascade": "all", "passive_deletes": "all"})
    with pytest.raises(ArgumentError, match="passive_deletes='all' leaves related rows alone"):
        Parent()


@pytest.mark.parametrize("put", [dict.setdefault, dict.__setitem__], ids=["setdefault", "item"])
def test_what_its_other_side_has_put_into_a_dictionary_is_added_when_it_is_put_there(
    engine, session, put
):
    class Base(DeclarativeBase):
        pass

    class Box(Base):
        __tablename__ = "box"
        id: Mapped[int] = mapped_column(primary_key=True)
        things = relationship(
            "Thing", back_populates="box", collection_class=attribute_keyed_dict("name")
        )

    class Thing(Base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        box_id: Mapped[int] = mapped_column(ForeignKey("box.id"))
        box = relationship("Box", back_populates="things")

    box, thing = Box(), Thing(name="lid")
    session.add(box)
    thing.box = box
    assert thing not in session

    getattr(box.things, put.__name__)("lid", thing)

    assert thing in session

"""What a flush has to do besides writing rows: found once for a set of mappers, and kept."""

from dovetail import Column, ForeignKey, Integer, Table, create_engine, select
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    configure_mappers,
    mapped_column,
    relationship,
)
from dovetail.orm.flush import phases, preparing
from dovetail.orm.flush.changes import changed_related
from dovetail.orm.flush.phases import plan_for


def declared():
    """A base with a class alone, a parent and its members, and a class with tags."""

    class Base(DeclarativeBase):
        pass

    tagging = Table(
        "tagging",
        Base.metadata,
        Column("item_id", ForeignKey("item.id"), primary_key=True),
        Column("tag_id", ForeignKey("pebble.id"), primary_key=True),
    )

    class Pebble(Base):
        __tablename__ = "pebble"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Member(Base):
        __tablename__ = "member"
        id: Mapped[int] = mapped_column(primary_key=True)
        team_id = mapped_column(Integer, ForeignKey("team.id"))
        team: Mapped["Team"] = relationship(back_populates="members")

    class Team(Base):
        __tablename__ = "team"
        id: Mapped[int] = mapped_column(primary_key=True)
        members: Mapped[list[Member]] = relationship(back_populates="team")

    class Item(Base):
        __tablename__ = "item"
        id: Mapped[int] = mapped_column(primary_key=True)
        tags: Mapped[list[Pebble]] = relationship(secondary=tagging)

    return Base, Pebble, Member, Team, Item


def plan(*classes, deleting=False):
    return plan_for([one.__mapper__ for one in classes], deleting)


def names(phases_of_plan):
    return [phase.name for phase in phases_of_plan]


def test_a_class_without_relationships_needs_rows_alone():
    _, pebble, *_ = declared()

    found = plan(pebble)

    assert names(found.before_rows) == []
    assert names(found.after_saves) == []
    assert [stage.mappers for stage in found.stages] == [(pebble.__mapper__,)]


def test_rows_that_go_are_taken_over_or_released():
    _, pebble, _, team, _ = declared()

    alone, with_members = plan(pebble, deleting=True), plan(team, deleting=True)

    assert names(alone.before_rows) == ["read what goes", "take over deleted rows"]
    assert "release what refers to deleted rows" in names(with_members.before_rows)
    assert "release what refers to deleted rows" not in names(plan(team).before_rows)


def test_members_and_associations_are_looked_at_where_there_are_some():
    _, _, member, team, item = declared()

    assert names(plan(member).before_rows) == []
    assert names(plan(team).before_rows) == ["find key changes", "touch members"]
    assert names(plan(item).before_rows) == ["gather association rows"]
    assert names(plan(item).after_saves) == ["write association rows"]


def test_keys_travel_from_and_to_those_that_have_some():
    _, _, member, team, _ = declared()

    found = plan(member, team)

    assert found.receiving == {member.__mapper__}
    assert found.giving == {team.__mapper__}


def test_a_plan_is_kept_until_a_mapping_changes():
    base, pebble, *_ = declared()
    kept = plan(pebble)

    again = plan(pebble)
    pebble.heaps = relationship(
        type(
            "Heap",
            (base,),
            {
                "__tablename__": "heap",
                "id": mapped_column(Integer, primary_key=True),
                "pebble_id": mapped_column(ForeignKey("pebble.id")),
            },
        )
    )

    assert again is kept
    assert "touch members" in names(plan(pebble).before_rows)


def test_a_class_of_another_registry_changes_what_applies():
    _, pebble, *_ = declared()
    assert names(plan(pebble).before_rows) == []

    class Other(DeclarativeBase):
        metadata = pebble.metadata

    class Box(Other):
        __tablename__ = "box"
        id: Mapped[int] = mapped_column(primary_key=True)
        pebble_id = mapped_column(ForeignKey("pebble.id"))
        stone = relationship(pebble, cascade="all, delete-orphan", single_parent=True)

    before_configured = plan(pebble)
    configure_mappers()

    assert names(before_configured.before_rows) == []
    assert "delete orphans" in names(plan(pebble).before_rows)


def test_no_more_than_some_plans_are_kept(monkeypatch):
    monkeypatch.setattr(phases, "_MOST_PLANS", 3)
    _, *classes = declared()

    for one in classes:
        for other in classes:
            plan(one, other)

    assert len(classes[0].registry.memo["flush plans"]) <= 3


def test_a_mapper_that_is_reached_meanwhile_is_planned_for(engine):
    base, pebble, _, _, item = declared()

    class Label(base):
        __tablename__ = "label"
        id: Mapped[int] = mapped_column(primary_key=True)
        item_id = mapped_column(ForeignKey("item.id"))
        owner = relationship(item, cascade="all, delete-orphan", single_parent=True)

    base.metadata.create_all(engine)
    with Session(engine) as session:
        label = Label(id=1, owner=item(id=1, tags=[pebble(id=1)]))
        session.add(label)
        session.commit()

        label.owner = None
        session.flush()

        # The item was an orphan: its tags are released, though no change of it was pending.
        tagging = base.metadata.tables["tagging"]
        assert session.execute(select(tagging)).all() == []
        assert session.scalars(select(item)).all() == []


def test_many_members_with_the_reference_in_their_key_move_at_once(monkeypatch):
    class Base(DeclarativeBase):
        pass

    class Box(Base):
        __tablename__ = "box"
        id: Mapped[int] = mapped_column(primary_key=True)
        items: Mapped[list["Item"]] = relationship()

    class Item(Base):
        __tablename__ = "item"
        box_id: Mapped[int] = mapped_column(ForeignKey("box.id"), primary_key=True)
        number: Mapped[int] = mapped_column(primary_key=True)

    asked = []

    def counting(*arguments):
        asked.append(arguments)
        return changed_related(*arguments)

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    counts = []
    for size in (10, 100):
        with Session(engine) as session:
            full, empty = Box(items=[Item(number=n) for n in range(size)]), Box(items=[])
            session.add_all([full, empty])
            session.flush()
            moved, full.items = list(full.items), []
            empty.items = moved
            asked.clear()
            with monkeypatch.context() as patched:
                patched.setattr(preparing, "changed_related", counting)
                session.flush()
            assert {item.box_id for item in moved} == {empty.id}
            counts.append(len(asked))
    assert counts[0] == counts[1]

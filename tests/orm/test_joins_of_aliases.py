"""``join()`` of classes and aliases, further along relationships, and aliases of what it gives."""

import pytest

from dovetail import Column, ForeignKey, Integer, String, create_engine, exc, func, select
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    contains_eager,
    join,
    joinedload,
    mapped_column,
    outerjoin,
    relationship,
    selectinload,
)


class Base(DeclarativeBase):
    pass


class Node(Base):
    __tablename__ = "node"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("node.id"))
    name: Mapped[str]
    children: Mapped[list["Node"]] = relationship(back_populates="parent")
    parent: Mapped["Node | None"] = relationship(back_populates="children", remote_side=[id])
    tags: Mapped[list["Tag"]] = relationship(secondary="node_tag", order_by="Tag.id")


class Tag(Base):
    __tablename__ = "tag"
    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(String(20))


class NodeTag(Base):
    __tablename__ = "node_tag"
    node_id = Column(Integer, ForeignKey("node.id"), primary_key=True)
    tag_id = Column(Integer, ForeignKey("tag.id"), primary_key=True)


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        leaves = [Node(name=name) for name in ("n121", "n122", "n123")]
        leaves[1].tags = [Tag(word="green"), Tag(word="old")]
        middle = [Node(name="n11"), Node(name="n12", children=leaves), Node(name="n13")]
        session.add(Node(name="n1", children=middle))
        session.commit()
        session.expunge_all()
        yield session
    engine.dispose()


def test_a_join_goes_on_along_a_relationship_of_an_alias(session):
    child, grandchild = aliased(Node), aliased(Node)
    joined = join(Node, child, Node.children).join(grandchild, child.children)

    rows = session.execute(
        select(Node.name, child.name, grandchild.name)
        .select_from(joined)
        .where(grandchild.name == "n122")
    ).all()

    assert rows == [("n1", "n12", "n122")]


def test_a_join_by_a_condition_goes_on_along_a_relationship(session):
    child, grandchild = aliased(Node), aliased(Node)
    joined = join(Node, child, Node.id == child.parent_id).outerjoin(grandchild, child.children)

    rows = session.execute(
        select(Node.name, child.name, grandchild.name)
        .select_from(joined)
        .order_by(child.name, grandchild.name)
    ).all()

    assert rows == [
        ("n1", "n11", None),
        ("n1", "n12", "n121"),
        ("n1", "n12", "n122"),
        ("n1", "n12", "n123"),
        ("n12", "n121", None),
        ("n12", "n122", None),
        ("n12", "n123", None),
        ("n1", "n13", None),
    ]


def test_a_join_goes_on_through_a_third_table(session):
    child = aliased(Node)
    joined = join(Node, child, Node.children).join(Tag, child.tags)

    rows = session.execute(select(Node.name, Tag.word).select_from(joined).order_by(Tag.word)).all()

    assert rows == [("n12", "green"), ("n12", "old")]


def test_a_relationship_of_what_is_joined_to_starts_from_the_left(session):
    child = aliased(Node)
    statement = select(Node.name).select_from(join(Node, child, child.children))

    assert session.scalars(statement.where(child.name == "n122")).all() == ["n12"]


def test_a_left_side_that_is_a_subquery_has_the_relationship_of_its_class(session):
    inner = select(Node).where(Node.name == "n12").subquery()
    child = aliased(Node)
    statement = select(child.name).select_from(outerjoin(inner, child, Node.children))

    assert session.scalars(statement.order_by(child.name)).all() == ["n121", "n122", "n123"]


def test_a_join_names_one_relationship():
    with pytest.raises(exc.InvalidRequestError, match="names two relationships"):
        str(select(Node).join(Node.children, Node.tags))


def test_aliases_of_a_subquery_take_the_columns_of_what_they_are_aliases_of(session):
    other = aliased(Node)
    for entities in ((Node, other), (other, Node)):
        pairs = select(*entities).where(Node.parent_id == other.id).subquery()
        below, above = aliased(Node, pairs), aliased(other, pairs)
        rows = session.execute(select(below.name, above.name).order_by(below.name)).all()
        assert rows == [
            ("n11", "n1"),
            ("n12", "n1"),
            ("n121", "n12"),
            ("n122", "n12"),
            ("n123", "n12"),
            ("n13", "n1"),
        ]


def test_the_nearest_column_stands_for_a_column_of_a_table():
    node = Node.__table__
    other = node.alias()
    for columns in ((other.c.id.label("a"), node.c.id.label("b")), (other.c.id, node.c.id)):
        subquery = select(*columns).subquery()
        of_alias, of_table = subquery.c
        assert subquery.corresponding_column(node.c.id) is of_table
        assert subquery.corresponding_column(other.c.id) is of_alias


def test_a_subquery_need_not_be_named_to_be_aliased(session):
    alias = aliased(Node, select(Node.id, Node.parent_id, Node.name).where(Node.name == "n11"))

    assert session.scalars(select(alias)).one().name == "n11"


def test_the_alias_of_contains_eager_is_that_of_its_last_attribute(session):
    child, tag = aliased(Node), aliased(Tag)
    statement = (
        select(Node)
        .join(child, Node.children)
        .join(tag, child.tags)
        .options(
            contains_eager(Node.children, alias=child),
            contains_eager(Node.children, Node.tags, alias=tag),
        )
    )
    node = session.scalars(statement).unique().one()
    assert [(c.name, [t.word for t in c.tags]) for c in node.children] == [
        ("n122", ["green", "old"])
    ]


def test_contains_eager_with_an_alias_at_the_end_of_a_path(session):
    tag = aliased(Tag)
    statement = (
        select(NodeTagged)
        .join(NodeTagged.node)
        .join(tag, Node.tags)
        .options(contains_eager(NodeTagged.node, Node.tags, alias=tag))
    )
    session.add(NodeTagged(node=session.scalars(select(Node).where(Node.name == "n122")).one()))
    session.flush()
    session.expunge_all()

    found = session.scalars(statement).unique().one()
    assert [tag.word for tag in found.node.tags] == ["green", "old"]


class NodeTagged(Base):
    __tablename__ = "node_tagged"
    id: Mapped[int] = mapped_column(primary_key=True)
    node_id: Mapped[int] = mapped_column(ForeignKey("node.id"))
    node: Mapped[Node] = relationship()


def test_contains_eager_takes_the_alias_of_a_table(session):
    other = Node.__table__.alias()
    statement = (
        select(Node)
        .join(other, other.c.parent_id == Node.id)
        .where(Node.name == "n12")
        .options(contains_eager(Node.children, alias=other))
    )
    node = session.scalars(statement).unique().one()
    assert sorted(child.name for child in node.__dict__["children"]) == ["n121", "n122", "n123"]


class Reading(Base):
    __tablename__ = "reading"
    id: Mapped[int] = mapped_column(primary_key=True)
    node_id: Mapped[int] = mapped_column(ForeignKey("node.id"))


ranked = select(
    Reading, func.row_number().over(order_by=Reading.id, partition_by=Reading.node_id).label("rank")
).subquery()
First = aliased(Reading, ranked)
Node.first_readings = relationship(
    First, primaryjoin=(First.node_id == Node.id) & (ranked.c.rank < 3)
)
tagged = join(Tag, NodeTag, NodeTag.tag_id == Tag.id)
Node.any_tags = relationship(aliased(Tag, tagged), primaryjoin=Node.id == NodeTag.node_id)


@pytest.mark.parametrize("load", [None, selectinload, joinedload])
def test_a_relationship_to_an_alias_of_a_subquery_is_for_reading(session, load):
    node = session.scalars(select(Node).where(Node.name == "n122")).one()
    session.add_all(Reading(node_id=node.id) for _ in range(4))
    session.commit()
    session.expunge_all()

    options = () if load is None else (load(Node.first_readings), load(Node.any_tags))
    statement = select(Node).where(Node.name == "n122").options(*options)
    node = session.scalars(statement).unique().one()

    assert [reading.id for reading in node.first_readings] == [1, 2]
    assert sorted(tag.word for tag in node.any_tags) == ["green", "old"]

"""A tree in which each row refers to its parent: an adjacency list.

Loading a tree takes a statement for each level, the ancestors of a node or all that is below it
one statement each; a subtree moves by a change of one row.

python -m examples.adjacency_list [database URL]
"""

import sys

from dovetail import CTE, ForeignKey, Select, String, create_engine, literal, select
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    relationship,
    selectinload,
    validates,
)


class Base(DeclarativeBase):
    """All tables of the example."""


class Node(Base):
    """A node of a tree: what has no parent is a root."""

    __tablename__ = "node"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("node.id"), index=True)
    name: Mapped[str] = mapped_column(String(50))

    parent: Mapped["Node | None"] = relationship(back_populates="children", remote_side=[id])
    # A node that is taken out of its tree, and put into no other, is deleted with all below it.
    children: Mapped[list["Node"]] = relationship(
        back_populates="parent", cascade="all, delete-orphan", order_by="Node.name"
    )

    def __init__(self, name: str, *children: "Node") -> None:
        super().__init__(name=name, children=list(children))

    def move_to(self, parent: "Node") -> None:
        """Hang this node, with all that is below it, under *parent*."""
        self.parent = parent

    @validates("parent")
    def _check_parent(self, key: str, parent: "Node | None") -> "Node | None":
        above = parent
        while above is not None:
            if above is self:
                raise ValueError(f"{self.name} would be an ancestor of itself")
            above = above.parent
        return parent

    def outline(self, depth: int = 0) -> str:
        """The tree below this node, a line for each node."""
        below = [child.outline(depth + 1) for child in self.children]
        return "\n".join(["  " * depth + self.name, *below])


def whole_trees() -> Select[Node]:
    """The roots with all that is below them: one statement for each level."""
    return trees_down_to(0)


def trees_down_to(level: int) -> Select[Node]:
    """The roots with so many levels below them, 0 for all; what lies deeper loads when touched."""
    # recursion_depth says how often the option is repeated after the first level.
    children = selectinload(Node.children, recursion_depth=level - 1 or None)
    return select(Node).where(Node.parent_id.is_(None)).order_by(Node.name).options(children)


def ancestors(node: Node) -> Select[Node]:
    """What is above *node*, the root first: one statement, however deep it lies."""
    line = _line(node)
    line = line.union_all(
        select(Node.id, Node.parent_id, line.c.distance + 1).where(Node.id == line.c.parent_id)
    )
    found = select(Node).join(line, line.c.id == Node.id).where(line.c.distance > 0)
    return found.order_by(line.c.distance.desc())


def descendants(node: Node) -> Select[Node]:
    """What is below *node*, the nearest first: one statement, however deep the tree is."""
    line = _line(node)
    line = line.union_all(
        select(Node.id, Node.parent_id, line.c.distance + 1).where(Node.parent_id == line.c.id)
    )
    found = select(Node).join(line, line.c.id == Node.id).where(line.c.distance > 0)
    return found.order_by(line.c.distance, Node.name)


def _line(node: Node) -> CTE:
    """Where a recursive query starts: the node itself."""
    start = select(Node.id, Node.parent_id, literal(0).label("distance")).where(Node.id == node.id)
    return start.cte("line", recursive=True)


def plant(session: Session) -> Node:
    """A tree to look at."""
    tree = Node(
        "life",
        Node("animals", Node("birds", Node("owl")), Node("mammals", Node("bat"), Node("whale"))),
        Node("fish", Node("salmon")),
    )
    session.add(tree)
    return tree


def main(url: str = "sqlite://") -> None:
    engine = create_engine(url)
    Base.metadata.create_all(engine)

    with Session(engine) as session, session.begin():
        plant(session)

    with Session(engine) as session, session.begin():
        (tree,) = session.scalars(whole_trees())
        print(tree.outline())

        animals, fish = tree.children
        fish.move_to(animals)
        print("\nfish are animals:\n" + tree.outline())

        salmon = session.scalars(select(Node).where(Node.name == "salmon")).one()
        print("\nabove salmon:", [node.name for node in session.scalars(ancestors(salmon))])
        print("below animals:", [node.name for node in session.scalars(descendants(animals))])

        animals.children.remove(fish)
        print("\nwithout fish:\n" + tree.outline())
    engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""New members of collections of rows that are there, where rows refer to each other."""

import pytest

from dovetail import ForeignKey, select
from dovetail.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Node(Base):
    """A tree that is mapped from above alone."""

    __tablename__ = "node"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("node.id"))
    children: Mapped[list["Node"]] = relationship(order_by="Node.id")


class Album(Base):
    """Rows of two tables that refer to each other."""

    __tablename__ = "album"

    id: Mapped[int] = mapped_column(primary_key=True)
    cover_id: Mapped[int | None] = mapped_column(ForeignKey("picture.id"))
    cover: Mapped["Picture | None"] = relationship(foreign_keys=[cover_id])
    pictures: Mapped[list["Picture"]] = relationship(foreign_keys="Picture.album_id")


class Picture(Base):
    __tablename__ = "picture"

    id: Mapped[int] = mapped_column(primary_key=True)
    album_id: Mapped[int] = mapped_column(ForeignKey("album.id", use_alter=True))


@pytest.fixture(autouse=True)
def tables(engine):
    Base.metadata.create_all(engine)


@pytest.mark.parametrize("how", ["append", "replace"])
def test_a_new_child_of_an_old_node_refers_to_it(session, how):
    root = Node(children=[Node()])
    session.add(root)
    session.commit()

    if how == "append":
        root.children.append(Node(children=[Node()]))
    else:
        root.children = [root.children[0], Node(children=[Node()])]
    session.commit()

    assert session.execute(select(Node.id, Node.parent_id).order_by(Node.id)).all() == [
        (1, None), (2, 1), (3, 1), (4, 3),
    ]  # fmt: skip


def test_a_new_picture_of_an_old_album_refers_to_it(session):
    album = Album()
    session.add(album)
    session.commit()

    album.pictures.append(Picture())
    session.commit()
    album.cover = album.pictures[0]
    album.pictures.append(Picture())
    session.commit()

    assert session.execute(select(Picture.id, Picture.album_id)).all() == [(1, 1), (2, 1)]
    assert session.scalars(select(Album.cover_id)).all() == [1]


def test_children_change_places_while_others_come(session):
    first, second = Node(children=[Node(), Node()]), Node()
    session.add_all([first, second])
    session.commit()

    moved = first.children.pop()
    second.children = [moved, Node()]
    moved.children.append(Node())
    session.commit()

    assert [len(node.children) for node in (first, second, moved)] == [1, 2, 1]

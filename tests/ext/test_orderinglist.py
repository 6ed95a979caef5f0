"""Lists that keep positions: the same program on dovetail and on the oracle."""

import pickle

import pytest

from dovetail import ForeignKey, Integer, String
from dovetail.ext.orderinglist import OrderingList, count_from_n_factory, ordering_list
from dovetail.orm import DeclarativeBase, Session, mapped_column, relationship


def models(lib, **options):
    ordering = lib.ext("orderinglist")
    sa, orm = lib.sa, lib.orm

    class Slide(lib.Base):
        __tablename__ = "slide"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        bullets = orm.relationship(
            "Bullet",
            order_by="Bullet.position",
            collection_class=ordering.ordering_list("position", **options),
            cascade="all, delete-orphan",
            back_populates="slide",
        )

    class Bullet(lib.Base):
        __tablename__ = "bullet"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        slide_id = orm.mapped_column(sa.ForeignKey("slide.id"))
        position = orm.mapped_column(sa.Integer)
        text = orm.mapped_column(sa.String(20))
        slide = orm.relationship("Slide", back_populates="bullets")

    return Slide, Bullet


def shown(slide):
    return " ".join(f"{bullet.text}{bullet.position}" for bullet in slide.bullets)


def act(slide, new, name):
    """Change the bullets a0 b1 c2 d3 of *slide*."""
    bullets = slide.bullets
    match name:
        case "append":
            bullets.append(new("x"))
        case "append one with a position":
            bullets.append(new("x", 9))
        case "extend":
            bullets.extend([new("x"), new("y")])
        case "iadd":
            slide.bullets += [new("x"), new("y")]
        case "insert":
            bullets.insert(1, new("x"))
        case "insert at the end":
            bullets.insert(-1, new("x"))
        case "remove":
            bullets.remove(bullets[1])
        case "pop":
            assert bullets.pop().text == "d"
        case "pop first":
            assert bullets.pop(0).text == "a"
        case "set":
            bullets[1] = new("x", 7)
        case "set last":
            bullets[3] = new("x")
        case "set slice":
            bullets[1:3] = [new("x"), new("y")]
        case "delete":
            del bullets[0]
        case "delete slice":
            del bullets[0:2]
        case "clear":
            bullets.clear()
        case "reverse":
            bullets.reverse()
        case "reverse and reorder":
            bullets.reverse()
            bullets.reorder()
        case "sort and reorder":
            bullets.sort(key=lambda each: each.text, reverse=True)
            bullets.reorder()
        case "move":
            bullets.insert(0, bullets.pop())
        case "replace all":
            slide.bullets = [new("x"), new("y"), new("z")]
        case "replace some":
            slide.bullets = [bullets[2], new("x"), bullets[0]]
        case "other side":
            new("x").slide = slide
        case "other side leaves":
            bullets[1].slide = None


@pytest.mark.parametrize("count_from", [None, 1, 5])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("append", "a0 b1 c2 d3 x4"),
        ("append one with a position", "a0 b1 c2 d3 x9"),
        ("extend", "a0 b1 c2 d3 x4 y5"),
        ("iadd", "a0 b1 c2 d3 x4 y5"),
        ("insert", "a0 x1 b2 c3 d4"),
        ("insert at the end", "a0 b1 c2 x3 d4"),
        ("remove", "a0 c1 d2"),
        ("pop", "a0 b1 c2"),
        ("pop first", "b0 c1 d2"),
        ("set", "a0 x1 c2 d3"),
        ("set last", "a0 b1 c2 x3"),
        ("set slice", "a0 x1 y2 d3"),
        ("delete", "b0 c1 d2"),
        ("delete slice", "c0 d1"),
        ("clear", ""),
        ("reverse", "d3 c2 b1 a0"),
        ("reverse and reorder", "d0 c1 b2 a3"),
        ("sort and reorder", "d0 c1 b2 a3"),
        ("move", "d0 a1 b2 c3"),
        ("replace all", "x0 y1 z2"),
        ("replace some", "c2 x1 a0"),
        ("other side", "a0 b1 c2 d3 x4"),
        ("other side leaves", "a0 c1 d2"),
    ],
)
def test_positions_follow(lib, count_from, name, expected):
    start = count_from or 0
    slide_class, bullet_class = models(lib, count_from=count_from)
    session = lib.start(slide := slide_class(bullets=[bullet_class(text=t) for t in "abcd"]))
    # 9 is the bullet's own
    moved = "".join(str(int(c) + start) if c.isdigit() and c != "9" else c for c in expected)

    act(slide, lambda text, place=None: bullet_class(text=text, position=place), name)
    assert shown(slide) == moved

    session.add_all(slide.bullets)
    session.commit()
    by_position = sorted(moved.split(), key=lambda each: int(each[1:]))
    assert shown(slide) == " ".join(by_position)


def test_reorder_on_append(lib):
    slide_class, bullet_class = models(lib, reorder_on_append=True)
    slide = slide_class()
    slide.bullets.append(bullet_class(text="a", position=7))
    slide.bullets.append(bullet_class(text="b", position=7))

    assert shown(slide) == "a0 b1"


def test_positions_of_ones_own(lib):
    slide_class, bullet_class = models(
        lib, ordering_func=lambda index, collection: (index + 1) * 10
    )
    slide = slide_class(bullets=[bullet_class(text=t) for t in "abc"])
    slide.bullets.remove(slide.bullets[0])

    assert shown(slide) == "b10 c20"


def test_a_moved_member_is_written_with_those_it_passed(lib):
    slide_class, bullet_class = models(lib)
    session = lib.start(slide := slide_class(bullets=[bullet_class(text=t) for t in "abcd"]))
    assert shown(slide) == "a0 b1 c2 d3"
    lib.sent.clear()

    slide.bullets.insert(1, slide.bullets.pop(2))
    written = {bullet.text for bullet in session.dirty if session.is_modified(bullet)}
    assert "a" not in written
    session.commit()

    assert shown(slide) == "a0 c1 b2 d3"


def test_loading_and_expiry_change_no_position(lib):
    slide_class, bullet_class = models(lib)
    bullets = [bullet_class(text="a", position=3), bullet_class(text="b", position=8)]
    session = lib.start(slide := slide_class(bullets=bullets))

    assert shown(slide) == "a3 b8"
    assert not session.dirty
    session.delete(slide.bullets[0])
    session.commit()
    assert shown(slide) == "b8"


# Of dovetail alone ------------------------------------------------------------------------------


class Base(DeclarativeBase):
    pass


class Slide(Base):
    """Of the module, so that instances can be pickled."""

    __tablename__ = "slide"
    id = mapped_column(Integer, primary_key=True)
    bullets = relationship(
        "Bullet",
        order_by="Bullet.position",
        collection_class=ordering_list("position", count_from=4, reorder_on_append=True),
        back_populates="slide",
    )


class Bullet(Base):
    __tablename__ = "bullet"
    id = mapped_column(Integer, primary_key=True)
    slide_id = mapped_column(ForeignKey("slide.id"))
    position = mapped_column(Integer)
    text = mapped_column(String)
    slide = relationship("Slide", back_populates="bullets")


@pytest.mark.parametrize("whole", [True, False])
def test_pickled_lists_go_on(engine, whole):
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        slide = Slide(bullets=[Bullet(text="a"), Bullet(text="b")])
        session.add(slide)
        session.commit()
        assert shown(slide) == "a4 b5"
        assert all(bullet.slide is slide for bullet in slide.bullets)

    if whole:
        twin = pickle.loads(pickle.dumps(slide))
    else:
        twin = pickle.loads(pickle.dumps(slide.bullets))[0].slide
    with Session(engine) as session:
        session.add(twin)
        assert isinstance(twin.bullets, OrderingList)
        twin.bullets.insert(0, Bullet(text="x"))
        session.commit()
        assert shown(twin) == "x4 a5 b6"


def test_counters_can_be_pickled():
    count = pickle.loads(pickle.dumps(count_from_n_factory(5)))

    assert [count(index, []) for index in range(3)] == [5, 6, 7]
    assert count.__name__ == "count_from_5"


def test_a_list_of_nobody_keeps_positions():
    alone = OrderingList("position", reorder_on_append=True)
    alone.extend([Bullet(text="a", position=3), Bullet(text="b")])
    assert [bullet.position for bullet in alone] == [0, 1]

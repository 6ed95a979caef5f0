"""Loader options of classes whose sisters have attributes of the same name."""

import pytest

from tests.orm.both import PACKAGES, World


def hierarchy(package):
    """Posters and flyers, which are sheets and have items and words each of their own."""
    w = World(package)
    sa, orm, Base = w.sa, w.orm, w.Base

    class Sheet(Base):
        __tablename__ = "sheet"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        kind = orm.mapped_column(sa.String(10))
        note = orm.mapped_column(sa.String(10), default="note")
        tags = orm.relationship("Tag")
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "sheet"}

    class Tag(Base):
        __tablename__ = "tag"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        sheet_id = orm.mapped_column(sa.ForeignKey("sheet.id"))

    class Poster(Sheet):
        __tablename__ = "poster"
        id = orm.mapped_column(sa.ForeignKey("sheet.id"), primary_key=True)
        word = orm.mapped_column(sa.String(10), default="poster")
        items = orm.relationship("PosterItem")
        __mapper_args__ = {"polymorphic_identity": "poster"}

    class Flyer(Sheet):
        __tablename__ = "flyer"
        id = orm.mapped_column(sa.ForeignKey("sheet.id"), primary_key=True)
        word = orm.mapped_column(sa.String(10), default="flyer")
        items = orm.relationship("FlyerItem")
        __mapper_args__ = {"polymorphic_identity": "flyer"}

    class Small(Flyer):
        __mapper_args__ = {"polymorphic_identity": "small"}

    class PosterItem(Base):
        __tablename__ = "poster_item"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        poster_id = orm.mapped_column(sa.ForeignKey("poster.id"))

    class FlyerItem(Base):
        __tablename__ = "flyer_item"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        flyer_id = orm.mapped_column(sa.ForeignKey("flyer.id"))

    w.create()
    w.add(
        Poster(id=1, items=[PosterItem()], tags=[Tag()]),
        Flyer(id=2, items=[FlyerItem(), FlyerItem()], tags=[Tag()]),
        Small(id=3, items=[FlyerItem()]),
    )
    w.Sheet, w.Poster, w.Flyer, w.Small = Sheet, Poster, Flyer, Small
    w.every = orm.with_polymorphic(Sheet, "*")
    return w


def read(instance, name, error):
    try:
        value = getattr(instance, name)
    except error:
        return "refused"
    return len(value) if isinstance(value, list) else value


def sheets(w, entity, *options):
    """What each sheet gives for its attributes."""
    statement = w.sa.select(entity).options(*options).order_by(entity.id)
    found = w.s.scalars(statement).unique().all()
    names = ("items", "word", "note", "tags")
    rows = [[read(one, name, w.sa.exc.InvalidRequestError) for name in names] for one in found]
    w.s.close()
    return rows


OPTIONS = {
    "one refuses": lambda w, o: [o.raiseload(w.Flyer.items)],
    "the other refuses": lambda w, o: [o.raiseload(w.Poster.items)],
    "a class below refuses": lambda w, o: [o.raiseload(w.Small.items)],
    "what is inherited": lambda w, o: [o.raiseload(w.Flyer.tags)],
    "one loads, all else refuses": lambda w, o: [o.selectinload(w.Flyer.items), o.raiseload("*")],
    "one loads, one refuses": lambda w, o: [
        o.selectinload(w.Poster.items),
        o.raiseload(w.Flyer.items),
    ],
    "completed": lambda w, o: [
        o.selectin_polymorphic(w.Sheet, [w.Poster, w.Flyer]),
        o.selectinload(w.Flyer.items),
        o.raiseload(w.Poster.items),
    ],
    "a column of one, completed": lambda w, o: [
        o.selectin_polymorphic(w.Sheet, [w.Poster, w.Flyer]),
        o.defer(w.Flyer.word, raiseload=True),
    ],
}
OF_EVERY = {
    "a column of one": lambda w, o: [o.defer(w.every.Flyer.word, raiseload=True)],
    "columns of one alone": lambda w, o: [o.load_only(w.every.Poster.word, raiseload=True)],
    "one is joined": lambda w, o: [
        o.joinedload(w.every.Flyer.items),
        o.raiseload(w.every.Poster.items),
    ],
}


@pytest.mark.parametrize("options", OPTIONS)
def test_an_option_of_one_class_leaves_its_sisters_alone(options):
    ours, theirs = (
        sheets(w, w.Sheet, *OPTIONS[options](w, w.orm)) for w in map(hierarchy, PACKAGES)
    )

    assert ours == theirs


@pytest.mark.parametrize("options", OF_EVERY)
def test_so_it_does_where_the_hierarchy_is_selected_whole(options):
    ours, theirs = (
        sheets(w, w.every, *OF_EVERY[options](w, w.orm)) for w in map(hierarchy, PACKAGES)
    )

    assert ours == theirs

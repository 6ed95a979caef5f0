"""Eager joins of what is ordered by another table, or grouped; compared with the oracle."""

import pytest

from tests.orm.both import PACKAGES, World


def works(package):
    w = World(package)
    sa, orm, Base = w.sa, w.orm, w.Base
    parts = sa.Table(
        "parts",
        Base.metadata,
        sa.Column("whole_id", sa.ForeignKey("whole.id"), primary_key=True),
        sa.Column("piece_id", sa.ForeignKey("piece.id"), primary_key=True),
        sa.Column("place", sa.Integer),
    )

    class Whole(Base):
        __tablename__ = "whole"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        pieces = orm.relationship("Piece", secondary=parts, order_by=parts.c.place)
        marks = orm.relationship("Mark", order_by="Mark.id.desc()")

    class Piece(Base):
        __tablename__ = "piece"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        price = orm.mapped_column(sa.Integer)

    class Mark(Base):
        __tablename__ = "mark"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        whole_id = orm.mapped_column(sa.ForeignKey("whole.id"))
        points = orm.mapped_column(sa.Integer)

    w.create()
    w.s.add_all([Whole(id=1), Whole(id=2), *(Piece(id=n, price=10 - n) for n in (1, 2, 3))])
    w.s.add_all([Mark(id=n, whole_id=1 + n % 2, points=n) for n in range(1, 6)])
    w.s.flush()
    rows = [(1, 1, 3), (1, 2, 1), (1, 3, 2), (2, 3, 1)]
    names = ("whole_id", "piece_id", "place")
    w.s.execute(parts.insert(), [dict(zip(names, row, strict=True)) for row in rows])
    w.s.commit()
    w.parts, w.Whole, w.Piece, w.Mark = parts, Whole, Piece, Mark
    return w


def found(w, statement):
    rows = [
        (one.id, [p.id for p in one.pieces], [m.id for m in one.marks])
        for one in w.s.scalars(statement).unique()
    ]
    w.s.close()
    return rows


def grouped(w, join):
    return w.sa.select(w.Whole).join(join).group_by(w.Whole.id)


STATEMENTS = {
    "by the third table": lambda w, f, o: (
        w.sa.select(w.Whole).options(o.joinedload(w.Whole.pieces)).order_by(w.Whole.id)
    ),
    "limited": lambda w, f, o: (
        w.sa.select(w.Whole)
        .options(o.joinedload(w.Whole.pieces), o.joinedload(w.Whole.marks))
        .order_by(w.Whole.id.desc())
        .limit(1)
    ),
    "by an inner join": lambda w, f, o: (
        w.sa.select(w.Whole)
        .options(o.joinedload(w.Whole.pieces, innerjoin=True))
        .order_by(w.Whole.id)
    ),
    "restricted by the third table": lambda w, f, o: (
        w.sa.select(w.Whole)
        .options(o.joinedload(w.Whole.pieces.and_(w.parts.c.place > 1)))
        .order_by(w.Whole.id)
    ),
    "grouped, by a sum": lambda w, f, o: (
        grouped(w, w.Whole.marks)
        .order_by(f.sum(w.Mark.points).desc())
        .options(o.joinedload(w.Whole.marks))
    ),
    "grouped, by a sum, limited": lambda w, f, o: (
        grouped(w, w.Whole.marks)
        .order_by(f.sum(w.Mark.points).desc())
        .options(o.joinedload(w.Whole.marks))
        .limit(1)
    ),
    "grouped, by the related price": lambda w, f, o: (
        grouped(w, w.Whole.pieces)
        .order_by(f.max(w.Piece.price), w.Whole.id)
        .options(o.joinedload(w.Whole.pieces))
    ),
    "limited, by a correlated value": lambda w, f, o: (
        w.sa.select(w.Whole)
        .order_by(
            w.sa.select(f.count(w.Mark.id))
            .where(w.Mark.whole_id == w.Whole.id)
            .scalar_subquery()
            .desc()
        )
        .options(o.joinedload(w.Whole.marks))
        .limit(1)
    ),
    "limited, by an expression": lambda w, f, o: (
        w.sa.select(w.Whole)
        .order_by(f.abs(w.Whole.id - 2), w.Whole.id)
        .options(o.joinedload(w.Whole.marks))
        .limit(2)
    ),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_what_is_joined_comes_in_the_order_that_was_asked_for(name):
    ours, theirs = (found(w, STATEMENTS[name](w, w.sa.func, w.orm)) for w in map(works, PACKAGES))

    assert ours == theirs

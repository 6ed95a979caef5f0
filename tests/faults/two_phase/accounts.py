"""Two tables, each in a database of its own, and what is seen of them."""

from dovetail import String, text
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Debit(Base):
    __tablename__ = "debit"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(20))


class Credit(Base):
    __tablename__ = "credit"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(20))


def session_of(engines, **options):
    return Session(binds={Debit: engines[0], Credit: engines[1]}, **{"twophase": True, **options})


def stored(engines):
    found = []
    for engine, table in zip(engines, ("debit", "credit"), strict=True):
        with engine.connect() as connection:
            found.append(connection.scalars(text(f"SELECT name FROM {table} ORDER BY id")).all())
    return found


def prepared(engines):
    found = []
    for engine in engines:
        with engine.connect() as connection:
            found += connection.recover_twophase()
    return found


def resolve(engines, decision):
    for engine in engines:
        with engine.connect() as connection:
            for xid in connection.recover_twophase():
                getattr(connection, f"{decision}_prepared")(xid)

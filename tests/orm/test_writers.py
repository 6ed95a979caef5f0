"""Collections that are never loaded as a whole: the same programs run here and with the oracle."""

import pickle
from importlib import import_module
from types import SimpleNamespace

import pytest

from dovetail import ForeignKey, select
from dovetail.exc import InvalidRequestError, MappingError
from dovetail.orm import (
    AppenderQuery,
    DeclarativeBase,
    DynamicMapped,
    Mapped,
    WriteOnlyCollection,
    WriteOnlyMapped,
    dynamic_loader,
    mapped_column,
    relationship,
    selectinload,
)
from dovetail.orm.attributes import set_committed_value


def world(package):
    sa, orm = import_module(package), import_module(f"{package}.orm")

    class Base(orm.DeclarativeBase):
        def __repr__(self):
            return f"{type(self).__name__}{self.__dict__.get('id')}"

    tagged = sa.Table(
        "tagged",
        Base.metadata,
        sa.Column("account_id", sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("tag_id", sa.ForeignKey("tag.id"), primary_key=True),
    )

    class Account(Base):
        __tablename__ = "account"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        moves: orm.WriteOnlyMapped["Move"] = orm.relationship(
            back_populates="account", order_by="Move.id", passive_deletes=True,
            cascade="all, delete-orphan",
        )  # fmt: skip
        notes: orm.DynamicMapped["Note"] = orm.relationship(
            back_populates="account", order_by="Note.id"
        )
        tags: orm.WriteOnlyMapped["Tag"] = orm.relationship(
            secondary=tagged, passive_deletes=True, order_by="Tag.id"
        )

    class Move(Base):
        __tablename__ = "move"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        x = orm.mapped_column(sa.Integer)
        account_id = orm.mapped_column(sa.ForeignKey("account.id", ondelete="cascade"))
        account = orm.relationship("Account", back_populates="moves")

    class Note(Base):
        __tablename__ = "note"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        x = orm.mapped_column(sa.Integer)
        account_id = orm.mapped_column(sa.ForeignKey("account.id"))
        account = orm.relationship("Account", back_populates="notes")

    class Tag(Base):
        __tablename__ = "tag"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        x = orm.mapped_column(sa.Integer)

    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    log, texts = [], set()

    def note(connection, cursor, text, *more):
        log.append(text.split()[0])
        if text.startswith("SELECT"):
            texts.update(text.split())

    sa.event.listen(engine, "before_cursor_execute", note)
    return SimpleNamespace(
        sa=sa, orm=orm, s=orm.Session(engine), engine=engine, log=log, texts=texts,
        Account=Account, Move=Move, Note=Note, Tag=Tag,
    )  # fmt: skip


def owners_that_nobody_holds(w):
    Account, Move, Note, s = w.Account, w.Move, w.Note, w.s
    s.add(Account(id=1, moves=[Move(id=1, x=1)], notes=[Note(id=1, x=1)]))
    s.commit()
    yield s.get(Account, 1).notes.all(), s.get(Account, 1).notes.filter_by(x=2).count()
    yield s.scalars(s.get(Account, 1).moves.select()).all()
    account = s.get(Account, 1)
    account.notes.add(Note(id=2))
    account.moves.add(Move(id=2))
    s.flush()
    # By now the instance has the collections.
    account = account.notes
    yield [one.id for one in account]
    yield account is account.instance.notes


def members_of_a_pending_owner(w):
    Account, Move, s = w.Account, w.Move, w.s
    s.add(account := Account())
    statement = account.moves.insert().returning(Move)
    yield s.scalars(statement, [{"x": 1}, {"x": 2}]).all(), account.id
    yield s.scalars(w.sa.select(Move.account_id)).all()


def merged(w):
    Account, Move, Note, s = w.Account, w.Move, w.Note, w.s
    account = s.merge(Account(id=1, moves=[Move(id=1)], notes=[Note(id=1), Note(id=2)]))
    s.commit()
    yield s.scalars(account.moves.select()).all(), account.notes.all()
    account = s.merge(Account(id=1, notes=[Note(id=2), Note(id=3)]))
    added, _, deleted = parts(w.sa.inspect(account).attrs.notes.history)
    yield added, deleted
    s.commit()
    yield account.notes.all()
    s.merge(Account(id=1))
    yield parts(w.orm.attributes.get_history(account, "notes"))
    try:
        s.merge(Account(id=1, moves=[Move(id=3)]))
    except Exception as error:
        yield isinstance(error, (TypeError, w.sa.exc.InvalidRequestError))


def queries_of_ones_own(w):
    class Own(w.orm.Query):
        def odd(self):
            return self.filter_by(x=1)

    class Base(w.orm.DeclarativeBase):
        pass

    class Owner(Base):
        __tablename__ = "account"
        id = w.orm.mapped_column(w.sa.Integer, primary_key=True)
        notes = w.orm.relationship("Note", lazy="dynamic", query_class=Own)
        others = w.orm.relationship("Note", lazy="dynamic", viewonly=True)

    class Note(Base):
        __tablename__ = "note"
        id = w.orm.mapped_column(w.sa.Integer, primary_key=True)
        x = w.orm.mapped_column(w.sa.Integer)
        account_id = w.orm.mapped_column(w.sa.ForeignKey("account.id"))

    w.s.add(owner := Owner(id=1, notes=[Note(id=1, x=1), Note(id=2, x=2)]))
    w.s.flush()
    yield [note.id for note in owner.notes.odd()], hasattr(owner.others, "odd")
    yield hasattr(owner.notes, "keys"), hasattr(owner.notes, "filter_by")


def parts(history):
    return list(history.added), list(history.unchanged), list(history.deleted)


def write_only(w):
    Account, Move, s = w.Account, w.Move, w.s
    account = Account(id=1, moves=[Move(id=1, x=1)])
    account.moves.add(Move(id=2, x=2))
    account.moves.add_all([Move(id=3, x=3)])
    s.add(account)
    s.commit()
    yield s.scalars(account.moves.select()).all()
    yield s.scalars(account.moves.select().where(Move.x > 1)).all()
    s.execute(account.moves.insert(), [{"id": 7, "x": 5}, {"id": 8, "x": 6}])
    yield s.scalars(account.moves.select()).all()
    s.execute(account.moves.update().values(x=9).where(Move.id == 7))
    s.execute(account.moves.delete().where(Move.id == 8))
    yield s.scalars(account.moves.select().where(Move.x == 9)).all()
    account.moves.remove(s.get(Move, 1))
    yield parts(w.sa.inspect(account).attrs.moves.history)
    s.commit()
    yield s.scalars(account.moves.select()).all(), s.get(Move, 1)
    s.add(Move(id=40, account=account))
    yield parts(w.sa.inspect(account).attrs.moves.history)
    s.commit()
    move = s.get(Move, 40)
    yield move.account
    move.account = None
    s.commit()
    yield s.scalars(account.moves.select()).all(), s.get(Move, 40)
    try:
        iter(account.moves)
    except TypeError:
        yield "TypeError"
    try:
        account.moves = [Move(id=20)]
    except w.sa.exc.InvalidRequestError:
        yield "InvalidRequestError"


def nothing_is_loaded(w):
    w.s.add(w.Account(id=1, moves=[w.Move(id=n) for n in range(1, 4)]))
    w.s.commit()
    account = w.s.get(w.Account, 1)
    w.log.clear()
    w.texts.clear()
    account.moves.add(w.Move(id=9))
    w.s.commit()
    w.s.delete(account)
    w.s.flush()
    yield w.log.count("DELETE"), "move" in {word.strip('"') for word in w.texts}


def through_a_table(w):
    Account, Tag, s = w.Account, w.Tag, w.s
    tags = [Tag(id=n, x=n) for n in range(1, 4)]
    account = Account(id=1, tags=tags[:2])
    s.add_all([account, *tags])
    s.commit()
    yield s.scalars(account.tags.select()).all()
    account.tags.remove(tags[0])
    account.tags.add(tags[2])
    s.commit()
    yield s.scalars(account.tags.select().where(Tag.x > 1)).all()
    s.execute(account.tags.update().values(x=50))
    yield s.scalars(w.sa.select(Tag.x).order_by(Tag.id)).all()
    try:
        s.delete(account)
        s.flush()
        yield "deleted"
    except w.sa.exc.IntegrityError:
        yield "IntegrityError"


def dynamic(w):
    Account, Note, s = w.Account, w.Note, w.s
    account = Account(id=1)
    account.notes.append(Note(id=1, x=1))
    yield list(account.notes), account.notes.count()
    s.add(account)
    s.commit()
    account.notes.extend([Note(id=2, x=5), Note(id=3, x=6)])
    yield account.notes.all(), account.notes.count(), account.notes[0], account.notes[1:]
    yield account.notes.filter(Note.x == 5).one(), list(account.notes)
    yield account.notes.order_by(None).order_by(Note.id.desc()).all()
    account.notes.remove(s.get(Note, 1))
    yield account.notes.all()
    s.commit()
    yield s.get(Note, 1).account_id
    s.add(Note(id=9, account=account))
    yield account.notes.all()
    account.notes = [Note(id=50), s.get(Note, 2)]
    s.commit()
    yield account.notes.all(), s.get(Note, 3).account_id
    w.log.clear()
    s.delete(account)
    s.commit()
    yield w.log.count("DELETE"), s.get(Note, 50).account_id, s.get(Note, 2).account_id


def paths(w):
    Account, Move, s = w.Account, w.Move, w.s
    s.add(Account(id=1, moves=[Move(id=1, x=1)]))
    s.commit()
    yield s.scalars(w.sa.select(Account).join(Account.moves).where(Move.x == 1)).all()
    yield s.scalars(w.sa.select(Account).where(Account.moves.any(x=2))).all()
    yield w.sa.inspect(Account).relationships.moves.lazy


@pytest.mark.parametrize(
    "scenario",
    [
        write_only, nothing_is_loaded, through_a_table, dynamic, paths, owners_that_nobody_holds,
        members_of_a_pending_owner, merged, queries_of_ones_own,
    ],
    ids=lambda it: it.__name__,
)  # fmt: skip
def test_the_same_as_the_oracle(scenario):
    told = []
    for package in ("dovetail", "sqlalchemy"):
        w = world(package)
        told.append([repr(one) for one in scenario(w)])
        w.s.close()
        w.engine.dispose()
    assert told[0] == told[1]
    assert told[0]


class Base(DeclarativeBase):
    pass


class Shop(Base):
    __tablename__ = "shop"
    id: Mapped[int] = mapped_column(primary_key=True)
    sales: WriteOnlyMapped["Sale"] = relationship()
    queried = dynamic_loader("Sale", viewonly=True)


class Sale(Base):
    __tablename__ = "sale"
    id: Mapped[int] = mapped_column(primary_key=True)
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("shop.id"))


@pytest.fixture
def shop(session, engine):
    Base.metadata.create_all(engine)
    session.add(Shop(id=1, sales=[Sale(id=1)]))
    session.commit()
    return session.get(Shop, 1)


def test_they_are_what_they_are_called(shop):
    assert isinstance(shop.sales, WriteOnlyCollection)
    assert isinstance(shop.queried, AppenderQuery)
    assert [sale.id for sale in shop.queried] == [1]
    assert str(shop.sales.select()) == (
        "SELECT sale.id, sale.shop_id \nFROM sale \nWHERE :param_1 = sale.shop_id"
    )


def test_members_that_would_have_to_be_loaded_are_an_error(session, shop):
    session.delete(shop)
    with pytest.raises(InvalidRequestError, match=r"Shop\.sales is write-only.*") as caught:
        session.flush()
    assert "passive_deletes=True" in caught.value.hint


def test_eager_loading_is_refused(session, shop):
    with pytest.raises(InvalidRequestError, match=r"Shop\.sales is write_only"):
        session.scalars(select(Shop).options(selectinload(Shop.sales))).all()


@pytest.mark.parametrize("name", ["sales", "queried"])
def test_nothing_can_be_put_in_as_if_it_had_been_loaded(session, shop, name):
    with pytest.raises(NotImplementedError, match=rf"Shop\.{name} is never loaded"):
        set_committed_value(shop, name, [Sale(id=2)])

    session.commit()
    assert session.scalars(select(Sale.id)).all() == [1]


def test_what_was_put_in_survives_pickle(session):
    shop = Shop(id=5, sales=[Sale(id=9)])
    twin = pickle.loads(pickle.dumps(shop))
    assert [sale.id for sale in twin.sales.known] == [9]
    assert twin.sales.instance is twin


def test_one_row_can_not_be_a_collection():
    class Own(DeclarativeBase):
        pass

    class One(Own):
        __tablename__ = "one"
        id: Mapped[int] = mapped_column(primary_key=True)
        two_id: Mapped[int] = mapped_column(ForeignKey("two.id"))
        two: Mapped["Two"] = relationship(lazy="dynamic")

    class Two(Own):
        __tablename__ = "two"
        id: Mapped[int] = mapped_column(primary_key=True)

    with pytest.raises(MappingError, match=r"One\.two: lazy='dynamic' is for collections"):
        One()


def test_a_query_needs_a_session(session, shop):
    session.expunge(shop)
    with pytest.raises(InvalidRequestError, match="belongs to no session"):
        shop.queried.all()
    by_name = shop.queried.filter_by
    with pytest.raises(InvalidRequestError, match="belongs to no session"):
        by_name(id=1)
    assert not hasattr(shop.queried, "keys")
    assert DynamicMapped.lazy == "dynamic"

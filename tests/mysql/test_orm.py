"""The Session on a running MariaDB, and on one that returns nothing, as MySQL does."""

from dataclasses import replace

import pytest

from dovetail import (
    Column,
    ForeignKey,
    Integer,
    MetaData,
    Sequence,
    String,
    Table,
    event,
    exc,
    func,
    insert,
    select,
    text,
    update,
)
from dovetail.dialects import mysql
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)
    level: Mapped[int] = mapped_column(server_default=text("7"))
    posts: Mapped[list["Post"]] = relationship(
        back_populates="user", cascade="all, delete-orphan", order_by="Post.id"
    )


class Post(Base):
    __tablename__ = "post"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(50))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    user: Mapped[User] = relationship(back_populates="posts")


@pytest.fixture(params=["returning", "lastrowid"])
def database(engine, request):
    Base.metadata.create_all(engine)
    if request.param == "lastrowid":
        engine.dialect.features = replace(
            engine.dialect.features,
            supports_insert_returning=False,
            supports_delete_returning=False,
        )
    return engine


@pytest.fixture
def statements(database):
    sent = []
    event.listen(database, "before_cursor_execute", lambda *a: sent.append(a[2]))
    return sent


def test_many_new_rows_get_their_own_keys(database, statements):
    users = [
        User(name=f"user {n}", posts=[Post(title=f"{n}.{m}") for m in (0, 1)]) for n in range(300)
    ]
    with Session(database) as session:
        session.add_all(users)
        session.commit()
        inserts = [sql for sql in statements if sql.startswith("INSERT")]
        assert len({user.id for user in users}) == 300

        found = session.execute(select(User.id, User.name)).all()
        assert {(row.id, row.name) for row in found} == {(u.id, u.name) for u in users}
        owned = session.execute(select(Post.title, User.name).join(Post.user)).all()
        assert all(name == f"user {title.partition('.')[0]}" for title, name in owned)
    if database.dialect.features.supports_insert_returning:
        assert len(inserts) < 20
    else:
        assert len(inserts) == 900


def test_what_the_server_made_is_there(database):
    with Session(database) as session:
        user = User(name="ada")
        session.add(user)
        session.flush()
        assert user.id is not None
        assert user.level == 7


class Coded(Base):
    __tablename__ = "coded"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), default=func.concat("a", "b"))


def test_what_an_expression_gave_is_there(database):
    made = [Coded() for _ in range(3)]
    with Session(database) as session:
        session.add_all(made)
        session.flush()
        assert [one.code for one in made] == ["ab"] * 3
        assert len({one.id for one in made}) == 3


def test_loading_changing_and_deleting(database):
    with Session(database) as session:
        session.add_all([User(name=f"u{n}", posts=[Post(title="t")]) for n in range(20)])
        session.commit()
    with Session(database) as session:
        users = session.scalars(select(User).options(selectinload(User.posts))).all()
        assert all(len(user.posts) == 1 for user in users)
    with Session(database) as session:
        users = session.scalars(select(User).order_by(User.id)).all()
        assert sum(len(user.posts) for user in users) == 20
        users[0].name = "changed"
        users[1].name = users[1].name
        session.delete(users[2])
        users[3].posts.clear()
        session.commit()
        assert session.scalar(select(func.count()).select_from(Post)) == 18
        assert session.get(User, users[0].id).name == "changed"


def test_savepoints_of_a_session(database):
    with Session(database) as session:
        session.add(User(name="kept"))
        session.flush()
        with pytest.raises(exc.UniqueViolation), session.begin_nested():
            session.add(User(name="kept"))
            session.flush()
        session.add(User(name="more"))
        session.commit()
        assert session.scalars(select(User.name).order_by(User.id)).all() == ["kept", "more"]


def test_statements_over_many_rows_bring_instances_along(database):
    with Session(database) as session:
        session.add_all([User(name=f"u{n}") for n in range(3)])
        session.commit()
        users = session.scalars(select(User).order_by(User.id)).all()
        result = session.execute(
            update(User).where(User.name != "u0").values(level=User.level + 1),
            execution_options={"synchronize_session": "fetch"},
        )
        assert result.rowcount == 2
        assert [user.level for user in users] == [7, 8, 8]
        session.execute(
            User.__table__.delete().where(User.__table__.c.name == "u1"),
        )
        session.commit()
        assert session.scalar(select(func.count()).select_from(User)) == 2


def test_core_inserts_tell_their_keys(database):
    table = User.__table__
    with database.begin() as connection:
        one = connection.execute(insert(table).values(name="a"))
        many = connection.execute(insert(table), [{"name": "b"}, {"name": "c"}])
        assert one.inserted_primary_key == (1,)
        assert many.rowcount == 2


def test_upserts(database):
    table = User.__table__
    with database.begin() as connection:
        connection.execute(insert(table).values(id=1, name="a"))
        statement = mysql.insert(table).values(id=1, name="b", level=3)
        connection.execute(statement.on_duplicate_key_update(level=statement.inserted.level + 1))
        row = connection.execute(select(table)).one()
        assert (row.id, row.name, row.level) == (1, "a", 4)
        connection.execute(
            insert(table).on_conflict(table.c.id, update=["name"]),
            [{"id": 1, "name": "c"}, {"id": 2, "name": "d"}],
        )
        connection.execute(mysql.insert(table).values(id=1, name="x").on_conflict_do_nothing())
        rows = connection.execute(select(table.c.id, table.c.name).order_by(table.c.id)).all()
        assert rows == [(1, "c"), (2, "d")]


def test_returning_of_many_rows_is_in_order(engine):
    Base.metadata.create_all(engine)
    table = User.__table__
    with engine.begin() as connection:
        found = connection.execute(
            insert(table).returning(table.c.id, table.c.name, sort_by_parameter_order=True),
            [{"name": f"u{n}"} for n in range(500)],
        ).all()
        gone = connection.execute(
            table.delete().where(table.c.id < 3).returning(table.c.name)
        ).all()
    assert [row.name for row in found] == [f"u{n}" for n in range(500)]
    assert {row.name for row in gone} == {"u0", "u1"}


def test_a_sequence_gives_keys(engine):
    metadata = MetaData()
    table = Table(
        "numbered",
        metadata,
        Column("id", Integer, Sequence("numbers", start=100), primary_key=True),
        Column("x", Integer),
    )
    with engine.connect():
        pass
    metadata.create_all(engine)
    with engine.begin() as connection:
        keys = [
            connection.execute(insert(table).values(x=n)).inserted_primary_key[0] for n in (1, 2)
        ]
    assert keys == [100, 101]
    metadata.drop_all(engine)


class Numbered(Base):
    __tablename__ = "numbered_by_sequence"
    id: Mapped[int] = mapped_column(Sequence("own_numbers", start=50), primary_key=True)
    name: Mapped[str] = mapped_column(String(20))


def test_a_sequence_gives_keys_to_instances(engine):
    with engine.connect():
        pass
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        made = [Numbered(name=f"n{n}") for n in range(3)]
        session.add_all(made)
        session.commit()
        found = session.execute(select(Numbered.id, Numbered.name).order_by(Numbered.id)).all()
    assert found == [(50, "n0"), (51, "n1"), (52, "n2")]

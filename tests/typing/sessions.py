"""What a program of sessions and statements is, to type checkers.

Read by them alone: see ``test_programs_of_users.py``.  A line that ends with ``# more precise``
says more than the same line does with SQLAlchemy.
"""

from collections.abc import Sequence
from typing import assert_type

from dovetail import (
    BindParameter,
    ColumnElement,
    ForeignKey,
    Integer,
    Label,
    Result,
    Row,
    ScalarResult,
    Select,
    String,
    TableValuedAlias,
    bindparam,
    column,
    create_engine,
    delete,
    func,
    insert,
    literal_column,
    select,
    text,
    union_all,
    update,
)
from dovetail.engine import Connection
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Query,
    Session,
    aliased,
    defer,
    lazyload,
    mapped_column,
    raiseload,
    relationship,
    scoped_session,
    selectinload,
    sessionmaker,
    undefer,
)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30))
    nick: Mapped[str | None]
    score: Mapped[float]
    posts: Mapped[list["Post"]] = relationship(back_populates="user")


class Post(Base):
    __tablename__ = "post"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    user: Mapped[User] = relationship(back_populates="posts")


engine = create_engine("sqlite://")


def instances(session: Session) -> None:
    assert_type(User(name="Ada"), User)
    assert_type(session.get(User, 1), User | None)
    user = session.get_one(User, 1)
    assert_type(user, User)
    assert_type(user.id, int)
    assert_type(user.nick, str | None)
    assert_type(user.posts, list[Post])
    assert_type(user.posts[0].user.posts[0].title, str)
    assert_type(session.merge(user), User)
    assert_type(session.is_modified(user), bool)
    assert_type(user in session, bool)
    user.posts.append(Post(title="first"))


def values(session: Session) -> None:
    assert_type(select(User), Select[User])
    assert_type(session.scalars(select(User)), ScalarResult[User])
    assert_type(session.scalars(select(User)).all(), Sequence[User])
    assert_type(session.scalars(select(User)).first(), User | None)
    assert_type(session.scalars(select(User)).one(), User)
    assert_type(session.scalars(select(User)).one_or_none(), User | None)
    assert_type(session.scalars(select(User.name)).unique().all(), Sequence[str])
    assert_type(session.scalar(select(func.count(User.id))), int | None)  # more precise
    assert_type(session.scalar(select(func.max(User.score))), float | None)  # more precise
    assert_type(session.scalar(select(User.name)), str | None)  # more precise
    for user in session.scalars(select(User).where(User.name == "Ada").order_by(User.id)):
        assert_type(user, User)


def rows(session: Session) -> None:
    statement = select(User.id, User.name)
    assert_type(statement, Select[int, str])
    assert_type(session.execute(statement), Result[int, str])
    assert_type(session.execute(statement).all(), Sequence[Row[int, str]])
    assert_type(session.execute(statement).first(), Row[int, str] | None)
    assert_type(session.execute(statement).one(), Row[int, str])
    assert_type(session.execute(statement).scalar(), int | None)  # more precise
    assert_type(session.execute(statement).scalar_one(), int)
    assert_type(session.execute(statement).scalars().all(), Sequence[int])
    assert_type(session.execute(statement).tuples().all(), Sequence[tuple[int, str]])
    for number, name in session.execute(statement):
        assert_type(number, int)
        assert_type(name, str)
    for user, count in session.execute(select(User, func.count(Post.id)).join(User.posts)):
        assert_type(user, User)
        assert_type(count, int)
    computed = select(User.id + 1, User.score * 2, User.name + "!", -User.id)
    assert_type(session.execute(computed).one(), Row[int, float, str, int])
    found = select(User.id, User.name).subquery()
    assert_type(found.c.name == "Ada", ColumnElement[bool])
    assert_type(found.c["id"] > 3, ColumnElement[bool])
    assert_type(User.__table__.c.id == 1, ColumnElement[bool])
    told = select(func.aggregate_strings(User.name, ", "), func.user(), func.pow(User.score, 2))
    assert_type(session.execute(told).one(), Row[str, str, float])  # more precise
    wanted = bindparam("wanted")  # more precise
    assert_type(User.name == wanted, ColumnElement[bool])
    assert_type(bindparam("number", type_=Integer), BindParameter[int])
    assert_type(bindparam("number", 5, Integer), BindParameter[int])
    stars = literal_column("repeat('*', 3)")  # more precise
    assert_type(stars == column("stars", String), ColumnElement[bool])
    named = select(User.name.label("called"), User.id.cast(String), func.count().label("n"))
    assert_type(session.execute(named).one(), Row[str, str, int])  # more precise
    assert_type(User.id.label("number"), Label[int])
    assert_type(func.json_each(User.name).table_valued("key"), TableValuedAlias)
    assert_type(select(User).params(name="Ada"), Select[User])
    both = union_all(select(User.id, User.name), select(Post.id, Post.title))
    assert_type(session.execute(both).all(), Sequence[Row[int, str]])


def queries(session: Session) -> None:
    assert_type(session.query(User), Query[User])
    assert_type(session.query(User).all(), list[User])
    assert_type(session.query(User).first(), User | None)
    assert_type(session.query(User).filter(User.id == 1).order_by(User.name).one(), User)
    assert_type(session.query(User).filter_by(id=1).one_or_none(), User | None)
    assert_type(session.query(User.id, User.name).all(), list[Row[int, str]])
    assert_type(session.query(User, Post).join(Post).all(), list[Row[User, Post]])
    assert_type(session.query(func.count(User.id)).scalar(), int | None)  # more precise
    assert_type(session.query(User).count(), int)
    for user in session.query(User):
        assert_type(user, User)


def changes(session: Session) -> None:
    assert_type(session.scalars(insert(User).returning(User)).one(), User)
    assert_type(session.scalars(update(User).returning(User.id)).all(), Sequence[int])
    removed = delete(User).where(User.id == 5).returning(User.id, User.name)
    assert_type(session.execute(removed).all(), Sequence[Row[int, str]])
    assert_type(session.execute(update(User).values(name="x")).rowcount, int)  # more precise
    written = session.execute(text("UPDATE post SET title = 'x'"))
    assert_type(written.rowcount, int)  # more precise


def aliases(session: Session) -> None:
    author = aliased(User)
    assert_type(author, type[User])
    assert_type(session.scalars(select(author)).all(), Sequence[User])
    assert_type(session.execute(select(author.name, User.id)).all(), Sequence[Row[str, int]])


def loader_options() -> None:
    other = aliased(User)
    select(User).options(
        selectinload(User.posts).joinedload(Post.user).load_only(User.name),
        raiseload("*"),
        defer(User.score),
        lazyload(User.posts.and_(Post.title != "")),
    )
    select(other).options(selectinload(other.posts), undefer(other.score))


def factories() -> None:
    maker = sessionmaker(engine, expire_on_commit=False)
    assert_type(maker, sessionmaker[Session])
    with maker() as session:
        assert_type(session, Session)
    with maker.begin() as session:
        assert_type(session, Session)
        assert_type(session.connection(), Connection)

    class Own(Session):
        def greet(self) -> str:
            return "hello"

    with sessionmaker(engine, class_=Own).begin() as own:
        assert_type(own.greet(), str)
    scoped = scoped_session(maker)
    assert_type(scoped(), Session)
    assert_type(scoped.get(User, 1), User | None)
    assert_type(scoped.scalars(select(User)).all(), Sequence[User])


def connections() -> None:
    with engine.begin() as connection:
        assert_type(connection, Connection)
        assert_type(connection.execute(select(User.id, User.name)).all(), Sequence[Row[int, str]])
        assert_type(connection.scalar(select(User.id)), int | None)  # more precise
        assert_type(connection.scalars(select(User.name)).all(), Sequence[str])

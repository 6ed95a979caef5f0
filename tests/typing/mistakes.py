"""Mistakes that both type checkers find: each line with ``# error`` is one."""

from dovetail import create_engine, select
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    MappedAsDataclass,
    Session,
    mapped_column,
    relationship,
    selectinload,
    sessionmaker,
)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    posts: Mapped[list["Post"]] = relationship()


class Post(Base):
    __tablename__ = "post"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]


class Plain(MappedAsDataclass, Base):
    __tablename__ = "plain"

    id: Mapped[int] = mapped_column(init=False, primary_key=True)
    name: Mapped[str]


def mistakes(session: Session, user: User) -> None:
    user.name = 5  # error
    user.nmae = "Ada"  # error
    user.posts.append(user)  # error
    user.posts = [user]  # error
    print(user.posts[0].name)  # error
    print(User.nmae)  # error
    Plain()  # error
    Plain(name=5)  # error
    Plain(name="x", id=3)  # error
    found = session.get(User, 1)
    print(found.name)  # error
    for one in session.scalars(select(User)):
        print(one.title)  # error
    number, name, more = session.execute(select(User.id, User.name)).one()  # error
    length: str = session.execute(select(User.id)).scalar_one()  # error
    select(User).where("name")  # error
    select(User).where(User.id == 1).order_by(5)  # error
    select(User).join("posts")  # error
    select(User).options(selectinload(User))  # error
    sessionmaker(create_engine("sqlite://"), expire_on_comit=False)  # error
    session.get(User, 1, populate_existin=True)  # error
    session.scalars(select(User), execution_option={})  # error
    session.execute("SELECT 1")  # error
    session.scalars("SELECT 1")  # error
    session.execute(select(User), ["Ada"])  # error
    session.get_bind("user_account")  # error
    with create_engine("sqlite://").connect() as connection:
        connection.execute("SELECT 1")  # error
        connection.execute(select(User), 1)  # error
    print(number, name, more, length)

"""An error that people meet says what is wrong and what to do: seen as they see it."""

import subprocess
import sys
import textwrap

import pytest

MODELS = """
from dovetail import ForeignKey, create_engine, select
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str | None] = mapped_column(unique=True)
    addresses: Mapped[list["Address"]] = relationship(back_populates="user")


class Address(Base):
    __tablename__ = "address"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    user: Mapped[User] = relationship(back_populates="addresses")


engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
session = Session(engine)
"""


def last_words(program):
    """The end of what a failing *program* prints: the error, without the way there."""
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert result.returncode != 0, "the program should have failed"
    lines = result.stderr.splitlines()
    start = max(
        (n for n, line in enumerate(lines) if line and not line.startswith((" ", "Traceback"))),
        default=0,
    )
    # The error's own line is the last that is not indented; its hint is indented below it.
    while start and not lines[start - 1].startswith((" ", "Traceback")) and lines[start - 1]:
        start -= 1
    return "\n".join(lines[start:])


@pytest.mark.parametrize(
    ("program", "parts"),
    [
        pytest.param(
            "from dovetail import create_engine; create_engine('nonsense')",
            ["ArgumentError", "nonsense", "hint:", "sqlite:///"],
            id="bad URL",
        ),
        pytest.param(
            "from dovetail import create_engine; create_engine('sqllite:///a.db')",
            ["NoSuchModuleError", "sqllite", "hint:", "sqlite"],
            id="misspelled dialect",
        ),
        pytest.param(
            "import sys; sys.modules['aiosqlite'] = None\n"
            "from dovetail.ext.asyncio import create_async_engine\n"
            "create_async_engine('sqlite+aiosqlite://')",
            ["aiosqlite", "hint:", "pip install"],
            id="missing driver",
        ),
        pytest.param(
            MODELS + "User.nmae",
            ["AttributeError", "nmae", "name"],
            id="misspelled attribute of a class",
        ),
        pytest.param(
            MODELS + "User(nmae='Ada')",
            ["TypeError", "User", "nmae", "name"],
            id="misspelled attribute of the constructor",
        ),
        pytest.param(
            MODELS + "session.add(object())",
            ["UnmappedInstanceError", "object", "hint:"],
            id="object of no mapped class",
        ),
        pytest.param(
            MODELS + "session.get(dict, 1)",
            ["dict", "hint:", "mapped"],
            id="unmapped class",
        ),
        pytest.param(
            MODELS
            + "session.add_all([User(name='Ada', email='a@x'), User(name='Bob', email='a@x')])\n"
            "session.commit()",
            ["UniqueViolation", "user_account.email", "hint:"],
            id="duplicate key",
        ),
        pytest.param(
            MODELS + "session.add(User(name='Ada')); session.commit(); "
            "user = session.scalars(select(User)).one(); session.close(); user.addresses",
            ["DetachedInstanceError", "User.addresses", "hint:", "selectinload(User.addresses)"],
            id="detached lazy load",
        ),
        pytest.param(
            MODELS + "session.add(User()); session.commit()",
            ["user_account.name", "hint:"],
            id="null in a required column",
        ),
        pytest.param(
            MODELS + "session.add(User(name='Ada', addresses=[User(name='Bob')]))\n"
            "session.commit()",
            ["Address", "User", "addresses"],
            id="wrong class in a relationship",
        ),
        pytest.param(
            MODELS + "session.scalars(select(User)).one()",
            ["NoResultFound", "hint:"],
            id="no row where one is required",
        ),
    ],
)
def test_an_error_says_what_to_do(program, parts):
    said = last_words(program)

    missing = [part for part in parts if part not in said]
    assert not missing, said

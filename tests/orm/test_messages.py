"""An error that people meet says what is wrong and what to do: seen as they see it."""

import os
import subprocess
import sys
import textwrap

import pytest

from dovetail import event
from dovetail.exc import DovetailError

MODELS = """
from dovetail import *
from dovetail.orm import *


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

BASE = """
from dovetail import *
from dovetail.orm import *


class Base(DeclarativeBase):
    pass
"""

PARENT = """
class Parent(Base):
    __tablename__ = "parent"
    id: Mapped[int] = mapped_column(primary_key=True)
    children: Mapped[list["{target}"]] = relationship({options})
"""

CHILD = """
class Child(Base):
    __tablename__ = "child"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int]{key}
    second_id: Mapped[int]{second}
    parent: Mapped[Parent] = relationship()

Parent()
"""

TO_PARENT = ' = mapped_column(ForeignKey("parent.id"))'


def family(target="Child", options="", key=TO_PARENT, second=""):
    return (
        BASE + PARENT.format(target=target, options=options) + CHILD.format(key=key, second=second)
    )


def one_class(body, base="Base"):
    return BASE + f"class Thing({base}):\n" + textwrap.indent(textwrap.dedent(body), "    ")


PRINTED = [
    pytest.param(
        "from dovetail import create_engine; create_engine('nonsense')",
        ["ArgumentError", "nonsense", "hint:", "sqlite:///"],
        id="bad URL",
    ),
    pytest.param(
        "import sys; sys.modules['aiosqlite'] = None\n"
        "from dovetail.ext.asyncio import create_async_engine\n"
        "create_async_engine('sqlite+aiosqlite://')",
        ["aiosqlite", "hint:", "pip install"],
        id="missing driver",
    ),
    pytest.param(
        MODELS + "select(User.nam)",
        ["AttributeError", "'nam'", "'name'"],
        id="misspelled attribute of a class",
    ),
    pytest.param(
        MODELS + "User(name='Ada').emial",
        ["AttributeError", "'emial'", "'email'"],
        id="misspelled attribute of an instance",
    ),
    pytest.param(
        MODELS + "session.get(dict, 1)",
        ["UnmappedClassError", "dict", "hint:", "DeclarativeBase"],
        id="unmapped class",
    ),
    pytest.param(
        MODELS + "session.add_all([User(name='Ada', email='a@x'), User(name='Bob', email='a@x')])\n"
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
        ["NotNullViolation", "user_account.name", "hint:"],
        id="null in a required column",
    ),
]

RAISED = [
    pytest.param(
        MODELS + "select(User).where(User)",
        ["ArgumentError", "conditions", "User.id == 5"],
        id="a class as a condition",
    ),
    pytest.param(
        MODELS + "select(User).order_by(User)",
        ["ArgumentError", "ORDER BY", "shop.User", "User.name"],
        id="sorted by a class",
    ),
    pytest.param(
        MODELS + "select(User.id).select_from(User.addresses)",
        ["ArgumentError", "User.addresses", "join(User.addresses)"],
        id="a relationship in FROM",
    ),
    pytest.param(
        MODELS + "User.addresses.user_id",
        ["AttributeError", "'user_id'", "join(User.addresses)"],
        id="an attribute of members, from the class",
    ),
    pytest.param(
        MODELS + "session.execute(select(User).join(User.addresses.and_(Address.id > 1))"
        ".join(User.addresses.and_(Address.id < 9)))",
        ["InvalidRequestError", "User.addresses", "twice", "aliased(Address)"],
        id="joined twice along a relationship",
    ),
    # Engines and their URLs.
    pytest.param(
        MODELS + "create_engine('sqllite:///a.db')",
        ["NoSuchModuleError", "sqllite", "sqlite"],
        id="misspelled dialect",
    ),
    pytest.param(MODELS + "create_engine(None)", ["ArgumentError", "setting"], id="no URL"),
    pytest.param(
        MODELS + "create_engine('sqlite://', ecko=True)",
        ["InvalidOption", "'ecko'", "'echo'"],
        id="misspelled option of an engine",
    ),
    pytest.param(
        MODELS + "create_engine('sqlite+aiosqlite://').connect()",
        ["MissingGreenlet", "awaits"],
        id="awaiting driver in blocking code",
        marks=pytest.mark.skipif(os.name == "nt", reason="needs aiosqlite"),
    ),
    pytest.param(
        MODELS + "create_engine('sqlite:////nowhere/a.db').connect()",
        ["OperationalError", "folder"],
        id="no folder",
    ),
    pytest.param(
        MODELS + "c = engine.connect(); c.close(); c.execute(select(1))",
        ["ResourceClosedError", "engine.connect()"],
        id="closed connection",
    ),
    pytest.param(
        MODELS + "engine.connect().execute('SELECT 1')",
        ["ObjectNotExecutableError", "text("],
        id="string to a connection",
    ),
    # Declarations.
    pytest.param(
        one_class("id: Mapped[int] = mapped_column(primary_key=True)"),
        ["InvalidRequestError", "Thing", "__tablename__"],
        id="no table name",
    ),
    pytest.param(
        one_class("__tablename__ = 'thing'\nid: Mapped[int]"),
        ["ArgumentError", "Thing", "primary_key=True"],
        id="no primary key",
    ),
    pytest.param(
        one_class("__tablename__ = 'thing'\nid: int = mapped_column(primary_key=True)"),
        ["MappedAnnotationError", "Thing.id", "Mapped[int]"],
        id="annotation without Mapped",
    ),
    pytest.param(
        one_class("__tablename__ = 'thing'\nid: Mapped[int] = mapped_column(primry_key=True)"),
        ["InvalidOption", "primry_key", "primary_key"],
        id="misspelled option of a column",
    ),
    pytest.param(
        one_class(
            "__tablename__ = 'thing'\nid: Mapped[int] = mapped_column(primary_key=True)\n"
            "metadata: Mapped[str]"
        ),
        ["DovetailWarning", "Thing.metadata", "metadata_"],
        id="reserved name",
    ),
    pytest.param(
        one_class(
            "__tablename__ = 'thing'\nid: Mapped[int] = mapped_column(primary_key=True)",
            base="DeclarativeBase",
        ),
        ["InvalidRequestError", "Thing", "class Base(DeclarativeBase)"],
        id="no base of one's own",
    ),
    pytest.param(
        one_class(
            "__tablename__ = 'thing'\nid: Mapped[int] = mapped_column(primary_key=True)\n"
            "v: Mapped[int] = mapped_column()\n__mapper_args__ = {'version_id_col': 'w'}"
        ),
        ["ArgumentError", "Thing", "version_id_col", "mapped_column(Integer"],
        id="version counter",
    ),
    pytest.param(
        one_class(
            "__tablename__ = 'thing'\nid: Mapped[int] = mapped_column(primary_key=True)\n"
            "parts: Mapped[list['Part']]"
        ),
        ["MappedAnnotationError", "Thing.parts", "relationship()"],
        id="forgotten relationship",
    ),
    pytest.param(
        one_class("__tablename__ = 'thing'\nid: Mapped[int] = mapped_column(foreign_key='a.id')"),
        ["InvalidOption", "ForeignKey('a.id')"],
        id="foreign key by name",
    ),
    pytest.param(
        MODELS + "Base.metadata.create_all('sqlite://')",
        ["ArgumentError", "create_all(engine)"],
        id="URL in the place of an engine, for tables",
    ),
    pytest.param(
        MODELS + "scoped_session(Session(engine))",
        ["ArgumentError", "sessionmaker(engine)"],
        id="session in the place of a factory",
    ),
    pytest.param(
        MODELS + "select(func.count)", ["ArgumentError", "call it"], id="function not called"
    ),
    pytest.param(
        MODELS + "Column('a', Integer, nulable=True)",
        ["InvalidOption", "'nulable'", "'nullable'"],
        id="misspelled option of a table's column",
    ),
    pytest.param(
        MODELS + "Table('t', Column('a', Integer))",
        ["ArgumentError", "MetaData"],
        id="table without metadata",
    ),
    pytest.param(
        MODELS + "Table('t', MetaData(), Column('u', ForeignKey('user'))).c.u.type\n"
        "list(Table('s', MetaData(), Column('u', ForeignKey('user'))).foreign_keys)[0].column",
        ["NoReferencedTableError", 'ForeignKey("user.id")'],
        id="foreign key without a column",
    ),
    # Relationships.
    pytest.param(
        family(key=""),
        ["MappingError", "foreign key", "ForeignKey"],
        id="forgotten foreign key",
    ),
    pytest.param(
        family(second=TO_PARENT),
        ["MappingError", "child.parent_id", "child.second_id", "foreign_keys="],
        id="two foreign keys",
    ),
    pytest.param(
        family(options="back_populates='parnt'"),
        ["MappingError", "Parent.children", "'parnt'", "Child"],
        id="misspelled back_populates",
    ),
    pytest.param(
        family(target="Chield"),
        ["MappingError", "'Chield'", "'Child'"],
        id="misspelled class",
    ),
    pytest.param(
        MODELS + "relationship(back_populate='x')",
        ["InvalidOption", "'back_populate'", "'back_populates'"],
        id="misspelled option of a relationship",
    ),
    pytest.param(
        MODELS + "relationship(cascade='all, delete-orphans')",
        ["ArgumentError", "'delete-orphans'", "delete-orphan"],
        id="misspelled cascade",
    ),
    pytest.param(
        MODELS + "Address(user=5)",
        ["ArgumentError", "Address.user", "User", "int"],
        id="wrong type in a reference",
    ),
    pytest.param(
        MODELS + "User(name='Ada', addresses=[User(name='Bob')])",
        ["ArgumentError", "User.addresses", "Address"],
        id="wrong class in a collection",
    ),
    pytest.param(
        MODELS + "User(name='Ada').addresses = None",
        ["TypeError", "User.addresses", "None", "list"],
        id="None for a collection",
    ),
    pytest.param(
        MODELS + "User(nmae='Ada')",
        ["TypeError", "User", "'nmae'", "'name'"],
        id="misspelled attribute of the constructor",
    ),
    # Sessions.
    pytest.param(
        MODELS + "Session(autoflsh=False)",
        ["InvalidOption", "'autoflsh'", "'autoflush'"],
        id="misspelled option of a session",
    ),
    pytest.param(
        MODELS + "Session('sqlite://')",
        ["ArgumentError", "create_engine"],
        id="URL in the place of an engine",
    ),
    pytest.param(
        MODELS + "Session().scalars(select(User)).all()",
        ["UnboundExecutionError", "Session(engine)"],
        id="no engine",
    ),
    pytest.param(
        MODELS + "session.add(object())",
        ["UnmappedInstanceError", "object"],
        id="object of no mapped class",
    ),
    pytest.param(
        MODELS + "session.add(User)", ["UnmappedInstanceError", "User(...)"], id="class added"
    ),
    pytest.param(
        MODELS + "session.merge(User)", ["UnmappedInstanceError", "User(...)"], id="class merged"
    ),
    pytest.param(
        MODELS + "session.add_all(User(name='Ada'))",
        ["ArgumentError", "add_all([instance])"],
        id="one instance to add_all",
    ),
    pytest.param(
        MODELS + "user = User(name='Ada'); session.add(user); Session(engine).add(user)",
        ["InvalidRequestError", "another session", "merge()"],
        id="two sessions",
    ),
    pytest.param(
        MODELS + "session.get(User, (1, 2))",
        ["InvalidRequestError", "1 column", "(id)", "2 values"],
        id="key of a wrong width",
    ),
    pytest.param(
        MODELS + "session.get(User, {'key': 1})",
        ["InvalidRequestError", "primary key of User is id", "'id'"],
        id="key of a wrong name",
    ),
    pytest.param(
        MODELS + "session.get('User', 1)", ["ArgumentError", "'User'", "mapped"], id="get by name"
    ),
    pytest.param(
        MODELS + "session.refresh(User(name='Ada'))",
        ["InvalidRequestError", "not persistent"],
        id="refresh of a new instance",
    ),
    pytest.param(
        MODELS + "session.expunge(User(name='Ada'))",
        ["InvalidRequestError", "not in this session"],
        id="expunge of a stranger",
    ),
    pytest.param(
        MODELS + "user = User(name='Ada'); session.add(user); session.commit()\n"
        "session.close(); user.name",
        ["DetachedInstanceError", "User.name", "expire_on_commit=False"],
        id="detached expired value",
    ),
    pytest.param(
        MODELS + "session.add(User())\n"
        "try:\n    session.flush()\nexcept Exception:\n    pass\n"
        "session.scalars(select(User))",
        ["PendingRollbackError", "NotNullViolation", "user_account.name", "session.rollback()"],
        id="after a failed flush",
    ),
    pytest.param(
        MODELS + "session.scalars(select(User)); session.begin()",
        ["InvalidRequestError", "in progress", "begin_nested()"],
        id="begun twice",
    ),
    pytest.param(
        MODELS + "n = session.begin_nested(); n.rollback(); n.commit()",
        ["ResourceClosedError", "ended", "begin_nested()"],
        id="ended savepoint",
    ),
    # Statements.
    pytest.param(MODELS + "select('name')", ["ArgumentError", "text('name')"], id="text selected"),
    pytest.param(MODELS + "select([User])", ["ArgumentError", "select(a, b)"], id="list selected"),
    pytest.param(
        MODELS + "select(User(name='Ada'))",
        ["ArgumentError", "class User"],
        id="instance selected",
    ),
    pytest.param(MODELS + "select(dict)", ["ArgumentError", "is dict mapped?"], id="plain class"),
    pytest.param(
        MODELS + "select(User).where(User.id == 1 and User.name == 'x')",
        ["TypeError", "and_()"],
        id="Python's and",
    ),
    pytest.param(
        MODELS + "select(User).where(User.id == 1 or User.name == 'x')",
        ["TypeError", "or_()"],
        id="Python's or",
    ),
    pytest.param(
        MODELS + "select(User).where(not User.id > 5)", ["TypeError", "not_()"], id="Python's not"
    ),
    pytest.param(
        MODELS + "select(User).where(User.id in [1, 2])", ["TypeError", ".in_("], id="Python's in"
    ),
    pytest.param(
        MODELS + "select(User).where(1 < User.id < 5)", ["TypeError", "between"], id="a < b < c"
    ),
    pytest.param(
        MODELS + "select(User).where('name = 1')", ["ArgumentError", "text("], id="text in where"
    ),
    pytest.param(MODELS + "select(User).where(5)", ["ArgumentError", "== 5"], id="number in where"),
    pytest.param(
        MODELS + "select(User).where(User.id.in_(5))", ["ArgumentError", "in_([5])"], id="in_(5)"
    ),
    pytest.param(
        MODELS + "select(Address).where(Address.user == 5)",
        ["ArgumentError", "Address.user", "column"],
        id="relationship compared with a key",
    ),
    pytest.param(
        MODELS + "select(User).filter_by(nmae='x')",
        ["InvalidRequestError", "'nmae'", "User", "'name'"],
        id="misspelled filter_by",
    ),
    pytest.param(
        MODELS + "session.scalars(select(User).order_by('nam'))",
        ["CompileError", "'nam'", "'name'"],
        id="misspelled order_by",
    ),
    pytest.param(
        MODELS + "session.scalars(select(User).order_by(User.addresses))",
        ["ArgumentError", "User.addresses", "join"],
        id="ordered by a relationship",
    ),
    pytest.param(
        MODELS + "select(User).join('addresses')",
        ["ArgumentError", "'addresses'", "join(User.addresses)"],
        id="join by name",
    ),
    pytest.param(
        MODELS + "joinedload('addresses')",
        ["ArgumentError", "joinedload(User.addresses)"],
        id="option by name",
    ),
    pytest.param(
        MODELS + "joinedload(User.name)",
        ["ArgumentError", "User.name", "load_only(User.name)"],
        id="option for a column",
    ),
    pytest.param(
        MODELS + "select(User).options(User.addresses)",
        ["InvalidRequestError", "selectinload(User.addresses)"],
        id="no option",
    ),
    pytest.param(
        MODELS + "session.scalars(select(User).options(joinedload(Address.user)))",
        ["ArgumentError", "Address", "User"],
        id="option of another class",
    ),
    pytest.param(
        MODELS + "session.execute(insert(User).values(nmae='x'))",
        ["CompileError", "'nmae'", "'name'"],
        id="misspelled column in values",
    ),
    pytest.param(
        MODELS + "session.execute(text('SELECT :a'))",
        ["MissingParameterError", "'a'", "execute(statement, {'a': value})"],
        id="missing parameter",
    ),
    pytest.param(
        MODELS + "session.execute(text('SELECT * FROM nowhere'))",
        ["OperationalError", "nowhere", "create_all"],
        id="missing table",
    ),
    pytest.param(
        MODELS + "session.execute(text('SELECT street FROM address'))",
        ["OperationalError", "street", "create_all"],
        id="missing column",
    ),
    pytest.param(
        MODELS + "session.add(User(name=object())); session.commit()",
        ["ProgrammingError", "object", "type that converts"],
        id="value that cannot be stored",
    ),
    pytest.param(
        MODELS + "session.scalars(select(User)).one()",
        ["NoResultFound", "one_or_none()"],
        id="no row where one is required",
    ),
    pytest.param(
        MODELS + "session.add(User(name='Ada')); session.execute(select(User.id)).one().name",
        ["AttributeError", "'name'", "id"],
        id="misspelled column of a row",
    ),
    pytest.param(MODELS + "inspect(object())", ["NoInspectionAvailable", "mapped"], id="inspect"),
    pytest.param(
        MODELS + "event.listen(engine, 'befor_execute', print)",
        ["InvalidRequestError", "'before_execute'"],
        id="misspelled event",
    ),
]


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


@pytest.mark.parametrize(("program", "parts"), PRINTED)
def test_an_error_is_printed_with_what_to_do(program, parts):
    said = last_words(program)

    missing = [part for part in parts if part not in said]
    assert not missing, said


@pytest.mark.parametrize(("program", "parts"), RAISED)
def test_an_error_says_what_to_do(program, parts):
    names = {"__name__": "shop"}

    with pytest.raises(Exception) as caught:
        run(program, names)

    if "session" in names:
        names["session"].close()
        names["engine"].dispose()
    error = caught.value
    said = f"{type(error).__name__}: {error}"
    missing = [part for part in parts if part not in said]
    assert not missing, said
    assert "hint: " in said or not isinstance(error, DovetailError), said


def run(program, names):
    names["event"] = event
    exec(compile(program, "<program>", "exec"), names)


def test_a_locked_database_says_how_to_wait(tmp_path):
    names = {"__name__": "shop"}
    run(MODELS, names)
    engine = names["create_engine"](
        f"sqlite:///{tmp_path / 'shop.db'}", connect_args={"timeout": 0.05}
    )
    names["Base"].metadata.create_all(engine)

    with names["Session"](engine) as first, names["Session"](engine) as second:
        first.add(names["User"](name="Ada"))
        first.flush()
        second.add(names["User"](name="Bob"))
        with pytest.raises(DovetailError) as caught:
            second.flush()

    engine.dispose()
    names["engine"].dispose()
    assert type(caught.value).__name__ == "LockTimeout"
    assert "timeout" in caught.value.hint


def test_mistakes_of_a_mapping_are_told_together():
    with pytest.raises(DovetailError) as caught:
        run(family(target="Chield", key=""), {"__name__": "shop"})

    assert len(caught.value.mistakes) == 2
    assert "hint: did you mean 'Child'?" in str(caught.value)

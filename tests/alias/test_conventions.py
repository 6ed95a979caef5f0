"""What programs written for the other package take for granted, with the alias on."""

import os
import pickle
from textwrap import dedent

import pytest

from tests.alias.program import run

MODEL = """
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, Session, registry

class Base(DeclarativeBase):
    pass

class User(Base):
    __tablename__ = "user_account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

engine = sa.create_engine("sqlite://")
Base.metadata.create_all(engine)
"""


def with_model(text):
    return run(MODEL + "\n".join(line[4:] for line in text.splitlines()))


def test_the_state_of_an_instance_is_in_its_dictionary():
    assert with_model(
        """
    import copy
    with Session(engine) as session:
        session.add_all([User(id=1, name="ada"), User(id=2, name="ben")])
        session.commit()
        ada = session.get(User, 1)
        assert ada.name == "ada"
        print("_sa_instance_state" in ada.__dict__, ada._sa_instance_state is sa.inspect(ada))
        print({key: value for key, value in vars(ada).items() if not key.startswith("_")})
        ada.name = "eve"
        session.commit()
        print(session.scalars(sa.select(User.name).order_by(User.id)).all())
        copied = copy.copy(ada)
        print(sa.inspect(copied).transient, sa.inspect(ada).persistent)
        """
    ) == ["True True", "{'id': 1, 'name': 'ada'}", "['eve', 'ben']", "True True"]


def test_primary_keys_expire_too_and_a_reference_reads_what_has_expired():
    pytest.importorskip("sqlalchemy")
    program = MODEL + dedent(
        """
        from sqlalchemy.orm import relationship

        class Address(Base):
            __tablename__ = "address"
            id: Mapped[int] = mapped_column(primary_key=True)
            user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
            user: Mapped[User] = relationship(backref="addresses")

        Base.metadata.create_all(engine)
        session = Session(engine)

        def held(instance):
            return sorted(key for key in vars(instance) if not key.startswith("_"))

        ada, home = User(id=1, name="ada"), Address(id=1, user_id=1)
        session.add_all([ada, home])
        session.commit()
        print(held(ada), ada.id, held(ada))
        session.commit()
        print(home.user is ada, held(ada), held(home))
        session.commit()
        session.add(Address(id=2, user=ada))
        ada.name = "eve"
        session.flush()
        print(session.execute(sa.select(Address.id, Address.user_id)).all(), held(ada))
        session.commit()
        ada.addresses.append(Address(id=3))
        session.commit()
        session.expire(ada, ["id"])
        print(held(ada), ada.id, [one.id for one in ada.addresses])
        session.commit()
        ada.id = 5
        session.rollback()
        print(held(ada), ada.id)
        session.commit()
        session.delete(home)
        session.commit()
        print(session.scalars(sa.select(Address.id)).all())
        session.commit()
        session.close()
        try:
            ada.id
        except sa.orm.exc.DetachedInstanceError:
            print("detached", sa.inspect(ada).identity)
        """
    )
    assert run(program) == run(program, alias=False)


def test_what_refers_to_a_key_follows_where_that_had_expired_before_it_changed():
    pytest.importorskip("sqlalchemy")
    program = MODEL + dedent(
        """
        from sqlalchemy.orm import relationship

        tags_of = sa.Table(
            "tags_of",
            Base.metadata,
            sa.Column("artist", sa.ForeignKey("artist.name"), primary_key=True),
            sa.Column("tag", sa.ForeignKey("tag.id"), primary_key=True),
        )

        class Tag(Base):
            __tablename__ = "tag"
            id: Mapped[int] = mapped_column(primary_key=True)

        class Record(Base):
            __tablename__ = "record"
            id: Mapped[int] = mapped_column(primary_key=True)
            artist: Mapped[str] = mapped_column(sa.ForeignKey("artist.name"))

        class Artist(Base):
            __tablename__ = "artist"
            name: Mapped[str] = mapped_column(primary_key=True)
            records: Mapped[list[Record]] = relationship(passive_updates=False)
            tags: Mapped[list[Tag]] = relationship(secondary=tags_of, passive_updates=False)

        Base.metadata.create_all(engine)
        session = Session(engine)
        artist = Artist(name="a", records=[Record(id=1)], tags=[Tag(id=1)])
        session.add(artist)
        session.commit()

        def rows():
            session.flush()
            for table in (Artist.__table__, Record.__table__, tags_of):
                print(session.connection().execute(sa.select(table)).all())

        artist.name = "b"
        rows()
        session.commit()
        session.expire(artist, ["name"])
        artist.name = "c"
        rows()
        session.rollback()
        artist.name = "d"
        session.commit()
        rows()
        print(artist.name, [one.id for one in artist.records], [one.id for one in artist.tags])
        """
    )
    assert run(program) == run(program, alias=False)


def test_an_awaiting_flush_knows_keys_that_have_expired():
    assert with_model(
        """
    import asyncio
    from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
    from sqlalchemy.orm import relationship

    class Address(Base):
        __tablename__ = "address"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
        user: Mapped[User] = relationship()

    async def main():
        engine = create_async_engine("sqlite+aiosqlite://")
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with AsyncSession(engine) as session:
            ada = User(id=1, name="ada")
            session.add(ada)
            await session.commit()
            session.add(Address(user=ada))
            await session.commit()
            print((await session.scalars(sa.select(Address.user_id))).all())
        await engine.dispose()

    asyncio.run(main())
        """
    ) == ["[1]"]


def test_familiar_attributes_of_mapped_classes():
    assert with_model(
        """
    print(User._sa_registry is Base.registry is Base._sa_registry)
    print(User._sa_class_manager.class_ is User, User._sa_class_manager.mapper is sa.inspect(User))
        """
    ) == ["True", "True True"]


def test_without_the_alias_the_dictionary_has_the_values_alone():
    from dovetail import inspect
    from dovetail.orm import DeclarativeBase, Mapped, mapped_column

    class Base(DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "user_account"
        id: Mapped[int] = mapped_column(primary_key=True)

    user = User(id=1)

    assert vars(user) == {"id": 1}
    assert user._sa_instance_state is inspect(user)
    assert User._sa_class_manager.mapper is inspect(User)
    assert User._sa_registry is Base.registry


def test_a_registry_that_a_class_names_in_the_other_spelling_is_its_registry():
    assert run(
        """
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry
        own = registry()
        class Base(DeclarativeBase):
            _sa_registry = own
        class User(Base):
            __tablename__ = "u"
            id: Mapped[int] = mapped_column(primary_key=True)
        print(User._sa_registry is own, User.metadata is own.metadata)
        """
    ) == ["True True"]


def test_a_column_beside_a_value_is_false_and_in_a_list_it_is_sought_by_identity():
    assert with_model(
        """
    t = User.__table__
    print("x" in [t.c.id, t.c.name], t.c.name in [t.c.id, t.c.name], t.c.name in [t.c.id])
    print(bool(t.c.id == 1), bool(t.c.id != 1), bool(User.id == 1))
    try:
        bool(t.c.id > 1)
    except TypeError:
        print("neither")
        """
    ) == ["False True False", "False True False", "neither"]


def test_loggers_are_configured_and_write_under_the_familiar_names():
    assert (
        with_model(
            """
    import logging, sys
    logging.basicConfig(format="%(levelname)s %(name)s %(message)s", stream=sys.stdout)
    logging.getLogger("sqlalchemy.engine").setLevel(logging.INFO)
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1 + 1"))
        """
        )[1]
        == "INFO sqlalchemy.engine.Engine SELECT 1 + 1"
    )


def test_the_levels_and_handlers_of_dovetails_loggers_hold_too():
    lines = with_model(
        """
    import logging, sys
    handler = logging.StreamHandler(sys.stdout)
    logging.getLogger("dovetail.engine").addHandler(handler)
    logging.getLogger("dovetail.engine").setLevel(logging.INFO)
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1 + 1"))
        """
    )

    assert lines[:2] == ["BEGIN (implicit)", "SELECT 1 + 1"]


def test_a_configuration_file_that_disables_other_loggers_leaves_the_engines(tmp_path):
    ini = tmp_path / "logging.ini"
    ini.write_text(
        "[loggers]\nkeys = root,sqlalchemy\n[handlers]\nkeys = console\n"
        "[formatters]\nkeys = short\n"
        "[logger_root]\nlevel = WARNING\nhandlers = console\n"
        "[logger_sqlalchemy]\nlevel = INFO\nhandlers =\nqualname = sqlalchemy.engine\n"
        "[handler_console]\nclass = StreamHandler\nargs = (sys.stdout,)\nformatter = short\n"
        "[formatter_short]\nformat = %(name)s %(message)s\n"
    )

    lines = with_model(
        f"""
    import logging.config
    logging.config.fileConfig({str(ini)!r})
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1 + 1"))
        """
    )

    assert lines[1] == "sqlalchemy.engine.Engine SELECT 1 + 1"


def test_types_errors_and_warnings_say_that_they_come_from_the_other_package():
    assert run(
        """
        import sqlalchemy as sa
        from sqlalchemy.dialects.postgresql import JSONB
        print(sa.String.__module__, sa.TypeDecorator.__module__, JSONB.__module__)
        print(sa.exc.IntegrityError.__module__, sa.exc.SAWarning.__module__)
        print(str(JSONB()), str(sa.String(5)))
        """
    ) == [
        "sqlalchemy.sql.sqltypes sqlalchemy.sql.type_api sqlalchemy.dialects.postgresql.json",
        "sqlalchemy.exc sqlalchemy.exc",
        "JSONB VARCHAR(5)",
    ]


def test_pickles_are_read_with_the_alias_and_without_it(tmp_path):
    from dovetail import Column, Integer, MetaData, String, Table
    from dovetail.exc import IntegrityError

    without = tmp_path / "without"
    with_ = tmp_path / "with"
    table = Table("t", MetaData(), Column("id", Integer), Column("name", String(5)))
    error = IntegrityError("SELECT 1", {"a": 1}, ValueError("no"))
    without.write_bytes(pickle.dumps((String(7), table.metadata, error)))

    lines = run(
        f"""
        import pickle, copy, pathlib
        import sqlalchemy as sa
        path = pathlib.Path({str(without)!r})
        type_, metadata, error = pickle.loads(path.read_bytes())
        print(type_, metadata.tables["t"].c.name.type, type(error) is sa.exc.IntegrityError)
        print(copy.copy(type_).length, copy.deepcopy(type_).length)
        written = pickle.dumps((type_, metadata, error))
        print(b"sqlalchemy" in written.replace(b"as_sqlalchemy", b""))
        pathlib.Path({str(with_)!r}).write_bytes(written)
        """
    )
    type_, metadata, error = pickle.loads(with_.read_bytes())

    assert lines == ["VARCHAR(7) VARCHAR(5) True", "7 7", "False"]
    assert type(type_) is String
    assert type_.length == 7
    assert metadata.tables["t"].c.name.type.length == 5
    assert type(error) is IntegrityError
    assert error.statement == "SELECT 1"


def test_a_dialect_written_for_the_other_package_is_refused_with_the_reason(tmp_path):
    info = tmp_path / "sand-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sand\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[sqlalchemy.dialects]\nsand = sand:SandDialect\nstone = sand:StoneDialect\n"
    )
    (tmp_path / "sand.py").write_text(
        "class SandDialect:\n    pass\n"
        "from dovetail.dialects.sqlite.dialect import SqliteDialect\n"
        "class StoneDialect(SqliteDialect):\n    name = 'stone'\n"
    )

    lines = run(
        """
        import sqlalchemy as sa
        from dovetail.dialects.registry import dialect_class
        print(dialect_class("stone").name)
        try:
            sa.create_engine("sand://")
        except sa.exc.NoSuchModuleError as error:
            print(str(error).replace(chr(10), " "))
        """,
        environment={
            "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
        },
    )

    assert lines[0] == "stone"
    assert "sand:SandDialect is no" in lines[1]
    assert "written for another library" in lines[1]


def test_indexes_of_sqlite_with_expressions_are_passed_over_with_a_warning():
    assert run(
        """
        import warnings
        import sqlalchemy as sa

        engine = sa.create_engine("sqlite://")
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE t (a, b)")
            connection.exec_driver_sql("CREATE INDEX plain ON t (a)")
            connection.exec_driver_sql("CREATE INDEX lowered ON t (a, lower(b))")
            with warnings.catch_warnings(record=True) as seen:
                warnings.simplefilter("always")
                print([index["name"] for index in sa.inspect(connection).get_indexes("t")])
            print([str(one.message) for one in seen])
            print(issubclass(seen[0].category, sa.exc.SAWarning))
        """
    ) == [
        "['plain']",
        "['Skipped unsupported reflection of expression-based index lowered']",
        "True",
    ]


def test_a_parameter_that_no_column_is_for_is_left_out():
    assert with_model(
        """
    table = User.__table__
    with engine.begin() as connection:
        connection.execute(table.insert(), {"id": 1, "name": "ada", "age": 30})
        rows = [{"id": 2, "name": "b", "age": 1}, {"id": 3, "name": "c", "age": 2}]
        connection.execute(table.insert(), rows)
        connection.execute(table.update().where(table.c.id == 2), {"name": "ben", "age": 3})
        print(connection.execute(sa.select(table.c.id, table.c.name)).all())
        try:
            connection.execute(table.insert().values(id=4, age=3))
        except sa.exc.CompileError:
            print("refused")
        """
    ) == ["[(1, 'ada'), (2, 'ben'), (3, 'c')]", "refused"]


def test_a_text_that_names_no_member_is_compared_as_it_is():
    assert with_model(
        """
    import enum

    class Colour(enum.Enum):
        red = 1
        blue = 2

    class Paint(Base):
        __tablename__ = "paint"
        id: Mapped[int] = mapped_column(primary_key=True)
        colour: Mapped[Colour]
        checked: Mapped[Colour] = mapped_column(sa.Enum(Colour, validate_strings=True))

    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Paint(colour="red", checked=Colour.blue))
        session.commit()
        assert session.scalars(sa.select(Paint).where(Paint.colour == "green")).all() == []
        either = sa.select(Paint.id).where(Paint.colour.in_(["red", "x"]))
        assert session.scalars(either).all() == [1]
        try:
            session.scalars(sa.select(Paint).where(Paint.checked == "green")).all()
        except sa.exc.StatementError as error:
            assert "'green' is not among" in str(error)
        else:
            raise AssertionError("not refused")
        print("done")
    """
    ) == ["done"]


@pytest.mark.parametrize(("version", "driver"), [("2.0.57", "psycopg2"), ("2.1.9", "psycopg")])
def test_a_url_of_postgresql_has_the_usual_driver_of_the_version(version, driver):
    pytest.importorskip("psycopg2")
    pytest.importorskip("psycopg")
    assert run(
        """
        import sqlalchemy as sa
        from sqlalchemy.ext.asyncio import create_async_engine

        print(sa.create_engine("postgresql://ada@db/shop").driver)
        print(create_async_engine("postgresql+psycopg://ada@db/shop").driver)
        print(sa.create_engine("postgresql+psycopg://ada@db/shop").driver)
        """,
        environment={"DOVETAIL_AS_SQLALCHEMY_VERSION": version},
    ) == [driver, "psycopg", "psycopg"]

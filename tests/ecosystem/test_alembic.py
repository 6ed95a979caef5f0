"""Alembic on dovetail: migrations are written, applied, taken back, and found complete."""

import pytest

from tests.ecosystem.migrations import Project
from tests.servers import BACKENDS

pytest.importorskip("alembic")

EVERYWHERE = """
import enum
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import func, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )

class Grade(enum.Enum):
    fine = 1
    rough = 2

class Shelf(Base):
    __tablename__ = "shelf"
    __table_args__ = (
        sa.CheckConstraint("height > 0", name="height"),
        {"comment": "where things lie"},
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(sa.String(40), unique=True, comment="as on the wall")
    height: Mapped[int] = mapped_column(server_default="7")
    grade: Mapped[Grade] = mapped_column(sa.Enum(Grade, name="grade"), server_default="fine")
    side: Mapped[str] = mapped_column(
        sa.Enum("left", "right", name="side", native_enum=False, create_constraint=True)
    )

class Thing(Base):
    __tablename__ = "thing"
    __table_args__ = (
        sa.UniqueConstraint("shelf_id", "title", name="uq_place"),
        sa.Index("ix_price_title", "price", "title"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int] = mapped_column(sa.ForeignKey("shelf.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(sa.String(100))
    price: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 2))
    doubled: Mapped[Decimal | None] = mapped_column(
        sa.Numeric(10, 2), sa.Computed("price * 2", persisted=True)
    )
    details: Mapped[dict | None] = mapped_column(sa.JSON)
    content: Mapped[bytes | None]
    big: Mapped[int | None] = mapped_column(sa.BigInteger)
    weight: Mapped[float | None]
    number: Mapped[UUID | None]
    sold: Mapped[bool]
    words: Mapped[str | None] = mapped_column(sa.Text)
    day: Mapped[date | None]
    made: Mapped[datetime | None] = mapped_column(server_default=text("CURRENT_TIMESTAMP"))
"""

ON_SQLITE = """
sa.Index("ix_cheap", Thing.price, sqlite_where=Thing.price < 5)
"""

ON_POSTGRESQL = """
from sqlalchemy.dialects import postgresql

class Local(Base):
    __tablename__ = "local"
    __table_args__ = (
        sa.UniqueConstraint("x", "name", deferrable=True, initially="DEFERRED"),
        postgresql.ExcludeConstraint(("x", "="), ("name", "="), using="btree", name="apart"),
    )
    id: Mapped[int] = mapped_column(
        sa.Identity(always=True, start=10, increment=5), primary_key=True
    )
    x: Mapped[int]
    name: Mapped[str]
    tags: Mapped[list[str] | None] = mapped_column(postgresql.ARRAY(sa.String))
    document: Mapped[dict | None] = mapped_column(
        postgresql.JSONB, server_default=text("'{}'::jsonb")
    )
    address: Mapped[str | None] = mapped_column(postgresql.INET)
    span: Mapped[object | None] = mapped_column(postgresql.INT4RANGE)
    letter: Mapped[str | None] = mapped_column(postgresql.ENUM("x", "y", name="letter"))
    grades: Mapped[list[Grade] | None] = mapped_column(
        postgresql.ARRAY(sa.Enum(Grade, name="grade"))
    )

table = Local.__table__
sa.Index("ix_lower", func.lower(table.c.name))
sa.Index("ix_some", table.c.name, postgresql_where=table.c.x > 5)
sa.Index("ix_more", table.c.x, postgresql_include=["name"])
sa.Index("ix_inside", table.c.document, postgresql_using="gin")
sa.Index("ix_last", table.c.x.desc(), table.c.name)
"""

ON_MARIADB = """
from sqlalchemy.dialects import mysql

class Local(Base):
    __tablename__ = "local"
    __table_args__ = {"mysql_engine": "InnoDB", "mysql_default_charset": "utf8mb4"}
    id: Mapped[int] = mapped_column(mysql.BIGINT(unsigned=True), primary_key=True)
    small: Mapped[int] = mapped_column(mysql.TINYINT(2))
    words: Mapped[str] = mapped_column(mysql.MEDIUMTEXT)
    several: Mapped[set[str]] = mapped_column(mysql.SET("p", "q"))
    one: Mapped[str] = mapped_column(mysql.ENUM("p", "q"))
    exact: Mapped[datetime] = mapped_column(mysql.DATETIME(fsp=6))
"""

OWN = {"sqlite": ON_SQLITE, "postgresql": ON_POSTGRESQL, "mariadb": ON_MARIADB}
NOTHING = "No new upgrade operations detected."
SERVERS = [
    backend
    for backend in BACKENDS
    if str(backend) in ("sqlite+pysqlite", "postgresql+psycopg", "mariadb+pymysql")
]

pytestmark = pytest.mark.parametrize("backend", SERVERS, ids=str)


@pytest.fixture
def models(backend):
    return EVERYWHERE + OWN[backend.dialect]


REVISE = "revision --autogenerate -m"


def test_what_a_migration_makes_is_what_the_models_say(models, backend_url, tmp_path):
    project = Project(tmp_path, backend_url, models)

    _, _, checked, current, history = project.run(
        f"{REVISE} first", "upgrade head", "check", "current", "history"
    )

    assert NOTHING in checked
    assert "(head)" in current
    assert "first" in history


def test_a_migration_is_written_as_sqlalchemy_has_it_written(models, backend_url, tmp_path):
    pytest.importorskip("sqlalchemy")
    written = []
    for on_dovetail in (True, False):
        folder = tmp_path / str(on_dovetail)
        folder.mkdir()
        project = Project(folder, backend_url, models, on_dovetail=on_dovetail)
        project.run(f"{REVISE} first")
        written.append(_said(project.migration("first")))

    here, there = written
    assert here == there


def _said(migration):
    """The lines of *migration* in the order of the alphabet, the arguments of each likewise."""
    lines = [
        line.strip().rstrip(",")
        for line in migration.replace("(astext_type=sa.Text())", "()").splitlines()
        if line.strip().startswith(("op.", "sa.", "batch_op.", "mysql.", "postgresql."))
    ]
    return sorted(", ".join(sorted(line.replace(")", "").split(", "))) for line in lines)


def test_all_is_taken_back(models, backend_url, tmp_path):
    project = Project(tmp_path, backend_url, models)

    *_, current = project.run(f"{REVISE} first", "upgrade head", "downgrade base", "current")

    assert current.strip() == ""
    if "postgresql" not in backend_url:  # where the types stay, with SQLAlchemy too
        _, checked = project.run("upgrade head", "check")
        assert NOTHING in checked


def test_migrations_are_written_as_sql(models, backend_url, tmp_path):
    project = Project(tmp_path, backend_url, models)

    _, up, down, current = project.run(
        f"{REVISE} first", "upgrade head --sql", "downgrade head:base --sql", "current"
    )

    assert "CREATE TABLE thing" in up
    assert "INSERT INTO alembic_version" in up
    assert "DROP TABLE thing" in down
    assert current.strip() == ""
    if "postgresql" in backend_url:
        assert up.count("CREATE TYPE grade") == 1


def test_what_has_changed_is_found_and_applied(backend_url, tmp_path):
    # Alembic copies computed columns, which SQLite refuses.
    before = EVERYWHERE.replace('sa.Computed("price * 2", persisted=True)', "")
    after = (
        before.replace('sa.String(40), unique=True, comment="as on the wall"', "sa.String(60)")
        .replace('server_default="7"', 'server_default="9"')
        .replace("day: Mapped[date | None]", "day: Mapped[date]\n    note: Mapped[str | None]")
        .replace("note: Mapped[str | None]", "note: Mapped[str | None] = mapped_column(sa.Text)")
        .replace('sa.Index("ix_price_title", "price", "title"),', 'sa.Index("ix_day", "day"),')
        .replace('ondelete="CASCADE"', 'ondelete="SET NULL"')
        .replace("shelf_id: Mapped[int]", "shelf_id: Mapped[int | None]")
    )
    project = Project(tmp_path, backend_url, before)
    project.run(f"{REVISE} first", "upgrade head")

    project.write(after)
    said, _, _, checked, _, _, checked_again = project.run(
        "check",
        f"{REVISE} second",
        "upgrade head",
        "check",
        "downgrade -1",
        "upgrade head",
        "check",
    )

    assert "New upgrade operations detected" in said
    for part in ("note", "ix_day", "ix_price_title", "label", "height", "day"):
        assert part in project.migration("second")
    assert NOTHING in checked
    assert NOTHING in checked_again


def test_a_stamp_is_taken_for_what_was_done(models, backend_url, tmp_path):
    project = Project(tmp_path, backend_url, models)

    _, _, marked, _, cleared = project.run(
        f"{REVISE} first", "stamp head", "current", "stamp base", "current"
    )

    assert "(head)" in marked
    assert cleared.strip() == ""

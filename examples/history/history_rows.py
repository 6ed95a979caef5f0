"""What a row was before: each change copies the former row into a table beside it.

A flush that changes or deletes rows sends an ``INSERT ... SELECT`` for each thousand rows of a
class.  Versions are counted, and of two sessions that change the same version one wins: the other
one's row is no longer there to be copied, which is an error.

python -m examples.history.history_rows [database URL]
"""

import sys
from datetime import UTC, datetime
from typing import Any, ClassVar

from dovetail import (
    Column,
    DateTime,
    String,
    Table,
    create_engine,
    event,
    insert,
    literal,
    select,
    tuple_,
)
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column, object_session
from dovetail.orm.exc import StaleDataError


class Base(DeclarativeBase):
    """All tables of the example."""


class Versioned:
    """A class whose rows are kept as they were: ``Document.history`` is the table of them."""

    history: ClassVar[Table]
    __table__: ClassVar[Table]

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.history = Table(
            f"{cls.__table__.name}_history",
            cls.__table__.metadata,
            *[
                Column(column.name, column.type, primary_key=column.name in ("id", "version"))
                for column in cls.__table__.columns
            ],
            Column("ended", DateTime, nullable=False),
        )

    def versions(self) -> list[Any]:
        """The rows as they were, the oldest first."""
        session = object_session(self)
        assert session is not None, "only what is in a session has a history"
        earlier = select(self.history).where(self.history.c.id == self.id)
        return list(session.execute(earlier.order_by(self.history.c.version)))


class VersioningSession(Session):
    """A session that keeps what it changes and deletes."""


@event.listens_for(VersioningSession, "before_flush")
def keep_history(session: Session, flush_context: Any, instances: Any) -> None:
    """Copy the rows that are about to change, and count their versions."""
    ending: dict[type[Versioned], list[tuple[int, int]]] = {}
    for instance in session.deleted:
        if isinstance(instance, Versioned):
            ending.setdefault(type(instance), []).append((instance.id, instance.version))
    for instance in session.dirty:
        if isinstance(instance, Versioned) and session.is_modified(instance):
            ending.setdefault(type(instance), []).append((instance.id, instance.version))
            instance.version += 1
    for class_, rows in ending.items():
        for start in range(0, len(rows), 1000):
            copy_rows(session, class_, rows[start : start + 1000])


def copy_rows(session: Session, class_: type[Versioned], rows: list[tuple[int, int]]) -> None:
    """Copy *rows*, pairs of key and version, to the history: the database has them as they were."""
    table = class_.__table__
    now = datetime.now(UTC).replace(tzinfo=None)
    former = select(*table.columns, literal(now)).where(
        tuple_(table.c.id, table.c.version).in_(rows)
    )
    names = [column.name for column in class_.history.columns]
    copied = session.connection().execute(insert(class_.history).from_select(names, former))
    if copied.rowcount != len(rows):
        missing = len(rows) - copied.rowcount
        raise StaleDataError(f"{missing} of the {class_.__name__}s were changed by somebody else")


class Document(Versioned, Base):
    """A text that is edited."""

    __tablename__ = "document"

    title: Mapped[str] = mapped_column(String(50))
    body: Mapped[str] = mapped_column(String(200))


def main(url: str = "sqlite://") -> None:
    engine = create_engine(url)
    Base.metadata.create_all(engine)

    with VersioningSession(engine) as session:
        document = Document(title="Tea", body="Pour water.")
        session.add(document)
        session.commit()

        document.body = "Pour hot water."
        session.commit()
        document.title, document.body = "Tea, properly", "Pour boiling water, and wait."
        session.commit()

        print(f"now, version {document.version}: {document.title}: {document.body}")
        for row in document.versions():
            print(f"was, version {row.version}: {row.title}: {row.body}")

        session.delete(document)
        session.commit()
        kept = session.execute(select(Document.history.c.version).order_by("version")).all()
        print("kept after it was deleted:", [version for (version,) in kept])
    engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])

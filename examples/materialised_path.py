"""A tree in which each row knows its whole path: a materialised path.

What is above and what is below a category is one comparison of paths, without recursion; a
subtree moves by one UPDATE.  There is no foreign key: the path alone tells the place.

python -m examples.materialised_path [database URL]
"""

import re
import sys

from dovetail import ColumnElement, String, create_engine, func, literal, select, update
from dovetail.ext.hybrid import hybrid_property
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    foreign,
    mapped_column,
    object_session,
    relationship,
    remote,
    selectinload,
)

# Neither % nor _, which LIKE takes for wildcards; small letters, as some servers compare.
WORD = re.compile(r"[a-z0-9-]+")


class Base(DeclarativeBase):
    """All tables of the example."""


class Category(Base):
    """A category of a shop, found by its path: ``/music/records/``."""

    __tablename__ = "category"

    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(String(200), unique=True)
    title: Mapped[str] = mapped_column(String(50))

    # remote() marks the row that is looked for. Paths are compared and none is copied, so
    # there is nothing to write: both are for reading.
    descendants: Mapped[list["Category"]] = relationship(
        primaryjoin=lambda: remote(foreign(Category.path)).like(Category.path + "_%"),
        order_by=path,
        viewonly=True,
    )
    ancestors: Mapped[list["Category"]] = relationship(
        primaryjoin=lambda: Category.path.like(remote(foreign(Category.path)) + "_%"),
        order_by=func.length(path),
        viewonly=True,
    )

    def __init__(self, title: str, parent: "Category | None" = None) -> None:
        super().__init__(title=title, path=path_below(parent, title.lower().replace(" ", "-")))

    @property
    def word(self) -> str:
        """The last word of the path."""
        return self.path.rsplit("/", 2)[1]

    @hybrid_property
    def depth(self) -> int:
        """1 for what is at the top."""
        return self.path.count("/") - 1

    @depth.inplace.expression
    @classmethod
    def _depth_in_sql(cls) -> ColumnElement[int]:
        without = func.replace(cls.path, "/", "", type_=String)
        slashes: ColumnElement[int] = func.length(cls.path) - func.length(without)
        return slashes - 1

    def move_below(self, parent: "Category | None", word: str | None = None) -> None:
        """Move this category, with all that is below it, below *parent*, by one UPDATE."""
        former, new = self.path, path_below(parent, word or self.word)
        if new.startswith(former) and new != former:
            raise ValueError(f"{former} would be an ancestor of itself")
        session = object_session(self)
        assert session is not None, "only what is in a session can be moved"
        # The rest of each path stays as it is.
        moved = literal(new) + func.substr(Category.path, len(former) + 1)
        below = update(Category).where(Category.path.startswith(former)).values(path=moved)
        session.flush()
        session.execute(below, execution_options={"synchronize_session": False})
        # Paths, and what was loaded by them, are read again where they are touched.
        session.expire_all()


def path_below(parent: Category | None, word: str) -> str:
    """The path of *word* below *parent*."""
    if not WORD.fullmatch(word):
        raise ValueError(f"{word!r} is no word of a path: small letters, digits and hyphens")
    return f"{parent.path if parent else '/'}{word}/"


def stock(session: Session) -> None:
    """Categories to look at."""
    music, books = Category("Music"), Category("Books")
    records = Category("Records", music)
    session.add_all([music, books, records, Category("Jazz", records), Category("Rock", records)])
    session.add(Category("Sheet music", music))


def main(url: str = "sqlite://") -> None:
    engine = create_engine(url)
    Base.metadata.create_all(engine)

    with Session(engine) as session, session.begin():
        stock(session)

    with Session(engine) as session, session.begin():
        by_path = select(Category).order_by(Category.path)
        everything = session.scalars(by_path.options(selectinload(Category.ancestors))).all()
        for category in everything:
            trail = [above.title for above in category.ancestors]
            print(f"{category.path:22}", " > ".join([*trail, category.title]))

        at = {category.path: category for category in everything}
        at["/music/"].move_below(at["/books/"])
        print("\nmusic is below books:")
        for category in session.scalars(by_path):
            print(category.path)
        print(
            "\nat depth 3:",
            session.scalars(select(Category.title).where(Category.depth == 3)).all(),
        )
    engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])

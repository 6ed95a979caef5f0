"""``dovetail shell`` and ``dovetail dump``."""

LINES = """\
from shop import Base
Base.metadata.create_all(engine)
session.add(Author(name="ada"))
session.commit()
print(session.scalars(select(Author.name)).all(), func.count)
"""


def test_the_shell_has_a_session_and_the_mapped_classes(dovetail):
    done = dovetail("shell", "shop:Base", "sqlite:///shop.db", given=LINES)

    assert done.status == 0, done.told
    assert "Mapped: Author, Book, Novel, Tag" in done.told
    assert "['ada']" in done.out


def test_the_shell_commits_nothing_by_itself(dovetail):
    lines = LINES.replace("session.commit()", "session.flush()")
    dovetail("shell", "shop:Base", "sqlite:///shop.db", given=lines)

    done = dovetail(
        "shell", "shop:Base", "sqlite:///shop.db", given="print(session.query(Author).count())\n"
    )

    assert "0" in done.out


def test_dump_prints_the_functions_of_a_class(dovetail):
    done = dovetail("dump", "shop:Author")

    assert done.status == 0, done.told
    assert "def " in done.out

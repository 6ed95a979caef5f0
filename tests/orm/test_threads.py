"""Sessions in threads: one for each, on one database."""

import threading

import pytest

from dovetail import ForeignKey, create_engine, func, select
from dovetail.exc import OperationalError
from dovetail.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from tests.orm.library import Author, Base, Book


def together(*works):
    """Run all *works* at once; raise what one of them raised."""
    errors = []
    barrier = threading.Barrier(len(works))

    def run(work):
        try:
            barrier.wait()
            work()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_two_sessions_write_to_one_file(file_engine):
    Base.metadata.create_all(file_engine)

    def write(name):
        def work():
            for number in range(20):
                with Session(file_engine) as session, session.begin():
                    session.add(Author(name=f"{name} {number}", books=[Book(title=name)]))

        return work

    together(write("left"), write("right"))

    with Session(file_engine) as session:
        assert session.scalar(select(func.count()).select_from(Author)) == 40
        assert session.scalar(select(func.count()).select_from(Book)) == 40


def test_no_update_is_lost(file_engine):
    Base.metadata.create_all(file_engine)
    with Session(file_engine) as session, session.begin():
        session.add(Author(id=1, name="a", born=0))
    done = []

    def work():
        for _ in range(10):
            while True:
                try:
                    with Session(file_engine) as session, session.begin():
                        session.get(Author, 1).born += 1
                except OperationalError:
                    continue
                break
            done.append(1)

    together(work, work)

    with Session(file_engine) as session:
        assert session.get(Author, 1).born == len(done) == 20


@pytest.mark.parametrize("attempt", range(5))
def test_the_first_use_of_mappers_may_come_from_two_threads(attempt):
    class Own(DeclarativeBase):
        pass

    made = []
    for number in range(20):
        made.append(
            type(
                f"Parent{number}",
                (Own,),
                {
                    "__tablename__": f"parent{number}",
                    "__annotations__": {"id": Mapped[int]},
                    "id": mapped_column(primary_key=True),
                    "children": relationship(f"Child{number}", backref="parent"),
                },
            )
        )
        made.append(
            type(
                f"Child{number}",
                (Own,),
                {
                    "__tablename__": f"child{number}",
                    "__annotations__": {"id": Mapped[int], "parent_id": Mapped[int]},
                    "id": mapped_column(primary_key=True),
                    "parent_id": mapped_column(ForeignKey(f"parent{number}.id")),
                },
            )
        )
    instances = []

    def use():
        for parent, child in zip(made[::2], made[1::2], strict=True):
            one = parent(children=[child()])
            assert one.children[0].parent is one
            instances.append(one)

    together(use, use, use)

    engine = create_engine("sqlite://")
    Own.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(instances)
        session.commit()
        assert all(one.children[0].parent_id == one.id for one in instances)
    engine.dispose()


def test_two_threads_share_the_plans_of_an_engine(file_engine):
    Base.metadata.create_all(file_engine)
    with Session(file_engine) as session, session.begin():
        session.add_all(Author(name=f"a{n}", books=[Book(title="b")]) for n in range(50))

    def read():
        with Session(file_engine) as session:
            for number in range(1, 51):
                author = session.scalars(select(Author).where(Author.id == number)).one()
                assert author.name == f"a{number - 1}"
                assert len(author.books) == 1

    together(read, read)

"""sessionmaker and scoped_session."""

import threading

import pytest

from dovetail import create_engine, select
from dovetail.exc import InvalidRequestError
from dovetail.orm import Session, object_session, scoped_session, sessionmaker
from tests.orm.library import Author, Base


@pytest.fixture(autouse=True)
def tables(engine):
    Base.metadata.create_all(engine)


class TestSessionmaker:
    def test_it_makes_sessions_with_its_configuration(self, engine):
        Factory = sessionmaker(engine, expire_on_commit=False, autoflush=False)

        with Factory() as session:
            assert isinstance(session, Session)
            assert session.get_bind() is engine
            assert (session.expire_on_commit, session.autoflush) == (False, False)

    def test_arguments_of_the_call_win(self, engine):
        Factory = sessionmaker(engine, expire_on_commit=False)
        other = create_engine("sqlite://")

        with Factory(bind=other, expire_on_commit=True) as session:
            assert session.get_bind() is other
            assert session.expire_on_commit is True

    def test_info_is_merged(self, engine):
        Factory = sessionmaker(engine, info={"a": 1, "b": 2})

        one, two = Factory(info={"b": 3}), Factory()
        one.info["c"] = 4

        assert one.info == {"a": 1, "b": 3, "c": 4}
        assert two.info == {"a": 1, "b": 2}

    def test_configure_is_for_sessions_made_later(self, engine):
        Factory = sessionmaker()
        before = Factory()

        Factory.configure(bind=engine, autoflush=False)

        assert Factory().get_bind() is engine
        assert before.bind is None
        assert before.autoflush is True

    def test_begin_commits_and_closes(self, engine):
        Factory = sessionmaker(engine)
        author = Author(name="a")

        with Factory.begin() as session:
            session.add(author)

        assert object_session(author) is None
        with Factory() as session:
            assert session.scalars(select(Author.name)).all() == ["a"]

    def test_begin_rolls_back_at_an_error(self, engine):
        Factory = sessionmaker(engine)

        with pytest.raises(ZeroDivisionError), Factory.begin() as session:
            session.add(Author(name="a"))
            session.flush()
            _ = 1 / 0

        with Factory() as session:
            assert session.scalars(select(Author)).all() == []

    def test_a_class_of_ones_own_is_used(self, engine):
        class Own(Session):
            def count(self):
                return len(self.scalars(select(Author)).all())

        Factory = sessionmaker(engine, class_=Own)

        with Factory() as session:
            assert isinstance(session, Own)
            assert session.count() == 0

    def test_a_subclass_of_session_is_made_for_the_factory(self, engine):
        one, two = sessionmaker(engine), sessionmaker(engine)

        assert type(one()) is not type(two())
        assert one.kw["bind"] is engine


class TestScopedSession:
    @pytest.fixture
    def Scoped(self, engine):
        Scoped = scoped_session(sessionmaker(engine))
        yield Scoped
        Scoped.remove()

    def test_calling_gives_the_current_session(self, Scoped):
        assert Scoped() is Scoped()
        assert isinstance(Scoped(), Session)

    def test_it_does_what_the_session_does(self, Scoped):
        author = Author(name="a")
        Scoped.add(author)
        assert author in Scoped
        assert list(Scoped.new) == [author]
        Scoped.commit()

        assert Scoped.scalars(select(Author)).one() is author
        assert Scoped.get(Author, author.id) is author
        assert Scoped.query(Author).count() == 1
        assert list(Scoped) == [author]
        with Scoped.no_autoflush:
            assert Scoped.autoflush is False
        with Scoped.begin_nested():
            Scoped.delete(author)
        Scoped.rollback()
        assert Scoped.is_active

    def test_remove_closes_and_forgets(self, Scoped):
        first = Scoped()
        author = Author(name="a")
        Scoped.add(author)

        Scoped.remove()

        assert object_session(author) is None
        assert Scoped() is not first

    def test_arguments_are_for_a_new_session_only(self, Scoped):
        session = Scoped(autoflush=False)
        assert session.autoflush is False

        with pytest.raises(InvalidRequestError):
            Scoped(autoflush=True)

    def test_each_thread_has_its_own(self, Scoped):
        found = []

        def work():
            found.append(Scoped())
            Scoped.remove()

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

        assert found[0] is not Scoped()

    def test_a_scope_function_decides(self, engine):
        scope = ["one"]
        Scoped = scoped_session(sessionmaker(engine), scopefunc=lambda: scope[0])

        first = Scoped()
        scope[0] = "two"
        second = Scoped()
        scope[0] = "one"

        assert first is not second
        assert Scoped() is first
        assert Scoped.registry.has()

    def test_query_property_makes_queries_of_the_class(self, Scoped):
        class Person:
            query = Scoped.query_property()

        Author.query = Scoped.query_property()
        try:
            Scoped.add(Author(name="a"))
            assert Author.query.filter_by(name="a").one().name == "a"
        finally:
            type.__delattr__(Author, "query")

    def test_configure_comes_before_the_first_use(self, engine):
        Scoped = scoped_session(sessionmaker())
        Scoped.configure(bind=engine)

        assert Scoped().get_bind() is engine
        with pytest.warns(Warning, match="already"):
            Scoped.configure(autoflush=False)
        Scoped.remove()

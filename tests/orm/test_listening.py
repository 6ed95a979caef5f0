"""Who listens, to what, and what listeners of sessions and mappers may do."""

import pickle

import pytest

from dovetail import event, inspect, select, text, update
from dovetail.exc import (
    DovetailDeprecationWarning,
    DovetailWarning,
    FlushError,
    IntegrityError,
    InvalidRequestError,
    ORMExecuteError,
)
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Mapper,
    Session,
    SessionEvents,
    SessionExtension,
    UserDefinedOption,
    mapped_column,
    scoped_session,
    selectinload,
    sessionmaker,
)
from tests.orm.library import Author, Base, Book, Tag, fill


@pytest.fixture(autouse=True)
def tables(engine):
    Base.metadata.create_all(engine)


@pytest.fixture
def listen():
    """Listens for the length of a test."""
    listening = []

    def begin(target, name, function, **options):
        event.listen(target, name, function, **options)
        listening.append((target, name, function))
        return function

    yield begin
    for target, name, function in listening:
        if event.contains(target, name, function):
            event.remove(target, name, function)


# Targets ----------------------------------------------------------------------------------------


def test_a_class_a_factory_and_a_session_are_targets(engine, listen):
    heard = []
    factory = sessionmaker(engine)
    scoped = scoped_session(sessionmaker(engine))
    session = factory()
    for name, target in {"class": Session, "factory": factory, "scoped": scoped}.items():
        listen(target, "before_commit", lambda s, name=name: heard.append(name))
    listen(session, "before_commit", lambda s: heard.append("session"))

    session.commit()
    assert heard == ["class", "factory", "session"]
    heard.clear()
    scoped().commit()
    assert heard == ["class", "scoped"]
    heard.clear()
    Session(engine).commit()
    assert heard == ["class"]
    scoped.remove()


def test_an_unknown_event_is_named_with_what_is_near(engine):
    with pytest.raises(InvalidRequestError, match="did you mean 'before_flush'"):
        event.listen(Session, "before_flash", print)


def test_once_named_insert_and_remove(engine, listen):
    heard = []
    session = Session(engine)
    listen(session, "before_commit", lambda s: heard.append("first"))
    listen(session, "before_commit", lambda s: heard.append("inserted"), insert=True)
    listen(session, "before_commit", lambda **named: heard.append(sorted(named)), named=True)
    event.listen(session, "before_commit", lambda s: heard.append("once"), once=True)
    session.commit()
    assert heard == ["inserted", "first", ["session"], "once"]
    heard.clear()
    session.commit()
    assert heard == ["inserted", "first", ["session"]]


def test_a_listener_may_be_removed_while_it_is_called(engine):
    session = Session(engine)
    heard = []

    def listener(s):
        heard.append("called")
        event.remove(session, "before_commit", listener)

    event.listen(session, "before_commit", listener)
    event.listen(session, "before_commit", lambda s: heard.append("other"))
    session.commit()
    session.commit()
    assert heard == ["called", "other", "other"]


def test_a_base_class_is_listened_to_with_propagate(engine, session, listen):
    heard = []
    listen(Base, "before_insert", lambda m, c, target: heard.append(target), propagate=True)
    author, tag = Author(name="a"), Tag(name="t")
    session.add_all([author, tag])
    session.flush()
    assert heard == [author, tag]


def test_without_propagate_a_base_class_is_itself_alone(session, listen):
    heard = []
    listen(Base, "before_insert", lambda m, c, target: heard.append(target))
    session.add(Author(name="a"))
    session.flush()
    assert heard == []


def test_mapper_is_all_mappers(session, listen):
    heard = []
    listen(Mapper, "before_insert", lambda m, c, target: heard.append(target))
    listen(Mapper, "load", lambda target, context: heard.append(context.session))
    author = Author(name="a")
    session.add(author)
    session.flush()
    session.expunge_all()
    found = session.scalars(select(Author)).all()
    assert heard == [author, session]
    assert len(found) == 1


def test_classes_mapped_later_are_greeted(listen):
    heard = []

    class OwnBase(DeclarativeBase):
        pass

    listen(OwnBase, "instrument_class", lambda m, c: heard.append(c.__name__), propagate=True)
    listen(OwnBase, "mapper_configured", lambda m, c: heard.append("ready"), propagate=True)
    listen(Mapper, "after_configured", lambda: heard.append("all"))

    class Thing(OwnBase):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)

    Thing(id=1)
    assert heard == ["Thing", "ready", "all"]


def test_raw_listeners_get_states(session, listen):
    heard = []
    listen(session, "transient_to_pending", lambda s, state: heard.append(state), raw=True)
    listen(Author, "before_insert", lambda m, c, state: heard.append(state), raw=True)
    author = Author(name="a")
    session.add(author)
    session.flush()
    assert heard == [inspect(author)] * 2


def test_the_family_says_what_there_is():
    assert "do_orm_execute" in SessionEvents.event_names


# Flush ------------------------------------------------------------------------------------------


def test_before_flush_may_add_change_and_delete(session, listen):
    author = Author(name="a")
    gone = Tag(name="gone")
    session.add_all([author, gone])
    session.commit()

    def before_flush(s, context, instances):
        s.add(Book(title="added"))
        author.name = "changed"
        s.delete(gone)

    event.listen(session, "before_flush", before_flush, once=True)
    session.add(Tag(name="t"))
    session.commit()
    assert session.scalars(select(Book.title)).all() == ["added"]
    assert session.scalars(select(Author.name)).all() == ["changed"]
    assert session.scalars(select(Tag.name)).all() == ["t"]


def test_queries_in_a_flush_do_not_flush(session, listen):
    found = []
    listen(
        session, "before_flush", lambda s, c, i: found.append(s.scalars(select(Author.name)).all())
    )
    session.add(Author(name="a"))
    session.flush()
    assert found == [[]]


def test_a_flush_within_a_flush_is_refused(session, listen):
    listen(session, "after_flush", lambda s, context: s.flush())
    session.add(Author(name="a"))
    with pytest.raises(InvalidRequestError, match="already flushing"):
        session.flush()


def test_what_is_added_after_a_flush_is_written_by_the_commit(session):
    def add_tag(s, context):
        s.add(Tag(name="after"))

    event.listen(session, "after_flush", add_tag, once=True)
    session.add(Author(name="a"))
    session.commit()
    assert session.scalars(select(Tag.name)).all() == ["after"]


def test_flushes_without_end_are_refused(session, listen):
    numbers = iter(range(1000))
    listen(session, "after_flush_postexec", lambda s, c: s.add(Tag(name=f"t{next(numbers)}")))
    session.add(Author(name="a"))
    with pytest.raises(FlushError, match="a hundred flushes"):
        session.commit()


def test_before_insert_may_change_columns(session, listen):
    def shout(mapper, connection, target):
        target.name = target.name.upper()

    listen(Author, "before_insert", shout)
    session.add(Author(name="a"))
    session.commit()
    assert session.scalars(select(Author.name)).all() == ["A"]


def test_before_update_may_change_columns(session, listen):
    def count(mapper, connection, target):
        target.born = (target.born or 0) + 1

    author = Author(name="a")
    session.add(author)
    session.commit()
    listen(Author, "before_update", count)
    author.name = "b"
    session.commit()
    assert (author.name, author.born) == ("b", 1)


def test_after_insert_may_use_the_connection(session, listen):
    def log(mapper, connection, target):
        connection.execute(text("INSERT INTO tag (name) VALUES (:n)"), {"n": f"made {target.id}"})

    listen(Author, "after_insert", log)
    session.add(Author(name="a"))
    session.commit()
    assert session.scalars(select(Tag.name)).all() == ["made 1"]


def test_a_change_of_what_is_not_flushed_waits_for_the_next_flush(session, listen):
    ada, bob = Author(name="ada"), Author(name="bob")
    session.add_all([ada, bob])
    session.commit()

    def change(mapper, connection, target):
        if target is ada:
            bob.name = "changed"

    listen(Author, "after_update", change)
    ada.name = "ada 2"
    with pytest.warns(DovetailWarning, match="does not write: .*Author.*the next flush does"):
        session.flush()
    assert bob in session.dirty
    session.commit()
    assert (ada.name, bob.name) == ("ada 2", "changed")


def test_a_commit_ends_where_listeners_change_nothing_any_more(session, listen):
    authors = [Author(name="ada"), Author(name="bob")]
    session.add_all(authors)
    session.commit()
    seen = []

    def change(mapper, connection, target):
        seen.append(target)
        for other in session:
            other.name = "same"

    listen(Author, "after_update", change)
    authors[0].name = "ada 2"
    with pytest.warns(DovetailWarning, match="the next flush does"):
        session.commit()
    assert len(seen) < 5
    assert authors[1].name == "same"


def test_an_error_of_a_listener_rolls_the_flush_back(session, listen):
    def refuse(mapper, connection, target):
        raise ZeroDivisionError

    listen(Author, "after_insert", refuse)
    session.add(Author(name="a"))
    with pytest.raises(ZeroDivisionError):
        session.flush()
    assert not session.is_active
    session.rollback()
    assert session.scalars(select(Author)).all() == []


def test_the_failed_flush_tells_of_its_rollback(session, listen):
    heard = []
    listen(session, "after_rollback", lambda s: heard.append("rollback"))
    session.add_all([Tag(id=1, name="a"), Tag(id=2, name="a")])
    with pytest.raises(IntegrityError):
        session.flush()
    assert heard == ["rollback"]
    session.rollback()
    assert heard == ["rollback"]


# Instances --------------------------------------------------------------------------------------


def test_init_may_change_the_arguments(listen):
    def fill_in(target, args, kwargs):
        kwargs.setdefault("name", "nobody")

    listen(Author, "init", fill_in)
    assert Author().name == "nobody"
    assert Author(name="ada").name == "ada"


def test_first_init_is_told_once(listen):
    class OwnBase(DeclarativeBase):
        pass

    class Thing(OwnBase):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(primary_key=True)

    heard = []
    listen(Thing, "first_init", lambda manager, class_: heard.append(class_))
    Thing()
    Thing()
    assert heard == [Thing]


def test_a_failed_constructor_is_told(listen):
    heard = []
    listen(Author, "init_failure", lambda target, args, kwargs: heard.append(kwargs))
    with pytest.raises(TypeError):
        Author(nam="x")
    assert heard == [{"nam": "x"}]


def test_without_listeners_the_constructor_is_the_quick_one():
    Author()
    quick = Author.__init__

    def ignore(*_):
        """Listen, and do nothing."""

    event.listen(Author, "init", ignore)
    assert Author.__init__ is not quick
    event.remove(Author, "init", ignore)
    assert Author.__init__.__wrapped__ is quick.__wrapped__
    assert Author(name="a").name == "a"


def test_what_pickle_listeners_note_is_told_after_unpickling(listen):
    heard = []
    listen(Author, "pickle", lambda target, noted: noted.update(by="me"))
    listen(Author, "unpickle", lambda target, noted: heard.append(noted))
    again = pickle.loads(pickle.dumps(Author(name="ada")))
    assert again.name == "ada"
    assert heard == [{"by": "me"}]


def test_loads_are_told_with_all_that_was_eagerly_loaded(session, listen):
    fill(session)
    session.expunge_all()
    heard = []
    listen(session, "loaded_as_persistent", lambda s, instance: heard.append(instance))
    authors = session.scalars(select(Author).options(selectinload(Author.books))).all()
    assert heard == [*authors, *(book for author in authors for book in author.books)]


def test_a_load_listener_may_set_what_is_not_mapped(session, listen):
    fill(session)
    session.expunge_all()
    listen(Author, "load", lambda target, context: setattr(target, "shown", True))
    assert all(author.shown for author in session.scalars(select(Author)))


# do_orm_execute -----------------------------------------------------------------------------------


def test_a_statement_may_be_changed(session, listen):
    fill(session)

    def only_one(state):
        if state.is_select and state.is_orm_statement:
            state.statement = state.statement.limit(1)

    listen(session, "do_orm_execute", only_one)
    assert len(session.scalars(select(Author)).all()) == 1


def test_a_statement_may_be_answered(session, sql_log, listen):
    fill(session)
    kept = session.execute(select(Author.name).order_by(Author.id)).freeze()
    listen(session, "do_orm_execute", lambda state: kept())
    sql_log.clear()
    assert session.scalars(select(Author.name)).all() == kept().scalars().all()
    assert len(sql_log) == 0


def test_a_statement_may_be_run_by_the_listener(session, listen):
    fill(session)
    heard = []

    def around(state):
        heard.append("before")
        result = state.invoke_statement()
        heard.append("after")
        return result

    listen(session, "do_orm_execute", around)
    listen(session, "do_orm_execute", lambda state: heard.append("inner"))
    assert session.scalar(select(Author.name).where(Author.id == 1)) is not None
    assert heard == ["before", "inner", "after"]


def test_what_a_statement_is_can_be_asked(session, listen):
    fill(session)
    seen = []
    listen(
        session,
        "do_orm_execute",
        lambda s: seen.append((s.is_select, s.is_update, s.is_executemany, s.bind_mapper)),
    )
    session.execute(select(Author))
    session.execute(update(Author).values(born=1))
    session.execute(text("SELECT 1"))
    mapper = inspect(Author)
    assert seen == [
        (True, False, False, mapper),
        (False, True, False, mapper),
        (False, False, False, None),
    ]


def test_execution_options_and_user_options_are_seen_and_added(session, listen):
    class Tenant(UserDefinedOption):
        pass

    seen = []

    def look(state):
        seen.append([option.payload for option in state.user_defined_options])
        seen.append(state.execution_options.get("mark"))
        state.update_execution_options(mark="changed")
        return

    listen(session, "do_orm_execute", look)
    listen(session, "do_orm_execute", lambda s: seen.append(s.execution_options["mark"]))
    listen(session, "do_orm_execute", lambda s: seen.append(s.local_execution_options["mark"]))
    statement = select(Author).options(Tenant(7)).execution_options(mark="set")
    session.execute(statement)
    assert seen == [[7], "set", "set", "changed"]


def test_get_and_lazy_loads_are_statements_too(session, listen):
    fill(session)
    session.expunge_all()
    seen = []

    def look(state):
        seen.append((state.is_relationship_load, state.is_column_load, state.bind_mapper.class_))

    listen(session, "do_orm_execute", look)
    author = session.get(Author, 1)
    assert author.books
    assert author.notes == "notes 0"
    assert seen == [(False, False, Author), (True, False, Book), (False, True, Author)]


def test_a_lazy_load_may_be_changed_or_answered(session, listen):
    fill(session)
    session.expunge_all()
    author = session.get(Author, 1)

    def hide(state):
        if state.is_relationship_load:
            state.statement = state.statement.where(Book.title == "no such")

    listen(session, "do_orm_execute", hide)
    assert author.books == []
    event.remove(session, "do_orm_execute", hide)
    session.expire(author)
    kept = {}

    def answered(state):
        if state.is_relationship_load:
            key = repr(sorted(state.parameters.items()))
            if key not in kept:
                kept[key] = state.invoke_statement().freeze()
            return kept[key]()
        return None

    listen(session, "do_orm_execute", answered)
    titles = [book.title for book in author.books]
    assert titles
    assert len(kept) == 1
    session.expire(author)
    session.connection().execute(update(Book.__table__).values(author_id=None))
    assert [book.title for book in author.books] == titles


def test_a_load_of_columns_may_not_be_answered(session, listen):
    fill(session)
    author = session.scalars(select(Author)).first()
    answer = session.execute(select(Book)).freeze()
    session.expire(author)
    listen(session, "do_orm_execute", lambda state: answer())
    with pytest.raises(ORMExecuteError, match="can't"):
        assert author.name


# The classic hooks -------------------------------------------------------------------------------


def test_extensions_are_called(engine):
    heard = []

    class Hooks(SessionExtension):
        def before_flush(self, session, flush_context, instances):
            heard.append("before_flush")

        def after_commit(self, session):
            heard.append("after_commit")

        def after_attach(self, session, instance):
            heard.append("after_attach")

    with pytest.warns(DovetailDeprecationWarning, match="extension="):
        session = Session(engine, extension=[Hooks()])
    session.add(Author(name="a"))
    session.commit()
    session.close()
    assert heard == ["after_attach", "before_flush", "after_commit"]


@pytest.mark.parametrize("first", ["the class", "the listener"])
def test_who_listens_to_every_class_hears_of_the_first_instance(first):
    def give_name(target, args, kwargs):
        kwargs.setdefault("name", f"a {type(target).__name__}")

    def declare():
        class Base(DeclarativeBase):
            pass

        class Thing(Base):
            __tablename__ = "thing"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str]

        return Thing

    kind = declare() if first == "the class" else None
    event.listen(Mapper, "init", give_name)
    try:
        kind = kind or declare()
        made = [kind().name, kind(name="own").name]
    finally:
        event.remove(Mapper, "init", give_name)

    assert made == ["a Thing", "own"]
    assert kind(id=3).name is None


def test_an_event_is_named_by_keyword():
    heard = []
    session = Session()

    @event.listens_for(session, identifier="before_commit")
    def before(given):
        heard.append(given)

    def after(given):
        heard.append(given)

    event.listen(target=session, identifier="after_commit", fn=after)
    session.commit()
    event.remove(target=session, identifier="before_commit", fn=before)
    session.commit()
    assert heard == [session, session, session]

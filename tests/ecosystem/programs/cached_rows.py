"""Rows of statements kept in dogpile.cache, as a listener of the session."""

from dogpile.cache import make_region
from sqlalchemy import create_engine, event, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    UserDefinedOption,
    mapped_column,
    sessionmaker,
)
from sqlalchemy.orm.loading import merge_frozen_result

region = make_region().configure("dogpile.cache.memory")
texts = {}


class FromCache(UserDefinedOption):
    pass


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
make_session = sessionmaker(engine)
sent = []


@event.listens_for(engine, "before_cursor_execute")
def note(connection, cursor, statement, parameters, context, many):
    sent.append(statement.split()[0])


@event.listens_for(Session, "do_orm_execute")
def from_cache(state):
    if not any(isinstance(option, FromCache) for option in state.user_defined_options):
        return None
    statement = state.statement
    key = statement._generate_cache_key().to_offline_string(
        texts, statement, state.parameters or {}
    )
    kept = region.get_or_create(key, lambda: state.invoke_statement().freeze())
    return merge_frozen_result(state.session, statement, kept, load=False)()


with make_session.begin() as session:
    session.add_all([Person(name="ada"), Person(name="eve")])

for name in ("ada", "eve", "ada", "ada"):
    with make_session() as session:
        statement = select(Person).where(Person.name == name).options(FromCache())
        found = session.scalars(statement).one()
        print(found.name, found in session, sent.count("SELECT"), len(texts))

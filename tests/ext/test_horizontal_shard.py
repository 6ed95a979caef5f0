"""One session over several databases: where statements go, and whose instances are whose."""

import asyncio
import pickle
from importlib import import_module
from types import SimpleNamespace

import pytest

from dovetail import (
    Column,
    ForeignKey,
    Table,
    create_engine,
    delete,
    event,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)
from dovetail.exc import ArgumentError, DovetailDeprecationWarning, MultipleResultsFound
from dovetail.ext.asyncio import async_sessionmaker, create_async_engine
from dovetail.ext.horizontal_shard import ShardedQuery, ShardedSession, set_shard_id
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    identity_key,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
    sessionmaker,
)


class Base(DeclarativeBase):
    pass


class Place(Base):
    __tablename__ = "place"

    id: Mapped[int] = mapped_column(primary_key=True)
    region: Mapped[str]
    name: Mapped[str]
    note: Mapped[str | None] = mapped_column(deferred=True)
    reports: Mapped[list["Report"]] = relationship(
        back_populates="place", cascade="all, delete-orphan", order_by="Report.id"
    )
    kinds: Mapped[list["Kind"]] = relationship(secondary="place_kind")


class Report(Base):
    __tablename__ = "report"

    id: Mapped[int] = mapped_column(primary_key=True)
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"))
    value: Mapped[int]
    place: Mapped[Place] = relationship(back_populates="reports")


class Kind(Base):
    __tablename__ = "kind"

    id: Mapped[int] = mapped_column(primary_key=True)
    region: Mapped[str]
    word: Mapped[str]


Table(
    "place_kind",
    Base.metadata,
    Column("place_id", ForeignKey("place.id"), primary_key=True),
    Column("kind_id", ForeignKey("kind.id"), primary_key=True),
)

SHARDS = ("north", "south")


def shard_of(mapper, instance, clause=None):
    if instance is None:
        return "north"
    return instance.place.region if isinstance(instance, Report) else instance.region


def shards_of_key(mapper, primary_key, *, lazy_loaded_from, **given):
    return SHARDS if lazy_loaded_from is None else [lazy_loaded_from.identity_token]


def shards_of_statement(context):
    from_ = context.lazy_loaded_from if context.is_select else None
    return SHARDS if from_ is None else [from_.identity_token]


@pytest.fixture
def engines():
    made = {name: create_engine("sqlite://") for name in SHARDS}
    for engine in made.values():
        Base.metadata.create_all(engine)
    yield made
    for engine in made.values():
        engine.dispose()


@pytest.fixture
def sent(engines):
    """What was sent: the shard, and the first words of the statement."""
    found = []
    for name, engine in engines.items():
        event.listen(
            engine,
            "before_cursor_execute",
            lambda c, k, sql, p, *rest, name=name: found.append((name, " ".join(sql.split()))),
        )
    return found


@pytest.fixture
def make(engines):
    opened = []

    def make(**options):
        given = {"identity_chooser": shards_of_key, "execute_chooser": shards_of_statement}
        session = ShardedSession(shard_of, shards=engines, **{**given, **options})
        opened.append(session)
        return session

    yield make
    for session in opened:
        session.close()


@pytest.fixture
def session(make, sent):
    """Oslo in the north; Lima and Quito in the south: Oslo and Lima have the same key."""
    session = make()
    session.add_all(
        [
            Place(region="north", name="Oslo", note="n", reports=[Report(value=1)]),
            Place(region="south", name="Lima", note="s", reports=[Report(value=2)]),
            Place(region="south", name="Quito", reports=[Report(value=3), Report(value=4)]),
        ]
    )
    session.commit()
    session.expunge_all()
    sent.clear()
    return session


def places(session, *options):
    statement = select(Place).order_by(Place.id).options(*options)
    return session.scalars(statement).unique().all()


def shards(sent):
    found = [shard for shard, _ in sent]
    sent.clear()
    return found


class TestIdentity:
    def test_equal_keys_of_two_shards_are_two_instances(self, session):
        oslo, lima, quito = places(session)

        assert (oslo.name, lima.name, quito.name) == ("Oslo", "Lima", "Quito")
        assert (oslo.id, lima.id) == (1, 1)
        assert [inspect(one).identity_token for one in (oslo, lima, quito)] == [
            "north", "south", "south",
        ]  # fmt: skip
        assert inspect(lima).identity_key == (Place, (1,), "south")
        assert identity_key(instance=lima) == inspect(lima).identity_key
        assert identity_key(Place, 1, identity_token="south") == inspect(lima).identity_key
        assert session.identity_map[Place, (1,), "north"] is oslo
        assert (Place, (2,), "north") not in session.identity_map
        assert {*session.identity_map.values()} == {oslo, lima, quito} == set(session)
        assert places(session) == [oslo, lima, quito]

    def test_the_token_survives_detaching_and_pickle(self, session):
        oslo, lima, _ = places(session)
        session.expunge(oslo)
        assert inspect(oslo).identity_token == "north"
        session.close()
        copied = pickle.loads(pickle.dumps(lima))
        assert inspect(copied).identity_key == (Place, (1,), "south")
        session.add_all([oslo, copied])

        assert oslo in session
        assert copied in session
        assert copied.note == "s"
        assert session.get(Place, 1, identity_token="south") is copied

    def test_get_asks_where_the_row_may_be(self, session, sent):
        quito = session.get(Place, 2)
        assert quito.name == "Quito"
        assert shards(sent) == ["north", "south"]
        assert session.get(Place, 2) is quito
        assert shards(sent) == []
        assert session.get(Place, 99) is None
        with pytest.raises(MultipleResultsFound, match=r"2 shards.*\n.*identity_token"):
            session.get(Place, 1)

    def test_get_with_a_token_asks_there_alone(self, session, sent):
        lima = session.get(Place, 1, identity_token="south")
        oslo = session.get(Place, 1, execution_options={"identity_token": "north"})
        assert (lima.name, oslo.name) == ("Lima", "Oslo")
        assert shards(sent) == ["south", "north"]
        assert session.get(Place, 1, identity_token="south") is lima
        assert session.get(Place, 1, identity_token="north") is oslo
        assert shards(sent) == []
        assert session.get_one(Place, 2, identity_token="south").name == "Quito"
        session.expire(lima)
        assert session.get(Place, 1, identity_token="south") is lima
        assert shards(sent) == ["south", "south"]

    def test_merge_finds_the_instance_of_its_shard(self, session, make):
        lima = make().get(Place, 1, identity_token="south")
        lima.name = "Callao"
        merged = session.merge(lima)

        assert inspect(merged).identity_token == "south"
        assert session.get(Place, 1, identity_token="north").name == "Oslo"
        session.commit()
        assert [place.name for place in places(session)] == ["Oslo", "Callao", "Quito"]

    def test_unchanged_ones_merge_without_a_query(self, session, make, sent):
        oslo, lima, _ = places(make())
        sent.clear()
        copies = [session.merge(one, load=False) for one in (oslo, lima)]

        assert [inspect(one).identity_token for one in copies] == ["north", "south"]
        assert copies[0] is not copies[1]
        assert shards(sent) == []


class TestStatements:
    def test_they_go_where_the_chooser_says(self, session, sent):
        assert session.scalars(select(func.count()).select_from(Place)).all() == [1, 2]
        assert session.execute(select(Place.name).order_by(Place.name)).all() == [
            ("Oslo",), ("Lima",), ("Quito",),
        ]  # fmt: skip
        assert sorted(place.name for place in session.query(Place)) == ["Lima", "Oslo", "Quito"]
        assert shards(sent) == ["north", "south"] * 3

    def test_a_shard_may_be_named(self, session, sent):
        south = ["Lima", "Quito"]
        ordered = select(Place.name).order_by(Place.name)
        assert session.scalars(ordered.options(set_shard_id("south"))).all() == south
        assert session.scalars(ordered, bind_arguments={"shard_id": "south"}).all() == south
        assert session.scalars(ordered, execution_options={"identity_token": "south"}).all() == (
            south
        )
        query = session.query(Place).order_by(Place.id)
        assert isinstance(query, ShardedQuery)
        assert [place.name for place in query.set_shard("south")] == south
        assert set(shards(sent)) == {"south"}

    def test_eager_loads_stay_in_the_shard(self, session, sent):
        for option in (selectinload, joinedload):
            found = places(session, option(Place.reports))
            assert [[report.value for report in place.reports] for place in found] == [
                [1], [2], [3, 4],
            ]  # fmt: skip
            session.expunge_all()
        assert shards(sent) == ["north", "north", "south", "south", "north", "south"]

    def test_bulk_changes_go_over_shards(self, session, sent):
        oslo, lima, quito = places(session)
        sent.clear()
        changed = session.execute(update(Place).values(name=Place.name + "!"))
        assert changed.rowcount == 3
        assert [one.name for one in (oslo, lima, quito)] == ["Oslo!", "Lima!", "Quito!"]
        gone = delete(Report).where(Report.value > 2).options(set_shard_id("south"))
        assert session.execute(gone).rowcount == 2
        returned = delete(Report).returning(Report.value)
        assert session.scalars(returned).all() == [1, 2]
        assert session.query(Place).filter(Place.name == "Lima!").delete() == 1
        assert lima not in session
        assert oslo in session
        session.rollback()
        assert lima in session
        assert (oslo.name, lima.name) == ("Oslo", "Lima")

    def test_what_is_not_about_classes_goes_where_the_chooser_says(self, session, sent):
        assert session.scalars(text("SELECT count(*) FROM place")).all() == [1, 2]
        assert session.execute(select(Place.__table__.c.id)).all() == [(1,), (1,), (2,)]
        south = {"shard_id": "south"}
        assert session.scalar(text("SELECT count(*) FROM place"), bind_arguments=south) == 2
        session.execute(insert(Kind), [{"region": "x", "word": "y"}], bind_arguments=south)
        assert session.connection(bind_arguments=south).scalar(select(Kind.word)) == "y"
        assert shards(sent) == ["north", "south"] * 2 + ["south"] * 3

    def test_the_chooser_hears_of_every_statement(self, make, session, sent):
        heard = []

        def choose(context):
            heard.append((context.is_insert, context.is_orm_statement, context.is_executemany))
            return ["south"]

        other = make(execute_chooser=choose)
        other.execute(insert(Kind).values(region="x", word="y"))
        other.execute(insert(Kind.__table__), [{"region": "x", "word": "z"}])
        other.execute(text("UPDATE place SET note = 'x'"))
        assert other.scalars(select(func.count(Place.id))).all() == [2]
        assert heard == [
            (True, True, False), (True, False, True), (False, False, False), (False, True, False),
        ]  # fmt: skip
        assert set(shards(sent)) == {"south"}

    def test_without_a_chooser_the_shard_chooser_says_where_other_statements_go(
        self, make, session, sent
    ):
        plain = make(execute_chooser=None)
        assert plain.scalar(text("SELECT count(*) FROM place")) == 1
        assert plain.scalars(select(Place.name)).all() == ["Oslo", "Lima", "Quito"]
        assert shards(sent) == ["north", "north", "south"]

    def test_listeners_to_a_load_hear_the_shard(self, session):
        heard = []

        def listener(instance, context):
            token = context.identity_token
            heard.append((instance.name, context.bind_arguments["shard_id"], token))

        event.listen(Place, "load", listener)
        try:
            session.scalars(select(Place).options(set_shard_id("south")).limit(1)).all()
            session.expunge_all()
            places(session)
            session.expunge_all()
            session.get(Place, 2)
        finally:
            event.remove(Place, "load", listener)
        assert heard == [
            ("Lima", "south", "south"),
            ("Oslo", "north", "north"),
            ("Lima", "south", "south"),
            ("Quito", "south", "south"),
            ("Quito", "south", "south"),
        ]

    def test_a_key_is_looked_for_in_the_shard_that_an_option_names(self, make, session, sent):
        assert session.get(Place, 1, options=[set_shard_id("south")]).name == "Lima"
        assert shards(sent) == ["south"]

    def test_the_identity_chooser_hears_the_bind_arguments(self, make, session):
        heard = []

        def choose(mapper, primary_key, *, bind_arguments, **given):
            heard.append(bind_arguments)
            return ["south"]

        other = make(identity_chooser=choose)
        assert other.get(Place, 1, bind_arguments={"region": "s"}).name == "Lima"
        assert heard == [{"region": "s"}]

    def test_unknown_shards_are_named(self, session, make):
        with pytest.raises(
            ArgumentError, match=r"'west', which is not known.*\n.*'north', 'south'"
        ):
            session.scalars(select(Place).options(set_shard_id("west")))
        wrong = make(execute_chooser=lambda context: ["west"])
        with pytest.raises(ArgumentError, match="execute_chooser names the shard 'west'"):
            wrong.scalars(select(Place))
        with pytest.raises(ArgumentError, match="no shard"):
            make(execute_chooser=lambda context: []).scalars(select(Place))
        session.add(Kind(region="west", word="x"))
        with pytest.raises(ArgumentError, match="shard_chooser names the shard 'west'"):
            session.flush()

    def test_rows_in_pieces(self, session):
        statement = select(Report).order_by(Report.id).execution_options(yield_per=1)
        reports = list(session.scalars(statement))

        assert [report.value for report in reports] == [1, 2, 3, 4]
        assert [inspect(report).identity_token for report in reports] == ["north"] + ["south"] * 3


class TestLoading:
    def test_lazy_loads_go_to_the_shard_of_the_instance(self, session, sent):
        found = places(session)
        sent.clear()
        assert [[r.value for r in place.reports] for place in found] == [[1], [2], [3, 4]]
        assert [place.note for place in found] == ["n", "s", None]
        assert shards(sent) == ["north", "south", "south"] * 2
        assert all(report.place is place for place in found for report in place.reports)
        assert shards(sent) == []

    def test_references_do_not_mix_shards(self, session, sent):
        reports = session.scalars(select(Report).order_by(Report.id)).all()
        sent.clear()

        assert [report.place.name for report in reports] == ["Oslo", "Lima", "Quito", "Quito"]
        assert shards(sent) == ["north", "south", "south"]

    def test_refreshes_go_there_too(self, session, sent):
        found = places(session)
        session.commit()
        sent.clear()
        assert [place.name for place in found] == ["Oslo", "Lima", "Quito"]
        session.refresh(found[1])
        session.refresh(found[0], ["note"])
        assert shards(sent) == ["north", "south", "south", "south", "north"]

    def test_load_goes_by_shards(self, session, sent):
        found = places(session)
        sent.clear()
        session.load(found, Place.reports, Place.note)

        assert shards(sent) == ["north", "south"] * 2
        assert [[r.value for r in place.reports] for place in found] == [[1], [2], [3, 4]]
        assert shards(sent) == []

    def test_choosers_hear_whom_a_lazy_load_is_for(self, make, session, sent):
        asked = []

        def by_statement(context):
            asked.append((context.is_relationship_load, context.lazy_loaded_from))
            return shards_of_statement(context)

        other = make(execute_chooser=by_statement)
        oslo, *_ = places(other)
        assert len(oslo.reports) == 1
        assert asked == [(False, None), (True, inspect(oslo))]
        other.expunge_all()
        asked.clear()
        oslo, *_ = places(other, set_shard_id("north"))
        assert len(oslo.reports) == 1
        assert asked == []
        other.expunge_all()
        oslo, *_ = places(other, set_shard_id("north", propagate_to_loaders=False))
        assert len(oslo.reports) == 1
        assert asked == [(True, inspect(oslo))]

    def test_a_lazy_load_may_cross_shards(self, make, session, sent):
        everywhere = make(execute_chooser=lambda context: SHARDS)
        found = places(everywhere)
        sent.clear()

        assert [[r.value for r in place.reports] for place in found] == [[1, 2], [1, 2], [3, 4]]
        assert shards(sent) == ["north", "south"] * 3

    def test_without_choosers_all_shards_are_asked_and_loads_stay(self, make, session, sent):
        plain = make(identity_chooser=None, execute_chooser=None)
        _, lima, _ = places(plain)
        assert plain.get(Place, 2).name == "Quito"
        assert [report.value for report in lima.reports] == [2]
        plain.expunge_all()
        report = plain.scalars(select(Report).where(Report.value == 2)).one()
        sent.clear()
        assert report.place.name == "Lima"
        assert shards(sent) == ["south"]

    def test_peers_are_those_of_the_shard(self, session, sent):
        found = places(session)
        with session.no_autoflush:
            session.add_all(Place(region="south", name=f"p{n}") for n in range(20))
        session.commit()
        found = places(session)
        sent.clear()
        assert sum(len(place.reports) for place in found) == 4
        assert shards(sent) == ["north", "south", "south"]


class TestFlush:
    def test_rows_are_written_to_their_shards(self, make, sent):
        session = make()
        kinds = {name: Kind(region=name, word=name) for name in SHARDS}
        for name in SHARDS:
            place = Place(region=name, name=name, kinds=[kinds[name]])
            session.add(place)
            session.add(Report(place=place, value=1))
        session.commit()
        inserted = [(shard, sql.split()[2]) for shard, sql in sent if sql.startswith("INSERT")]
        assert sorted(inserted) == sorted(
            (shard, table)
            for shard in SHARDS
            for table in ("place", "kind", "report", "place_kind")
        )
        session.expunge_all()
        assert [[kind.word for kind in place.kinds] for place in places(session)] == [
            ["north"], ["south"],
        ]  # fmt: skip

    def test_changes_go_to_the_shard_of_the_instance(self, session, sent):
        oslo, lima, quito = places(session)
        oslo.name, quito.name = "Bergen", "Cuenca"
        lima.region = "north"
        sent.clear()
        session.flush()

        # What region it is of now does not matter: its row is where it was.
        assert shards(sent) == ["north", "south", "south"]
        session.commit()
        assert [place.name for place in places(session)] == ["Bergen", "Lima", "Cuenca"]

    def test_deletes_cascade_within_the_shard(self, session, sent):
        oslo, lima, _ = places(session)
        session.delete(lima)
        session.flush()

        assert (oslo in session, lima in session) == (True, False)
        assert inspect(lima).deleted
        assert inspect(lima).identity_token == "south"
        assert session.scalars(select(Report.value)).all() == [1, 3, 4]
        session.rollback()
        assert lima in session
        assert [report.value for report in lima.reports] == [2]
        session.delete(lima)
        session.commit()
        assert [place.name for place in places(session)] == ["Oslo", "Quito"]
        assert inspect(lima).detached

    def test_rollback_takes_new_ones_back(self, session):
        new = Place(region="south", name="new")
        session.add(new)
        session.flush()
        assert inspect(new).identity_key == (Place, (3,), "south")
        session.rollback()
        assert inspect(new).transient
        session.add(new)
        new.region = "north"
        session.commit()
        assert inspect(new).identity_key == (Place, (3,), "north")

    def test_savepoints_and_two_shards(self, session):
        oslo, lima, _ = places(session)
        with session.begin_nested() as savepoint:
            oslo.name = lima.name = "x"
            session.flush()
            savepoint.rollback()
        assert (oslo.name, lima.name) == ("Oslo", "Lima")

    def test_a_key_that_changes(self, session):
        oslo, lima, _ = places(session)
        session.load(lima, Place.reports)
        (report,) = lima.reports
        lima.id = 9
        report.place_id = 9
        session.commit()

        assert session.get(Place, 9) is lima
        assert session.get(Place, 1) is oslo
        assert report.place is lima

    def test_objects_without_a_flush(self, session, sent):
        new = [Kind(region=name, word=name) for name in SHARDS]
        session.bulk_save_objects(new, return_defaults=True)
        assert sorted(shards(sent)) == ["north", "south"]
        assert [inspect(kind).identity_token for kind in new] == ["north", "south"]
        assert session.scalars(select(Kind.word)).all() == ["north", "south"]


def test_hierarchies_of_several_tables(engines):
    class Own(DeclarativeBase):
        pass

    class Animal(Own):
        __tablename__ = "animal"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        region: Mapped[str]
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "any"}

    class Dog(Animal):
        __tablename__ = "dog"
        id: Mapped[int] = mapped_column(ForeignKey("animal.id"), primary_key=True)
        hair: Mapped[int]
        __mapper_args__ = {"polymorphic_identity": "dog"}

    for engine in engines.values():
        Own.metadata.create_all(engine)
    with ShardedSession(shard_of, shards=engines) as session:
        for region in SHARDS:
            session.add_all([Dog(region=region, hair=1), Animal(region=region)])
        session.commit()
        session.expunge_all()
        found = session.scalars(select(Animal).order_by(Animal.id)).all()
        assert [(type(one), inspect(one).identity_token) for one in found] == [
            (Dog, "north"), (Animal, "north"), (Dog, "south"), (Animal, "south"),
        ]  # fmt: skip
        dogs = [one for one in found if isinstance(one, Dog)]
        assert [dog.hair for dog in dogs] == [1, 1]
        dogs[1].hair = 2
        session.delete(dogs[0])
        session.commit()
        assert session.execute(select(Dog.region, Dog.hair)).all() == [("south", 2)]
        assert session.get(Animal, 1, identity_token="south") is dogs[1]
        assert session.get(Animal, 1, identity_token="north") is None


class TestMaking:
    def test_a_factory_makes_them(self, engines, session):
        factory = sessionmaker(
            class_=ShardedSession,
            shard_chooser=shard_of,
            identity_chooser=shards_of_key,
            execute_chooser=shards_of_statement,
        )
        with factory() as made:
            for name, engine in engines.items():
                made.bind_shard(name, engine)
            assert len(places(made)) == 3
            assert made.get_bind(shard_id="south") is engines["south"]
            assert made.get_bind(instance=places(made)[0]) is engines["north"]

    def test_older_names_warn(self, engines, session):
        asked = []
        with pytest.warns(DovetailDeprecationWarning) as warned:
            made = ShardedSession(
                shard_of,
                id_chooser=lambda query, ident: SHARDS,
                query_chooser=lambda statement: asked.append(statement) or SHARDS,
                shards=engines,
            )
        assert len(warned) == 2
        with made:
            assert made.get(Place, 2).name == "Quito"
            oslo, *_ = places(made)
            # They can't tell whom a lazy load is for, and are asked as for any statement.
            assert [report.value for report in oslo.reports] == [1, 2]
            assert len(asked) == 2


class TestTokensOfOneDatabase:
    """A session of one engine may give tokens too: for schemas, say."""

    def test_a_statement_gives_its_instances_a_token(self, engines, session):
        with Session(engines["south"]) as plain:
            marked = select(Place).order_by(Place.id).execution_options(identity_token="x")
            first, second = plain.scalars(marked).all()
            other, _ = plain.scalars(select(Place).order_by(Place.id)).all()

            assert first is not other
            assert inspect(first).identity_key == (Place, (1,), "x")
            assert inspect(other).identity_key == (Place, (1,), None)
            assert plain.get(Place, 1) is other
            assert plain.get(Place, 1, identity_token="x") is first
            assert inspect(plain.get(Place, 1, identity_token="y")).identity_token == "y"
            (report,) = first.reports
            assert inspect(report).identity_token == "x"
            assert report.place is first
            assert inspect(other.reports[0]).identity_token is None
            second.name = "changed"
            plain.add(Place(region="south", name="new"))
            assert len(plain.scalars(marked).all()) == 3
            plain.rollback()
            assert (second.name, first.note) == ("Quito", "s")


def scenario(package):
    """Who is who, step by step, in either package."""
    sa, orm = import_module(package), import_module(f"{package}.orm")
    shard = import_module(f"{package}.ext.horizontal_shard")
    base = orm.declarative_base()

    class Thing(base):
        __tablename__ = "thing"
        id = sa.Column(sa.Integer, primary_key=True)
        where = sa.Column(sa.String(9))
        parts = orm.relationship("Part", backref="thing", cascade="all, delete-orphan")

    class Part(base):
        __tablename__ = "part"
        id = sa.Column(sa.Integer, primary_key=True)
        thing_id = sa.Column(sa.ForeignKey("thing.id"))

    engines = {name: sa.create_engine("sqlite://") for name in SHARDS}
    for engine in engines.values():
        base.metadata.create_all(engine)
    session = shard.ShardedSession(
        lambda mapper, instance, clause=None: (
            instance.where if isinstance(instance, Thing) else instance.thing.where
        ),
        shards_of_key,
        shards_of_statement,
        shards=engines,
    )
    lib = SimpleNamespace(seen=[])

    def see(*given):
        for one in given:
            state = sa.inspect(one)
            lib.seen.append((state.identity_key[1:], state.identity_token, one in session))

    with session:
        session.add_all([Thing(where=name, parts=[Part(), Part()]) for name in SHARDS * 2])
        session.commit()
        things = session.scalars(sa.select(Thing).order_by(Thing.id)).all()
        see(*things, *(part for thing in things for part in thing.parts))
        lib.seen.append([part.thing is thing for thing in things for part in thing.parts])
        session.delete(things[0])
        del things[2].parts[0]
        session.commit()
        things = session.scalars(sa.select(Thing).order_by(Thing.id)).all()
        see(*things, *(part for thing in things for part in thing.parts))
        see(session.get(Thing, 1), session.get(Thing, 2, identity_token="north"))
        lib.seen.append(session.execute(sa.select(sa.func.count(Part.id))).all())
        lib.seen.append(
            session.execute(sa.select(Part.id).options(shard.set_shard_id("south"))).all()
        )
    for engine in engines.values():
        engine.dispose()
    return lib.seen


def test_it_does_what_the_oracle_does():
    assert scenario("dovetail") == scenario("sqlalchemy")


def test_a_row_is_taken_over_in_its_shard_alone(session):
    oslo, lima = places(session)[:2]
    assert oslo.id == lima.id
    session.delete(oslo)
    session.delete(lima)
    session.add(Place(id=oslo.id, region="south", name="Arica"))
    session.commit()

    found = sorted((place.region, place.name) for place in places(session))
    assert found == [("south", "Arica"), ("south", "Quito")]


def test_an_object_that_moves_to_another_shard_keeps_its_key(session):
    quito = next(place for place in places(session) if place.name == "Quito")
    key = quito.id
    session.delete(quito)
    session.add(Place(id=key, region="north", name="Quito"))
    session.commit()

    found = sorted((place.region, place.name) for place in places(session))
    assert found == [("north", "Oslo"), ("north", "Quito"), ("south", "Lima")]


def test_an_awaiting_session_has_a_sharded_one_inside():
    def first(*arguments):
        return "first"

    def all_shards(*arguments):
        return ["first"]

    async def program():
        engine = create_async_engine("sqlite+aiosqlite://")
        make = async_sessionmaker(
            sync_session_class=ShardedSession,
            shards={"first": engine.sync_engine},
            shard_chooser=first,
            identity_chooser=all_shards,
            execute_chooser=all_shards,
        )
        async with make() as session:
            await session.run_sync(lambda inner: Place.metadata.create_all(engine.sync_engine))
            session.add(Place(id=1, region="north", name="Oslo"))
            await session.commit()
            found = (await session.scalars(select(Place))).all()
        await engine.dispose()
        return [place.name for place in found]

    assert asyncio.run(program()) == ["Oslo"]

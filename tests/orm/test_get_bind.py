"""Sessions that choose among databases: what ``get_bind()`` is told, the same as in the oracle."""

from types import SimpleNamespace

import pytest
import sqlalchemy
import sqlalchemy.orm

import dovetail
import dovetail.orm

LIBRARIES = [(dovetail, dovetail.orm), (sqlalchemy, sqlalchemy.orm)]


@pytest.fixture(params=LIBRARIES, ids=["dovetail", "oracle"])
def library(request):
    core, orm = request.param
    return SimpleNamespace(core=core, orm=orm)


@pytest.fixture
def shop(library):
    """Customers in one database, countries in another; neither has the other's table."""
    core, orm = library.core, library.orm

    class Base(orm.DeclarativeBase):
        pass

    class Country(Base):
        __tablename__ = "country"
        code = orm.mapped_column(core.String(2), primary_key=True)
        name = orm.mapped_column(core.String(20))

    class Customer(Base):
        __tablename__ = "customer"
        id = orm.mapped_column(core.Integer, primary_key=True)
        name = orm.mapped_column(core.String(20))
        country_code = orm.mapped_column(core.String(2))
        country = orm.relationship(
            Country,
            primaryjoin="foreign(Customer.country_code) == Country.code",
            backref=orm.backref("customers", order_by="Customer.id"),
        )

    engines = {class_: core.create_engine("sqlite://") for class_ in (Customer, Country)}
    for class_, engine in engines.items():
        class_.__table__.create(engine)

    told = []

    class Choosing(orm.Session):
        def get_bind(self, mapper=None, *, clause=None, bind=None, **more):
            class_ = None if mapper is None else core.inspect(mapper).class_
            told.append((class_, clause is not None))
            return bind or engines[class_ or Customer]

    yield SimpleNamespace(
        core=core,
        orm=orm,
        Country=Country,
        Customer=Customer,
        engines=engines,
        told=told,
        Choosing=Choosing,
        bound=lambda: orm.Session(binds=engines),
    )
    for engine in engines.values():
        engine.dispose()


STATEMENTS = {
    "an entity": lambda s: s.core.select(s.Country),
    "a column": lambda s: s.core.select(s.Country.name),
    "a function": lambda s: s.core.select(s.core.func.count(s.Country.code)),
    "a count of rows": lambda s: s.core.select(s.core.func.count()).select_from(s.Country),
    "a literal before": lambda s: s.core.select(s.core.literal(1), s.Country.code),
    "an alias": lambda s: s.core.select(s.orm.aliased(s.Country)),
    "a column of an alias": lambda s: s.core.select(s.orm.aliased(s.Country).name),
    "a label": lambda s: s.core.select(s.Country.name.label("x")),
    "an expression": lambda s: s.core.select(s.Country.name + "!"),
    "a case": lambda s: s.core.select(s.core.case((s.Country.code == "IT", 1), else_=0)),
    "a subquery": lambda s: s.core.select(s.core.select(s.Country.code).subquery()),
    "a column of a subquery": lambda s: s.core.select(
        s.core.select(s.Country.code).subquery().c.code
    ),
    "exists of a query": lambda s: s.core.select(s.orm.Query([s.Country]).exists()),
    "exists": lambda s: s.core.select(s.core.select(s.Country.code).exists()),
    "a criterion": lambda s: s.core.select(s.core.literal(1)).where(s.Country.code == "IT"),
    "given rows": lambda s: s.core.select(s.Country).from_statement(
        s.core.text("SELECT code, name FROM country")
    ),
    "insert": lambda s: s.core.insert(s.Country).values(code="FR", name="France"),
    "update": lambda s: s.core.update(s.Country).values(name="x"),
    "delete": lambda s: s.core.delete(s.Country),
}


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS.keys())
def test_the_mapper_and_the_statement_are_told(shop, statement):
    with shop.Choosing() as session:
        session.execute(statement(shop))

    assert shop.told[0] == (shop.Country, True)


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS.keys())
def test_statements_go_to_the_engine_of_their_class(shop, statement):
    with shop.bound() as session:
        session.execute(statement(shop))


def test_what_is_told_is_told_by_keywords(shop):
    """So that an override may take what it likes."""
    told = []

    class Choosing(shop.orm.Session):
        def get_bind(self, **given):
            told.append(set(given))
            return super().get_bind(**given)

    with Choosing(shop.engines[shop.Country]) as session:
        session.execute(shop.core.select(shop.Country))
        session.execute(shop.core.select(shop.Country.__table__))
        session.execute(shop.core.update(shop.Country).values(name="x"))
        session.connection()
        session.get(shop.Country, "IT")

    assert {"mapper", "clause"} in told
    assert {"clause"} in told
    assert set() in told
    assert not any({"bind"} & given for given in told)


def test_a_session_may_be_given_a_method_of_its_own(shop):
    with shop.orm.Session(shop.engines[shop.Customer]) as session:
        session.get_bind = lambda mapper=None, **_: shop.engines[mapper.class_]
        assert session.scalars(shop.core.select(shop.Country)).all() == []


def test_a_query_is_told_of_too(shop):
    with shop.Choosing() as session:
        assert session.query(shop.Country.name).all() == []
        assert session.query(shop.core.func.count(shop.Country.code)).scalar() == 0

    assert {class_ for class_, _ in shop.told} == {shop.Country}


def test_a_statement_without_a_class_is_told_alone(shop):
    with shop.Choosing() as session:
        assert session.scalar(shop.core.text("SELECT 1")) == 1
        session.execute(shop.core.select(shop.Customer.__table__))

    assert shop.told[0] == (None, True)
    assert shop.told[-1] == (None, True)


def test_tables_of_a_class_below_have_the_engine_of_the_class(library):
    core, orm = library.core, library.orm

    class Base(orm.DeclarativeBase):
        pass

    class Person(Base):
        __tablename__ = "person"
        id = orm.mapped_column(core.Integer, primary_key=True)
        kind = orm.mapped_column(core.String(9))
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "person"}

    class Engineer(Person):
        __tablename__ = "engineer"
        id = orm.mapped_column(core.ForeignKey("person.id"), primary_key=True)
        __mapper_args__ = {"polymorphic_identity": "engineer"}

    other, people = core.create_engine("sqlite://"), core.create_engine("sqlite://")
    Base.metadata.create_all(people)

    with orm.Session(other, binds={Person: people}) as session:
        session.add(Engineer(id=1))
        session.flush()
        assert session.execute(core.select(Engineer.__table__)).all() == [(1,)]
        assert session.get_bind(clause=Engineer.__table__) is people
        assert session.get_bind(clause=Person.__table__) is people
    for engine in (other, people):
        engine.dispose()


class TestTwoDatabases:
    @pytest.fixture(params=["get_bind", "binds"])
    def session(self, shop, request):
        with shop.Choosing() if request.param == "get_bind" else shop.bound() as session:
            italy, france = shop.Country(code="IT"), shop.Country(code="FR")
            for number in range(5):
                session.add(shop.Customer(id=number, country=france if number % 2 else italy))
            session.commit()
            yield session

    def test_relationships_load_from_the_other_database(self, shop, session):
        session.expunge_all()
        customers = session.scalars(shop.core.select(shop.Customer)).all()

        assert [one.country.code for one in customers] == ["IT", "FR", "IT", "FR", "IT"]
        italy = session.get(shop.Country, "IT")
        assert [one.id for one in italy.customers] == [0, 2, 4]

    def test_expired_rows_are_read_again_each_in_its_own(self, shop, session):
        customers = session.scalars(shop.core.select(shop.Customer)).all()
        assert [one.country.code for one in customers] == ["IT", "FR", "IT", "FR", "IT"]

        session.commit()

        assert [one.country.code for one in customers] == ["IT", "FR", "IT", "FR", "IT"]
        assert [one.id for one in customers[1].country.customers] == [1, 3]

    @pytest.mark.parametrize("option", ["selectinload", "immediateload"])
    def test_eager_loading_goes_to_the_other_database(self, shop, session, option):
        session.expunge_all()
        load = getattr(shop.orm, option)

        customers = shop.core.select(shop.Customer).options(load(shop.Customer.country))
        found = session.scalars(customers.order_by(shop.Customer.id)).all()
        assert all("country" in one.__dict__ for one in found)
        assert [one.country.code for one in found] == ["IT", "FR", "IT", "FR", "IT"]

        session.expunge_all()
        countries = shop.core.select(shop.Country).options(load(shop.Country.customers))
        found = session.scalars(countries.order_by(shop.Country.code)).all()
        assert [[one.id for one in country.customers] for country in found] == [[1, 3], [0, 2, 4]]

    def test_merging_and_refreshing_go_where_the_class_is(self, shop, session):
        session.expunge_all()

        merged = session.merge(shop.Customer(id=0, country=shop.Country(code="FR", name="France")))
        session.flush()
        session.refresh(merged)
        session.refresh(merged.country)

        assert (merged.country_code, merged.country.name) == ("FR", "France")

    def test_a_deleted_row_lets_those_in_the_other_database_go(self, shop, session):
        session.delete(session.get(shop.Country, "IT"))
        session.commit()

        codes = shop.core.select(shop.Customer.country_code).order_by(shop.Customer.id)
        assert session.scalars(codes).all() == [None, "FR", None, "FR", None]


# The oracle forgets the arguments when it loads what belongs to the rows.
OWN = pytest.mark.parametrize(
    "library", [SimpleNamespace(core=dovetail, orm=dovetail.orm)], ids=["dovetail"]
)


@OWN
def test_arguments_go_along_with_what_is_loaded_with_the_rows(shop):
    class Sharded(shop.orm.Session):
        def get_bind(self, mapper=None, *, clause=None, bind=None, shard=None, **more):
            shop.told.append((shop.core.inspect(mapper).class_, shard))
            return bind or shop.engines[shop.core.inspect(mapper).class_]

    with Sharded() as session:
        session.add(shop.Customer(id=1, country=shop.Country(code="IT")))
        session.commit()
        session.expunge_all()
        shop.told.clear()

        load = shop.orm.selectinload(shop.Customer.country)
        statement = shop.core.select(shop.Customer).options(load)
        session.scalars(statement, bind_arguments={"shard": 3}).all()

        assert set(shop.told) == {(shop.Customer, 3), (shop.Country, 3)}
        shop.told.clear()
        assert session.scalars(shop.core.select(shop.Customer.id)).all() == [1]
        assert set(shop.told) == {(shop.Customer, None)}


@OWN
def test_an_engine_that_is_given_is_asked_for_all(shop):
    elsewhere = shop.core.create_engine("sqlite://")
    for class_ in shop.engines:
        class_.__table__.create(elsewhere)
    with shop.orm.Session(elsewhere) as session:
        session.add(shop.Customer(id=1, country=shop.Country(code="IT")))
        session.commit()

    with shop.bound() as session:
        load = shop.orm.selectinload(shop.Customer.country)
        statement = shop.core.select(shop.Customer).options(load)
        customer = session.scalars(statement, bind_arguments={"bind": elsewhere}).one()
        assert customer.country.code == "IT"
    elsewhere.dispose()


def test_a_statement_goes_where_what_it_speaks_of_is_bound(library):
    core, orm = library.core, library.orm
    base = orm.declarative_base()

    class User(base):
        __tablename__ = "user"
        id = core.Column(core.Integer, primary_key=True)
        addresses = orm.relationship("Address")

    class Address(base):
        __tablename__ = "address"
        id = core.Column(core.Integer, primary_key=True)
        user_id = core.Column(core.ForeignKey("user.id"))

    class Special(Address):
        __tablename__ = "special"
        id = core.Column(core.ForeignKey("address.id"), primary_key=True)

    view = core.table("user_view", core.Column("id", core.Integer, primary_key=True))
    other = core.table("address_view", core.Column("id", core.Integer, primary_key=True))

    class Joined:
        pass

    base.registry.map_imperatively(
        Joined,
        view.join(other, view.c.id == other.c.id),
        properties={"own": view.c.id, "other": other.c.id},
    )
    first, second, third, usual = (core.create_engine("sqlite://") for _ in range(4))
    session = orm.Session(usual, binds={User: first, Address: second, Joined: third})
    session.bind_table(view, second)
    users, addresses = User.__table__, Address.__table__
    select = core.select
    cases = [
        (select(users).join(User.addresses), first),
        (select(1).join_from(User, Address), first),
        (select(1).join_from(Address, User), second),
        (select(1).select_from(User).join(User.addresses), first),
        (select(1).where(User.id == 1), first),
        (select(core.union_all(select(User), select(User)).subquery()), first),
        (select(1).where(core.exists(select(addresses.c.id))), second),
        (select(select(addresses.c.id).cte()), second),
        (core.union(select(users.c.id), select(users.c.id)), first),
        (addresses.join(users), second),
        (other, third),
        (select(other), third),
        (select(view), second),
        (select(1), usual),
        (core.insert(users).from_select(["id"], select(addresses.c.id)), first),
        (core.text("SELECT 1"), usual),
    ]
    for clause, engine in cases:
        assert session.get_bind(clause=clause) is engine, str(clause)
    assert session.get_bind(User, clause=select(addresses)) is first
    assert session.get_bind(User, clause=select(addresses), bind=second) is second
    assert session.get_bind(Special) is second

    tables = orm.Session(binds={addresses: first, Special.__table__: second})
    assert tables.get_bind(Special) is first
    assert orm.Session(binds={addresses: first}).get_bind(Special) is first
    for engine in (first, second, third, usual):
        engine.dispose()

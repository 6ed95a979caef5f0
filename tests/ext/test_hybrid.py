"""Hybrid attributes: the same program on dovetail and on the oracle."""

from types import SimpleNamespace

import pytest

from dovetail import Integer, exc, update
from dovetail.ext.hybrid import hybrid_property
from dovetail.orm import DeclarativeBase, Mapped, aliased, load_only, mapped_column


def flat(statement):
    return " ".join(str(statement).split())


@pytest.fixture
def world(lib):
    """A class of persons with hybrids of every kind, and one of their pets."""
    hybrid, sa, orm = lib.ext("hybrid"), lib.sa, lib.orm
    hybrid_property = hybrid.hybrid_property

    class FoldingComparator(hybrid.Comparator):
        def operate(self, op, *other, **kwargs):
            others = [sa.func.lower(one) for one in other]
            return op(sa.func.lower(self.__clause_element__()), *others, **kwargs)

    class Named:
        first = orm.mapped_column(sa.String(50))

        @hybrid_property
        def shout(self):
            return self.first + "!"

        @hybrid_property
        def given(self):
            return self.first

    class Person(Named, lib.Base):
        __tablename__ = "person"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        last = orm.mapped_column("last_name", sa.String(50))
        pets = orm.relationship("Pet", back_populates="owner")

        @hybrid_property
        def name(self):
            """First and last."""
            return self.first + " " + self.last

        @name.setter
        def name(self, value):
            self.first, self.last = value.split(" ", 1)

        @name.deleter
        def name(self):
            self.first = self.last = None

        @name.update_expression
        def name(cls, value):
            first, last = value.split(" ", 1)
            return [(cls.first, first), (cls.last, last)]

        @name.inplace.bulk_dml
        @classmethod
        def _fill_name(cls, row, value):
            row["first"], row["last"] = value.split(" ", 1)

        @hybrid_property
        def pet_count(self):
            return len(self.pets)

        @pet_count.inplace.expression
        @classmethod
        def _count_pets(cls):
            return sa.select(sa.func.count(Pet.id)).where(Pet.owner_id == cls.id).scalar_subquery()

        @hybrid_property
        def folded(self):
            return self.first.lower()

        @folded.comparator
        def folded(cls):
            return FoldingComparator(cls.first)

        @hybrid.hybrid_method
        def is_called(self, name):
            return self.first == name

        @hybrid.hybrid_method
        def longer(self, length):
            return len(self.first) > length

        @longer.expression
        def longer(cls, length):
            return sa.func.length(cls.first) > length

        @hybrid_property
        def animals(self):
            return self.pets

    class Pet(lib.Base):
        __tablename__ = "pet"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        owner_id = orm.mapped_column(sa.ForeignKey("person.id"))
        owner = orm.relationship("Person", back_populates="pets")

    session = lib.start(
        Person(first="Ada", last="L", pets=[Pet(), Pet()]), Person(first="Bob", last="M")
    )
    return SimpleNamespace(
        lib=lib, sa=sa, orm=orm, hybrid=hybrid, session=session, Person=Person, Pet=Pet
    )


def test_an_instance_computes_sets_and_deletes(world):
    ada = world.session.get(world.Person, 1)

    assert (ada.name, ada.pet_count, ada.shout) == ("Ada L", 2, "Ada!")
    assert (ada.is_called("Ada"), ada.longer(5)) == (True, False)

    ada.name = "Eve X Y"
    assert (ada.first, ada.last) == ("Eve", "X Y")
    del ada.name
    assert (ada.first, ada.last) == (None, None)
    with pytest.raises(AttributeError):
        ada.shout = "x"
    with pytest.raises(AttributeError):
        del ada.shout


def test_the_constructor_takes_hybrids_with_a_setter(world):
    assert world.Person(name="Eve X").first == "Eve"
    with pytest.raises(AttributeError):
        world.Person(shout="x")


@pytest.mark.parametrize(
    ("make", "rows"),
    [
        (lambda p, sa: sa.select(p.name).order_by(p.name.desc()), ["Bob M", "Ada L"]),
        (lambda p, sa: sa.select(p.name).order_by(p.name), ["Ada L", "Bob M"]),
        (lambda p, sa: sa.select(p.id).where(p.name == "Bob M"), [2]),
        (lambda p, sa: sa.select(p.id).where(p.name.in_(["Bob M", "x"])), [2]),
        (lambda p, sa: sa.select(p.id).where(p.name.like("%L")), [1]),
        (lambda p, sa: sa.select(p.id).where(p.name.between("A", "B")), [1]),
        (lambda p, sa: sa.select(p.id).where(p.name.is_not(None), p.name != "Bob M"), [1]),
        (lambda p, sa: sa.select(p.id).where(~p.name.startswith("A")), [2]),
        (lambda p, sa: sa.select("<" + p.name + ">").order_by(p.id), ["<Ada L>", "<Bob M>"]),
        (lambda p, sa: sa.select(p.shout).filter_by(name="Bob M"), ["Bob!"]),
        (lambda p, sa: sa.select(sa.func.max(p.name)), ["Bob M"]),
        (lambda p, sa: sa.select(sa.func.count(p.id)).group_by(p.name), [1, 1]),
        (lambda p, sa: sa.select(p.name.label("x")).order_by("x"), ["Ada L", "Bob M"]),
        (lambda p, sa: sa.select(p.pet_count).select_from(p).order_by(p.id), [2, 0]),
        (lambda p, sa: sa.select(p.id).where(p.pet_count > 1), [1]),
        (lambda p, sa: sa.select(p.id).where(p.folded == "ADA"), [1]),
        (lambda p, sa: sa.select(p.id).where(p.folded != "ADA"), [2]),
        (lambda p, sa: sa.select(p.folded).where(p.folded.like("AD%")), ["Ada"]),
        (lambda p, sa: sa.select(p.id).where(p.is_called("Bob")), [2]),
        (lambda p, sa: sa.select(p.id).where(p.longer(2)).order_by(p.id), [1, 2]),
        (lambda p, sa: sa.select(p.id).where(p.given == "Ada"), [1]),
        (lambda p, sa: sa.select(p.given).order_by(p.given), ["Ada", "Bob"]),
        (lambda p, sa: sa.select(p.id).join(p.animals).distinct(), [1]),
        (lambda p, sa: sa.select(p.id).where(p.animals.any()), [1]),
        (lambda p, sa: sa.select(sa.select(p.name).subquery().c.name), ["Ada L", "Bob M"]),
        (lambda p, sa: sa.select(p.id).where(
            p.name == sa.select(sa.func.max(p.name)).scalar_subquery()), [2]),
        (lambda p, sa: sa.select(p.name).where(p.id == 1).union(sa.select(p.given))
            .order_by("name"), ["Ada", "Ada L", "Bob"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("of_alias", [False, True])
def test_hybrids_stand_in_statements(world, make, rows, of_alias):
    person = world.orm.aliased(world.Person) if of_alias else world.Person

    assert world.session.scalars(make(person, world.sa)).all() == rows


def test_sql_speaks_of_the_alias(world):
    other = world.orm.aliased(world.Person, name="other")

    assert flat(world.sa.select(other.name).where(other.folded == "x")) == (
        "SELECT other.first || :first_1 || other.last_name AS name FROM person AS other "
        "WHERE lower(other.first) = lower(:lower_1)"
    )
    assert flat(other.is_called("x")) == "other.first = :first_1"


def test_rows_have_the_name_of_the_hybrid(world):
    person = world.Person
    statement = world.sa.select(person.name, person.given, person.pet_count)

    row = world.session.execute(statement.where(person.id == 1)).one()

    assert row._mapping == {"name": "Ada L", "given": "Ada", "pet_count": 2}
    assert [each["name"] for each in statement.column_descriptions] == list(row._fields)
    assert statement.column_descriptions[0]["entity"] is person


def test_an_entity_and_its_hybrid_in_one_row(world):
    person = world.Person

    rows = world.session.execute(world.sa.select(person, person.name).order_by(person.id)).all()

    assert [(each.Person.id, each.name) for each in rows] == [(1, "Ada L"), (2, "Bob M")]


def test_a_known_statement_is_not_compiled_again(world):
    person = world.Person
    for name in ("Ada L", "Bob M"):
        found = world.session.scalars(world.sa.select(person.id).where(person.name == name)).all()
        assert len(found) == 1
    # A hybrid may say another thing each time it is asked: its plan is that of what it says.
    words = iter("ab")
    person.word = world.hybrid.hybrid_property(lambda cls: cls.first + next(words))

    assert world.session.scalars(world.sa.select(person.word).limit(1)).all() == ["Adaa"]
    assert world.session.scalars(world.sa.select(person.word).limit(1)).all() == ["Adab"]


def test_update_sets_what_the_hybrid_says(world):
    person, sa, session = world.Person, world.sa, world.session
    ada = session.get(person, 1)

    session.execute(sa.update(person).where(person.name == "Ada L").values({person.name: "A B"}))
    assert (ada.first, ada.last) == ("A", "B")
    session.execute(sa.update(person).where(person.id == 1).values(name="C D"))
    assert (ada.first, ada.last) == ("C", "D")
    session.execute(sa.update(person).where(person.id == 1).values({person.given: "E"}))
    assert ada.name == "E D"
    session.query(person).filter(person.id == 1).update({"given": "F"})
    assert ada.name == "F D"
    session.query(person).filter_by(name="F D").update({person.name: "G H"})
    assert ada.name == "G H"


def test_many_rows_are_filled_by_the_hybrid(world):
    person, sa, session = world.Person, world.sa, world.session

    session.execute(sa.insert(person), [{"name": "C D"}, {"name": "E F"}])
    session.execute(sa.update(person), [{"id": 1, "name": "X Y"}])
    session.bulk_insert_mappings(person, [{"name": "G H"}])

    found = session.execute(sa.select(person.first, person.last).order_by(person.id)).all()
    assert found == [("X", "Y"), ("Bob", "M"), ("C", "D"), ("E", "F"), ("G", "H")]


def test_a_hybrid_that_says_nothing_of_rows_is_refused(world):
    with pytest.raises(world.sa.exc.InvalidRequestError):
        world.session.execute(world.sa.insert(world.Person), [{"given": "x"}])


def test_a_base_gives_its_hybrids_on(world):
    class Loud(world.lib.Base):
        __tablename__ = "loud"
        id = world.orm.mapped_column(world.sa.Integer, primary_key=True)
        first = world.orm.mapped_column(world.sa.String)

        @world.Person.name.overrides.expression
        def name(cls):
            return cls.first + "?"

        @world.Person.__mro__[1].shout.getter
        def shout(self):
            return self.first + "!!"

    assert Loud(first="x").shout == "x!!"
    assert flat(Loud.shout < "y").replace("(", "").replace(")", "") == (
        "loud.first || :first_1 < :param_1"
    )
    assert flat(world.sa.select(Loud.name)) == "SELECT loud.first || :first_1 AS name FROM loud"


def test_inspection_knows_hybrids(world):
    found = world.sa.inspect(world.Person).all_orm_descriptors

    assert set(found.keys()) >= {"id", "first", "name", "shout", "folded", "is_called"}
    assert found["name"].extension_type is world.hybrid.HybridExtensionType.HYBRID_PROPERTY
    assert found.is_called.extension_type is world.hybrid.HybridExtensionType.HYBRID_METHOD
    assert found["first"].extension_type.name == "NOT_EXTENSION"
    assert found["name"].__name__ == world.Person.name.key == "name"
    assert found["name"].__doc__ == "First and last."
    assert world.Person.name.class_ is world.Person
    assert world.Person.name.parent is world.sa.inspect(world.Person)
    assert str(world.Person.name) == "Person.name"
    with pytest.raises(AttributeError, match="nothing"):
        _ = world.Person.name.nothing


def test_an_expression_without_a_column_cannot_be_set():
    class Base(DeclarativeBase):
        pass

    class Sum(Base):
        __tablename__ = "sum"
        id = mapped_column(Integer, primary_key=True)

        @hybrid_property
        def more(self):
            return self.id + 1

    with pytest.raises(exc.InvalidRequestError, match="update_expression"):
        update(Sum).values(more=3)
    with pytest.raises(exc.ArgumentError, match="mapped attributes"):
        load_only(Sum.more)


def test_classes_below_have_hybrids_of_their_own(lib):
    sa, orm, hybrid_property = lib.sa, lib.orm, lib.ext("hybrid").hybrid_property

    class Animal(lib.Base):
        __tablename__ = "animal"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        kind = orm.mapped_column(sa.String(10))
        name = orm.mapped_column(sa.String(10))
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}

        @hybrid_property
        def title(self):
            return self.name + "."

    class Cat(Animal):
        __mapper_args__ = {"polymorphic_identity": "cat"}

        @Animal.title.overrides.getter
        def title(self):
            return self.name + "!"

    class Dog(Animal):
        __mapper_args__ = {"polymorphic_identity": "dog"}

    session = lib.start(Cat(name="a"), Dog(name="b"))

    assert session.scalars(sa.select(Cat.title)).all() == ["a!"]
    assert session.scalars(sa.select(Dog.title)).all() == ["b."]
    assert session.scalars(sa.select(Animal.title).order_by(Animal.id)).all() == ["a.", "b."]
    assert [animal.title for animal in session.scalars(sa.select(Animal))] == ["a!", "b."]
    assert "title" in set(sa.inspect(Dog).all_orm_descriptors.keys())


def test_what_is_said_of_a_hybrid_in_sql_is_its_text_on_the_class():
    class Base(DeclarativeBase):
        pass

    class A(Base):
        __tablename__ = "a"
        id = mapped_column(Integer, primary_key=True)

        @hybrid_property
        def twice(self):
            """Twice the id."""
            return self.id * 2

        @twice.expression
        def twice(cls):
            """In SQL."""
            return cls.id * 2

        @hybrid_property
        def once(self):
            """The id."""
            return self.id

    assert (A.twice.__doc__, A.once.__doc__) == ("In SQL.", "The id.")


def test_a_comparator_may_have_operators_alone(lib):
    sa, orm, hybrid = lib.sa, lib.orm, lib.ext("hybrid")

    class AnyOf(orm.PropComparator):
        def __init__(self, owner):
            self.owner = owner

        def __eq__(self, other):
            return sa.or_(self.owner.number == other, self.owner.other == other)

        __hash__ = None

    class Fact(lib.Base):
        __tablename__ = "fact"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        number = orm.mapped_column(sa.Integer)
        other = orm.mapped_column(sa.Integer)

        @hybrid.hybrid_property
        def value(self):
            return self.number

        @value.setter
        def value(self, given):
            self.number = given

        @value.comparator
        def value(cls):
            return AnyOf(cls)

    assert hasattr(Fact, "value")
    assert Fact(value=3).number == 3
    assert flat(Fact.value == 2) == "fact.number = :number_1 OR fact.other = :other_1"


def test_the_history_of_a_hybrid_is_that_of_the_attribute_it_stands_for():
    class Base(DeclarativeBase):
        pass

    class Account(Base):
        __tablename__ = "account"
        id: Mapped[int] = mapped_column(primary_key=True)
        held: Mapped[int]

        @hybrid_property
        def balance(self) -> int:
            return self.held

        @hybrid_property
        def twice(self) -> int:
            return self.held * 2

    account = Account(id=1, held=7)
    assert Account.balance.get_history(account) == ([7], (), ())
    assert aliased(Account).balance.get_history(account) == ([7], (), ())
    with pytest.raises(AttributeError, match="twice"):
        Account.twice.get_history(account)

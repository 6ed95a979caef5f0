"""What is told while classes are mapped, one program each, run here and with the oracle."""

from typing import Annotated, Any, Literal, Optional, TypeVar, Union

import pytest
from typing_extensions import TypeAliasType

from dovetail import String
from dovetail.event import listen
from dovetail.exc import ArgumentError, InvalidRequestError
from dovetail.orm import DeclarativeBase, Mapped, TypeResolve, mapped_column
from tests.orm.both import compare, programs

T = TypeVar("T")
Alias = TypeAliasType("Alias", float)
Marked = TypeAliasType("Marked", Annotated[float, 7])
Generic = TypeAliasType("Generic", Annotated[Union[T, float], 7], type_params=(T,))  # noqa: UP007
Perhaps = TypeAliasType("Perhaps", Optional[float])  # noqa: UP045


class Money:
    pass


ANNOTATIONS = (
    *(int, Optional[int], Money, Optional[Money], Alias, Marked, Perhaps),  # noqa: UP045
    *(Annotated[float, 7], Generic[str], Optional[Generic[bytes]]),  # noqa: UP045
    *(list[int], dict[str, Any], Literal["a", "b"]),
)


def annotations_are_told(w):
    told = []
    w.Base.registry.update_type_annotation_map({str: w.sa.String(70)})

    @w.sa.event.listens_for(w.Base, "resolve_type_annotation")
    def tell(question):
        told.append(question)
        if question.resolved_type is not int:
            return w.sa.String
        return None

    for number, annotation in enumerate(ANNOTATIONS):
        column = w.orm.mapped_column(w.sa.Integer, primary_key=True)
        body = {
            "__tablename__": f"t{number}",
            "__annotations__": {"data": w.orm.Mapped[annotation]},
            "id": column,
        }
        made = type(f"Thing{number}", (w.Base,), body)
        found = told.pop()
        yield found.cls is made, found.key, found.registry is w.Base.registry
        # Python keeps Mapped[int | None] for Mapped[Optional[int]], which is equal to it.
        yield found.raw_type == annotation, found.resolved_type
        yield found.raw_pep_593_type, found.pep_593_resolved_argument
        yield found.raw_pep_695_type, found.pep_695_resolved_value
        yield found.resolve(str), found.resolve(int), found.resolve(Money)
        yield made.__table__.c.data.type, made.__table__.c.data.nullable, told


def columns_that_have_a_type_are_not_asked_for(w):
    told = []
    w.sa.event.listen(w.Base.registry, "resolve_type_annotation", told.append)

    class Thing(w.Base):
        __tablename__ = "thing"
        id: w.orm.Mapped[int] = w.orm.mapped_column(w.sa.BigInteger, primary_key=True)

    yield told


def registries_are_told_of_their_own_configuration(w):
    told = []
    other = w.orm.registry()
    for name in ("before_configured", "after_configured"):
        for target in (w.Base, other):
            listener = lambda registry, name=name: told.append((name, registry is other))  # noqa: E731
            w.sa.event.listen(target, name, listener)

    class Thing(w.Base):
        __tablename__ = "thing"
        id = w.orm.mapped_column(w.sa.Integer, primary_key=True)

    w.Base.registry.configure()
    yield told
    w.Base.registry.configure()
    yield told
    table = w.sa.Table("other", other.metadata, w.sa.Column("id", w.sa.Integer, primary_key=True))
    other.map_imperatively(type("Other", (), {}), table)
    w.configure_all()
    yield told


def asking_for_a_mapper_that_knows_all_tells_nobody(w):
    told = []
    for name in ("before_configured", "after_configured"):
        w.sa.event.listen(w.Base, name, lambda registry, name=name: told.append(name))

    class Thing(w.Base):
        __tablename__ = "thing"
        id = w.orm.mapped_column(w.sa.Integer, primary_key=True)
        name = w.orm.mapped_column(w.sa.String(9))
        title = w.orm.synonym("name")

    mapper = w.sa.inspect(Thing)
    yield mapper.columns.keys(), mapper.local_table.name
    yield told
    Thing()
    yield told


def a_mapped_class_and_its_mapper_are_not_told_of_configuration(w):
    class Thing(w.Base):
        __tablename__ = "thing"
        id = w.orm.mapped_column(w.sa.Integer, primary_key=True)

    for target in (Thing, Thing.__mapper__):
        for name in ("before_configured", "after_configured", "resolve_type_annotation"):
            yield w.error(w.sa.event.listen, target, name, print)


def instrumentation(w, told):
    """Listen to all that is told of the classes below the base of *w*."""
    listens_for = w.sa.event.listens_for

    @listens_for(w.Base, "class_instrument")
    def instrumented(cls):
        told.append(("class", cls.__name__))

    @listens_for(w.Base, "class_uninstrument")
    def uninstrumented(cls):
        told.append(("no class", cls.__name__))

    @listens_for(w.Base, "attribute_instrument")
    def attribute(cls, key, inst):
        told.append(("attribute", cls.__name__, key, inst.key))

    @listens_for(w.Base, "attribute_instrument", propagate=False)
    def base_alone(cls, key, inst):
        told.append("the base has no attributes")


def classes_are_told_with_their_attributes(w):
    told = []
    instrumentation(w, told)

    class Owner(w.Base):
        __tablename__ = "owner"
        id = w.orm.mapped_column(w.sa.Integer, primary_key=True)
        name = w.orm.mapped_column(w.sa.String(9))
        label = w.orm.synonym("name")
        things = w.orm.relationship("Thing", backref="owner")

    class Company(Owner):
        __tablename__ = "company"
        id = w.orm.mapped_column(w.sa.ForeignKey("owner.id"), primary_key=True)

    class Thing(w.Base):
        __tablename__ = "thing"
        id = w.orm.mapped_column(w.sa.Integer, primary_key=True)
        owner_id = w.orm.mapped_column(w.sa.ForeignKey("owner.id"))

    yield told
    w.configure_all()
    yield sorted(told)
    told.clear()
    Owner.late = w.sa.Column(w.sa.Integer)
    yield told
    told.clear()
    w.Base.registry.dispose()
    yield told


def listeners_to_all_classes_change_attributes(w):
    event = w.sa.event

    @event.listens_for(object, "attribute_instrument")
    def strip(cls, key, inst):
        if key == "stripped":
            event.listen(inst, "set", lambda target, value, *_: value.strip(), retval=True)

    class Thing(w.Base):
        __tablename__ = "thing"
        id = w.orm.mapped_column(w.sa.Integer, primary_key=True)
        stripped = w.orm.mapped_column(w.sa.String(9))
        kept = w.orm.mapped_column(w.sa.String(9))

    thing = Thing(stripped=" x ", kept=" x ")
    yield thing.stripped, thing.kept
    event.remove(object, "attribute_instrument", strip)


@pytest.mark.parametrize("program", programs(globals()), ids=lambda program: program.__name__)
def test_mapping_is_told_as_the_oracle_tells_it(program):
    compare(program)


def test_an_answer_that_is_no_type_is_refused():
    class Base(DeclarativeBase):
        pass

    listen(Base, "resolve_type_annotation", lambda question: "VARCHAR")

    with pytest.raises(ArgumentError, match="is not a type"):

        class Thing(Base):
            __tablename__ = "thing"
            id: Mapped[int] = mapped_column(primary_key=True)


def test_the_first_listener_that_knows_a_type_is_followed():
    class Base(DeclarativeBase):
        pass

    def never(question: TypeResolve) -> None:
        raise AssertionError(question)

    for answer in (lambda question: None, lambda question: String(7), never):
        listen(Base, "resolve_type_annotation", answer)

    class Thing(Base):
        __tablename__ = "thing"
        id: Mapped[str] = mapped_column(primary_key=True)

    assert Thing.__table__.c.id.type.length == 7


def test_an_abstract_class_is_no_registry():
    class Base(DeclarativeBase):
        pass

    class Half(Base):
        __abstract__ = True

    with pytest.raises(InvalidRequestError, match="no event 'after_configured'"):
        listen(Half, "after_configured", print)

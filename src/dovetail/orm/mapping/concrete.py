"""Classes of a hierarchy that keep all they have in tables of their own."""

from typing import Any, ClassVar

from dovetail.exc import InvalidRequestError
from dovetail.orm.mapping.mapper_view import MapperView
from dovetail.orm.mapping.polymorphic import polymorphic_union


class ConcreteBase:
    """Makes queries of a class find the rows of the classes below, which have their own tables.

    The classes say ``concrete=True`` and have a ``polymorphic_identity`` each; a query of the
    class is one of the UNION of all their tables::

        class Employee(ConcreteBase, Base):
            __tablename__ = "employee"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str]
            __mapper_args__ = {"polymorphic_identity": "employee", "concrete": True}


        class Manager(Employee):
            __tablename__ = "manager"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str]
            budget: Mapped[int]
            __mapper_args__ = {"polymorphic_identity": "manager", "concrete": True}
    """

    _concrete_discriminator_name: ClassVar[str] = "type"
    """What the column of the UNION is called that tells the classes apart."""


class AbstractConcreteBase(ConcreteBase):
    """A :class:`ConcreteBase` without a table: queries of it find what is in those below.

    It can be queried when the mapping is configured.  Its columns are given to each class
    below; ``strict_attrs = True`` lets queries of it speak of these alone.
    """

    __no_table__: ClassVar[bool] = True
    strict_attrs: ClassVar[bool] = False

    @classmethod
    def _create_polymorphic_union(cls, mappers: list[Any], discriminator_name: str) -> Any:
        """What queries of the class select from; one may be made with conditions of its own."""
        tables = {one.polymorphic_identity: one.persist_selectable for one in mappers}
        return polymorphic_union(tables, discriminator_name, "pjoin")


class Elsewhere:
    """An attribute of the class above that a concrete class, which has its own table, lacks."""

    def __init__(self, class_: type, key: str) -> None:
        self.class_ = class_
        self.key = key

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        raise self._error()

    def __set__(self, instance: object, value: object) -> None:
        raise self._error()

    def _error(self) -> AttributeError:
        return AttributeError(
            f"{self.class_.__name__} keeps its rows in a table of its own (concrete=True), and "
            f"has not mapped {self.key!r} there: declare it again in the class"
        )


def union_of(mapper: MapperView) -> Any:
    """What queries of *mapper* select from where classes below have their own tables, or None."""
    name = getattr(mapper.class_, "_concrete_discriminator_name", None)
    tables = {
        one.polymorphic_identity: one.persist_selectable
        for one in mapper.self_and_descendants
        if (one.concrete or one is mapper)
        and one.polymorphic_identity is not None
        and one.persist_selectable is not None
    }
    if name is None or not mapper.children or not tables:
        return None
    for table in tables.values():
        if name in table.c:
            raise InvalidRequestError(
                f"{mapper.class_.__name__}: {table.description!r} has a column {name!r}, as the "
                "UNION of its classes has",
                hint='name that otherwise: _concrete_discriminator_name = "..." in the class',
            )
    return polymorphic_union(tables, name, "pjoin")

"""Attributes that stand for an item of another attribute: a key of an object, a place in an array.

::

    class Person(Base):
        __tablename__ = "person"
        id: Mapped[int] = mapped_column(primary_key=True)
        data: Mapped[dict[str, Any]] = mapped_column(MutableDict.as_mutable(JSON))
        name = index_property("data", "name", default=None)


    person.name = "Ada"  # person.data["name"] = "Ada"
    select(Person).where(Person.name.as_string() == "Ada")
"""

from __future__ import annotations

from typing import Any, Final

from ..orm.tools import flag_modified
from .hybrid import hybrid_property

_NO_DEFAULT: Final = object()


class index_property(hybrid_property[Any]):
    """An attribute that is item *index* of attribute *attr_name*; in SQL too.

    ``default``    what is read where there is no such item: without, AttributeError is raised
    ``datatype``   makes the value of *attr_name* where it is None and an item is set: a
                   dictionary unless given, or a list where *index* is a number
    ``mutable``    items may be set and deleted
    ``onebased``   numbers count from one in SQL, as they do in an array of PostgreSQL

    A class derived from it may override :meth:`expr` to say more in SQL::

        class json_text(index_property):
            def expr(self, model):
                return super().expr(model).as_string()
    """

    def __init__(
        self,
        attr_name: str,
        index: Any,
        default: Any = _NO_DEFAULT,
        datatype: Any = None,
        mutable: bool = True,
        onebased: bool = True,
    ) -> None:
        # What computes is found on the class, so that a derived one may override it.
        self.attr_name = attr_name
        self.index = index
        self.default = default
        self.onebased = onebased
        is_numeric = isinstance(index, int)
        self.datatype: Any = datatype or ((lambda: [None] * (index + 1)) if is_numeric else dict)
        self.fget = self._read
        self.fset = self._write if mutable else None
        self.fdel = self._remove if mutable else None
        self.custom_comparator = self.update_expr = self.bulk_dml_setter = None
        self.__name__ = f"{attr_name}[{index!r}]"
        self.info: dict[Any, Any] = {}

    def _missing(self, error: Exception | None = None) -> Any:
        if self.default is _NO_DEFAULT:
            raise AttributeError(f"{self.attr_name!r} has no item {self.index!r}") from error
        return self.default

    def _read(self, instance: object) -> Any:
        value = getattr(instance, self.attr_name)
        if value is None:
            return self._missing()
        try:
            return value[self.index]
        except (KeyError, IndexError) as error:
            return self._missing(error)

    def _write(self, instance: object, item: object) -> None:
        value = getattr(instance, self.attr_name)
        if value is None:
            setattr(instance, self.attr_name, self.datatype())
            value = getattr(instance, self.attr_name)
        value[self.index] = item
        flag_modified(instance, self.attr_name)

    def _remove(self, instance: object) -> None:
        value = getattr(instance, self.attr_name)
        if value is None:
            raise AttributeError(f"{self.attr_name!r} has no item {self.index!r}")
        try:
            del value[self.index]
        except (KeyError, IndexError) as error:
            raise AttributeError(f"{self.attr_name!r} has no item {self.index!r}") from error
        flag_modified(instance, self.attr_name)

    def expr(self, model: type) -> Any:
        """What the attribute is in SQL, for *model*: the class, or an alias of it."""
        index = self.index
        if self.onebased and isinstance(index, int):
            index += 1
        return getattr(model, self.attr_name)[index]

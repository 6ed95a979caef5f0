"""Which database type an annotation means, and what those are told who decide it."""

from dataclasses import dataclass
from enum import EnumMeta
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from dovetail.exc import MappedAnnotationError
from dovetail.orm.mapping.annotations import (
    MappedAnnotation,
    evaluated,
    value_of_alias,
    without_none,
)
from dovetail.types.contract import TypeEngine, to_instance
from dovetail.types.inference import type_for_annotation
from dovetail.types.structured import Enum


def is_type(value: object) -> bool:
    """True for a type object, and for a type class."""
    return isinstance(value, TypeEngine) or (
        isinstance(value, type) and issubclass(value, TypeEngine)
    )


@dataclass(frozen=True, slots=True)
class TypeResolve:
    """An annotation whose database type is asked for: see ``resolve_type_annotation``.

    ``registry``, ``cls``, ``key``  where it stands: the class, and the attribute
    ``raw_type``                    the annotation inside of ``Mapped[...]``, as it is written
    ``resolved_type``               the type that is left without None, alias and ``Annotated``
    ``raw_pep_695_type``            the type alias, or None
    ``pep_695_resolved_value``      what the alias stands for
    ``raw_pep_593_type``            ``Annotated[...]``, or None
    ``pep_593_resolved_argument``   the type in it
    """

    registry: Any
    cls: Any
    key: str
    raw_type: Any
    resolved_type: Any
    raw_pep_593_type: Any
    raw_pep_695_type: Any
    pep_593_resolved_argument: Any
    pep_695_resolved_value: Any

    def resolve(self, python_type: object) -> TypeEngine[Any] | None:
        """The database type that *python_type* has otherwise, or None where it has none."""
        found = AnnotationTypes(self.registry, self.cls).known(
            MappedAnnotation(python_type, False, None, (), python_type)
        )
        return None if found is None else to_instance(found)


class AnnotationTypes:
    """Finds the database type of an annotation in the body of *class_*.

    Those who listen are asked first, then the registry's map; then it is inferred.
    """

    def __init__(self, registry: Any, class_: type) -> None:
        self.registry = registry
        self.type_map: dict[Any, Any] = registry.type_annotation_map
        self.class_ = class_

    def find(self, annotation: MappedAnnotation, key: str) -> Any:
        """The type; ArgumentError where none is known."""
        found = self._answered(annotation, key) or self.known(annotation)
        if found is None:
            raise MappedAnnotationError(
                f"no database type is known for {annotation.whole!r}, the annotation of "
                f"{self.class_.__name__}.{key}",
                hint=_type_hint(annotation),
            )
        return found

    def _answered(self, annotation: MappedAnnotation, key: str) -> Any:
        """The type that somebody who listens has for *annotation*, or None."""
        listeners = self.registry.dispatch.resolve_type_annotation
        if listeners:
            question = _question(self.registry, self.class_, key, annotation.raw)
            for call in listeners:
                answer = call(question)
                if answer is not None:
                    return to_instance(answer)
        return None

    def known(self, annotation: MappedAnnotation) -> Any:
        """The type of *annotation*, or None."""
        found = self._of_literal(annotation.target) or self._of_whole(annotation.whole)
        if found is not None:
            return found
        for extra in annotation.extras:
            if is_type(extra):
                return extra
        if annotation.collection is None:
            target = annotation.target
            found = self._mapped(target) or self._of_enum(target) or type_for_annotation(target)
        return found

    def _of_whole(self, whole: object) -> Any:
        """The type that the map has for *whole*, for what that is an alias of, or with None."""
        found = self._mapped(whole)
        if isinstance(whole, type):
            return found
        while found is None and (aliased := value_of_alias(whole)) is not None:
            whole = aliased
            found = self._mapped(whole)
        if found is None and get_origin(whole) in (Union, UnionType):
            found = self._mapped(Union[whole, None])  # noqa: UP007 - of any members
        return found

    def _of_literal(self, target: object) -> Any:
        """The type of a ``Literal`` of strings for which the map has options."""
        if get_origin(target) is not Literal:
            return None
        options = self._mapped(target) or self._mapped(Literal)
        values = get_args(target)
        if isinstance(options, Enum) and not options.enums:
            return options.of_strings(values) if all(isinstance(v, str) for v in values) else None
        return None

    def _of_enum(self, target: object) -> Any:
        """The type of an enum class for whose base, ``enum.Enum`` itself, the map has options."""
        bases: tuple[Any, ...] = target.__mro__[1:] if isinstance(target, EnumMeta) else ()
        for base in bases:
            found = self._mapped(base)
            if isinstance(found, Enum):
                class_: Any = target
                return found.of(class_)
        return None

    def _mapped(self, candidate: object) -> Any:
        try:
            return self.type_map.get(candidate)
        except TypeError:
            return None


def _question(registry: object, class_: type, key: str, raw: object) -> TypeResolve:
    raw = evaluated(raw, class_)
    alias = value = annotated = argument = None
    inner = without_none(raw)
    aliased = value_of_alias(inner)
    if aliased is not None:
        alias, inner = inner, without_none(aliased)
        value = inner
    if get_origin(inner) is Annotated:
        annotated, inner = inner, without_none(get_args(inner)[0])
        argument = inner
    return TypeResolve(registry, class_, key, raw, inner, annotated, alias, argument, value)


def _type_hint(annotation: MappedAnnotation) -> str:
    hint = "give one: mapped_column(String), or add it to type_annotation_map"
    if annotation.collection is not None or not isinstance(annotation.target, type):
        return f"if it is a mapped class, add = relationship(); otherwise {hint}"
    return hint

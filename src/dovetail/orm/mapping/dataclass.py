"""Mapped classes that are dataclasses: their constructor, comparison and text."""

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import Field
from functools import wraps
from inspect import get_annotations
from typing import Any, dataclass_transform
from warnings import warn

from dovetail.codegen import Source, compile_function
from dovetail.exc import ArgumentError, InvalidRequestError, SADeprecationWarning
from dovetail.orm.mapping.annotations import (
    Mapped,
    MappedAnnotation,
    understand,
    understand_returned,
)
from dovetail.orm.mapping.composite import Composite, composite
from dovetail.orm.mapping.declared_attr import declared_attr
from dovetail.orm.mapping.properties import (
    ColumnProperty,
    MappedColumn,
    MapperProperty,
    column_property,
    deferred,
    mapped_column,
    writes_defaults,
)
from dovetail.orm.mapping.relationship import RelationshipProperty, relationship
from dovetail.orm.mapping.synonym import Synonym, synonym
from dovetail.orm.tracking.passive import LoaderCallableStatus
from dovetail.orm.tracking.state import state_of
from dovetail.sql.typed_columns import TypedColumns

DONT_SET = LoaderCallableStatus.DONT_SET
_OPTIONS = "__dovetail_dataclass__"


def _options_of(class_: type, name: str) -> Any:
    """What concerns the dataclass in the declaration of attribute *name* of *class_*, or None."""
    declared = next((b.__dict__[name] for b in class_.__mro__ if name in b.__dict__), None)
    # An attribute of a class above is mapped already.
    return getattr(getattr(declared, "prop", declared), "dataclass_options", None)


def _declared_defaults(class_: type, names: list[str]) -> dict[str, Any]:
    """The defaults that mapped attributes of *class_* declare, by name."""
    found: dict[str, Any] = {}
    for name in names:
        options = _options_of(class_, name) or {}
        if "default" in options:
            found[name] = options["default"]
    return found


class _Factory:
    """Stands for "made anew" where a parameter has a factory."""

    def __repr__(self) -> str:
        return "<factory>"


_FACTORY = _Factory()


@dataclass_transform(
    field_specifiers=(mapped_column, relationship, column_property, deferred, composite, synonym)
)
class MappedAsDataclass:
    """Derive a base, a mixin or a mapped class from this: the classes below become dataclasses.

    The keywords are those of ``dataclasses.dataclass``; classes below have them too::

        class Base(MappedAsDataclass, DeclarativeBase, kw_only=True):
            pass


        class User(Base):
            __tablename__ = "user_account"
            id: Mapped[int] = mapped_column(init=False, primary_key=True)
            name: Mapped[str]
            addresses: Mapped[list["Address"]] = relationship(default_factory=list, repr=False)

    A default is not written into a new instance: what was not given is not set, reads as the
    default, and leaves references and columns to one another. A class, or the base of all, that
    says ``_sa_disable_descriptor_defaults = True`` writes them.
    """

    __slots__ = ()

    def __init_subclass__(
        cls,
        init: bool | None = None,
        repr: bool | None = None,
        eq: bool | None = None,
        order: bool | None = None,
        unsafe_hash: bool | None = None,
        match_args: bool | None = None,
        kw_only: bool | None = None,
        dataclass_callable: Callable[..., Any] | None = None,
        **keywords: object,
    ) -> None:
        if issubclass(cls, TypedColumns):
            super().__init_subclass__(**keywords)
            return
        options = chosen(
            init=init,
            repr=repr,
            eq=eq,
            order=order,
            unsafe_hash=unsafe_hash,
            match_args=match_args,
            kw_only=kw_only,
            dataclass_callable=dataclass_callable,
        )
        is_mapped = not cls.__dict__.get("__abstract__") and any(
            "__declares_nothing__" in vars(base)
            for above in cls.__bases__
            if "__declares_nothing__" not in vars(above)
            for base in above.__mro__[1:]
        )
        options = {**getattr(cls, _OPTIONS, {}), **options}
        make_dataclass(cls, options, is_mapped=is_mapped)
        super().__init_subclass__(**keywords)


def chosen(**options: object) -> dict[str, Any]:
    """Those of *options* that were given."""
    return {name: value for name, value in options.items() if value is not None}


@dataclass_transform(
    field_specifiers=(mapped_column, relationship, column_property, deferred, composite, synonym)
)
def unmapped_dataclass(
    class_: type | None = None,
    /,
    *,
    init: bool | None = None,
    repr: bool | None = None,
    eq: bool | None = None,
    order: bool | None = None,
    unsafe_hash: bool | None = None,
    match_args: bool | None = None,
    kw_only: bool | None = None,
    dataclass_callable: Callable[..., Any] | None = None,
) -> Any:
    """Make the decorated class, a mixin, a dataclass that mapped dataclasses may derive from."""
    options = chosen(
        init=init,
        repr=repr,
        eq=eq,
        order=order,
        unsafe_hash=unsafe_hash,
        match_args=match_args,
        kw_only=kw_only,
        dataclass_callable=dataclass_callable,
    )

    def make(class_: type) -> type:
        make_dataclass(class_, options)
        return class_

    return make if class_ is None else make(class_)


def is_dataclass_of_ours(class_: type) -> bool:
    """True where *class_* itself was made a dataclass here."""
    return _OPTIONS in class_.__dict__


def make_dataclass(class_: type, options: dict[str, Any], *, is_mapped: bool = False) -> None:
    """Make *class_*, which *is_mapped* later or not, a dataclass; its declarations stay."""
    if is_mapped:
        _refuse_given_table(class_)
        _refuse_plain_mixins(class_)
    _refuse_fields_with_declarations(class_)
    annotations = get_annotations(class_)
    mapped = _mapped_annotations(class_, annotations)
    made = _made_by_methods(class_, mapped) if is_mapped else {}
    mapped.update({name: said for name, (said, _) in made.items()})
    declared = {name: class_.__dict__[name] for name in mapped if name in class_.__dict__}
    order = list(class_.__dict__)
    rest = {
        name: value
        for name, value in class_.__dict__.items()
        if name not in mapped
        and name in annotations
        and isinstance(value, (MappedColumn, MapperProperty))
    }
    for name in rest:
        type.__delattr__(class_, name)
    for name, said in mapped.items():
        value = made[name][1] if name in made else declared.get(name)
        type.__setattr__(class_, name, _field(class_, name, value, said))
    own = {name: said for name, said in annotations.items() if name not in rest}
    wrapped: Any = Mapped
    own.update({name: wrapped[said.raw] for name, (said, _) in made.items()})
    make = dict(options)
    call = make.pop("dataclass_callable", dataclasses.dataclass)
    if _is_declarative_base(class_):
        # It has the constructor of its registry, for classes that get none.
        make["init"] = False
    class_.__annotations__ = own
    try:
        call(class_, **make)
    except (TypeError, ValueError) as error:
        raise InvalidRequestError(
            f"class {class_.__name__} can't be a dataclass: {error}",
            hint="use default_factory="
            if isinstance(error, ValueError)
            else "give defaults to the later attributes too, or use kw_only=True or init=False",
        ) from error
    finally:
        class_.__annotations__ = annotations
        for name in mapped:
            if name not in declared and name in class_.__dict__:
                type.__delattr__(class_, name)
        _put_back(class_, order, {**declared, **rest})
    type.__setattr__(class_, _OPTIONS, options)
    if not writes_defaults(class_):
        _check_defaults_of_synonyms(class_, mapped)
    if make.get("init", True):
        other = None if call is dataclasses.dataclass else class_.__dict__.get("__init__")
        constructor = _constructor(class_) if other is None else _constructor_by(class_, other)
        type.__setattr__(class_, "__init__", constructor)


def _put_back(class_: type, order: list[str], declared: dict[str, Any]) -> None:
    """Put what was *declared* back on *class_*, whose attributes have the *order* of its body.

    The order of a table's columns is that of the body.
    """
    for name in order:
        if name.startswith("__") and name.endswith("__"):
            continue
        if name in class_.__dict__:
            declared.setdefault(name, class_.__dict__[name])
            type.__delattr__(class_, name)
        if name in declared:
            type.__setattr__(class_, name, declared[name])


def _mapped_annotations(class_: type, annotations: dict[str, Any]) -> dict[str, MappedAnnotation]:
    """What the *annotations* of *class_* say of attributes that are mapped, or made by extensions.

    What an extension makes is a field as well: an association proxy.
    """
    understood = {name: understand(said, class_) for name, said in annotations.items()}
    mapped = {name: said for name, said in understood.items() if said is not None}
    for name, said in annotations.items():
        value = class_.__dict__.get(name)
        if name not in mapped and hasattr(value, "dataclass_options"):
            if not isinstance(value, (MappedColumn, MapperProperty)):
                mapped[name] = MappedAnnotation(said, False, None, (), said)
    return mapped


def _is_declarative_base(class_: type) -> bool:
    """Whether *class_* is one from which mapped classes derive, and derives from none itself."""
    return any("__declares_nothing__" in vars(base) for base in class_.__bases__)


def _made_by_methods(class_: type, known: Iterable[str]) -> dict[str, tuple[MappedAnnotation, Any]]:
    """(annotation, declaration) of what declaring methods make for *class_*, by attribute."""
    found: dict[str, tuple[MappedAnnotation, Any]] = {}
    seen = set(known)
    for base in class_.__mro__:
        if "__mapper__" in base.__dict__:
            break
        for name, value in base.__dict__.items():
            if name in seen:
                continue
            seen.add(name)
            if isinstance(value, declared_attr):
                said = understand_returned(value.function, base)
                if said is not None:
                    found[name] = said, value.__get__(None, class_)
    return found


def _refuse_given_table(class_: type) -> None:
    """Refuse a table that is given: its columns would be no fields."""
    if class_.__dict__.get("__table__") is not None:
        raise InvalidRequestError(
            f"class {class_.__name__} is to be a dataclass, and has a __table__: attributes that "
            "are not declared in its body would be no fields",
            hint="declare the columns: mapped_column(); or map a plain dataclass imperatively",
        )


def _refuse_plain_mixins(class_: type) -> None:
    """Refuse columns of a mixin that is no dataclass: they would be missing here."""
    above = [base for base in class_.__mro__[1:] if dataclasses.is_dataclass(base)]
    for base in class_.__mro__[1:]:
        if "__mapper__" in base.__dict__ or any(issubclass(one, base) for one in above):
            continue
        for name, said in get_annotations(base).items():
            if understand(said, base) is not None:
                raise InvalidRequestError(
                    f"class {class_.__name__} is to be a dataclass, and has the attribute {name!r} "
                    f"from {base.__name__}, which is none",
                    hint=f"derive {base.__name__} from MappedAsDataclass, or decorate it with "
                    "@unmapped_dataclass",
                )


def _refuse_fields_with_declarations(class_: type) -> None:
    """Refuse the form of plain dataclasses, which declare in the metadata of their fields."""
    place = getattr(class_, "__sa_dataclass_metadata_key__", None)
    if place is None:
        return
    for name, value in class_.__dict__.items():
        if isinstance(value, dataclasses.Field) and place in value.metadata:
            raise InvalidRequestError(
                f"{class_.__name__}.{name} declares in the metadata of a field what is mapped, "
                "and the class is made a dataclass here",
                hint=f"write {name}: Mapped[…] = mapped_column(…), or decorate the class with "
                "@dataclass and @registry.mapped",
            )


def _field(class_: type, name: str, value: object, annotation: MappedAnnotation) -> Any:
    """The field of the attribute *name* of *class_*, which is declared as *value*."""
    title = f"{class_.__name__}.{name}"
    options = dict(getattr(value, "dataclass_options", {}))
    for extra in annotation.extras:
        if isinstance(extra, MappedColumn):
            options = {**extra.dataclass_options, **options}
    metadata = options.pop("dataclass_metadata", None)
    if isinstance(value, ColumnProperty) and not value.is_given:
        options.setdefault("init", False)
    if isinstance(value, RelationshipProperty):
        _check_default_of_collection(value, annotation, options, title)
    if isinstance(value, MappedColumn) and callable(options.get("default")):
        warn(
            f"{title}: default= of a mapped dataclass is the value itself, and a callable was "
            "given: default_factory= is called for each new instance, insert_default= with each "
            "INSERT",
            SADeprecationWarning,
            stacklevel=2,
        )
    elif writes_defaults(class_) or isinstance(value, Composite):
        # The value of a composite is made of columns: a default is written into them.
        if "default" in options and not options.get("init", True):
            default = options.pop("default")
            options["default_factory"] = lambda: default
    elif "default" in options:
        options["default"] = DONT_SET
    elif getattr(value, "is_relationship", False) and options.get("default_factory") in _EMPTY:
        # Collections are there when they are asked for.
        options["default"] = DONT_SET
        del options["default_factory"]
    return dataclasses.field(metadata=metadata, **options)


def _check_default_of_collection(
    prop: RelationshipProperty, annotation: MappedAnnotation, options: dict[str, Any], title: str
) -> None:
    """Refuse a ``default_factory`` that makes another collection than that of the relationship."""
    factory = options.get("default_factory")
    expected = prop.collection_class or annotation.collection
    if hasattr(expected, "lazy") or prop.is_writer:
        # What is never loaded whole begins as a list of what is to be added.
        expected = list
    if factory is not None and expected is not None and factory is not expected:
        name = getattr(expected, "__name__", expected)
        raise ArgumentError(
            f"{title}: default_factory= is {factory!r}, and the collection is made by {name}",
            hint=f"default_factory={name}; what every new instance begins with is put there by "
            "__post_init__()",
        )


def _check_defaults_of_synonyms(class_: type, names: Iterable[str]) -> None:
    """Refuse the default of a synonym where the attribute that it stands for has another one."""
    for name in names:
        declared = class_.__dict__.get(name)
        if not isinstance(declared, Synonym) or "default" not in declared.dataclass_options:
            continue
        default = declared.dataclass_options["default"]
        meant = _options_of(class_, declared.name)
        if meant is None or ("default" in meant and meant["default"] == default):
            continue
        says = f"the default {meant['default']!r}" if "default" in meant else "none"
        raise ArgumentError(
            f"{class_.__name__}.{name} has the default {default!r}, and {declared.name}, which it "
            f"stands for, has {says}",
            hint="give both the same default",
        )


_EMPTY = (list, set, dict)


def _constructor(class_: Any) -> Callable[..., None]:
    """The constructor: it sets what is given, and no more."""
    source = Source(f"construct {class_.__qualname__}")
    source.use("begin", begin)
    source.use("DONT_SET", DONT_SET)
    source.use("FACTORY", _FACTORY)
    fields = [
        field
        for field in class_.__dataclass_fields__.values()
        if field._field_type.name != "_FIELD_CLASSVAR"
    ]
    given = [field for field in fields if field.init]
    defaults = _declared_defaults(class_, [field.name for field in fields])
    parts = [_parameter(field, source) for field in given if not field.kw_only]
    named = [_parameter(field, source) for field in given if field.kw_only]
    if named:
        parts += ["*", *named]
    passed: list[str] = []
    with source.block(f"def __init__({', '.join(['self', *parts])}):"):
        source.line("is_mapped = begin(self)")
        for field in fields:
            if field._field_type.name == "_FIELD_INITVAR":
                passed.append(field.name)
            else:
                _write_setting(field, source, defaults)
        if hasattr(class_, "__post_init__"):
            source.line(f"self.__post_init__({', '.join(passed)})")
    made = compile_function(source, "__init__")
    made.__qualname__ = f"{class_.__qualname__}.__init__"
    made.__module__ = class_.__module__
    return made


def _constructor_by(class_: Any, made: Callable[..., None]) -> Callable[..., None]:
    """The constructor where *made* is that of another maker of dataclasses, which may validate.

    It fills a draft, that may be done by writing into a ``__dict__``; what it has put there is set.
    """
    names = frozenset(class_.__dataclass_fields__)
    defaults = _declared_defaults(class_, list(names))
    goes_on = hasattr(class_, "__post_init__")

    class Draft:
        __slots__ = ("__dict__", "_passed_on")

        def __getattr__(self, name: str) -> Any:
            return getattr(class_, name)

        def __post_init__(self, *given: object) -> None:
            self._passed_on = given

    @wraps(made)
    def construct(self: Any, *args: object, **named: object) -> None:
        is_mapped = begin(self)
        draft: Any = Draft()
        draft._passed_on = ()
        made(draft, *args, **named)
        for name, value in draft.__dict__.items():
            if name in names and (value is not DONT_SET or not is_mapped):
                setattr(self, name, defaults.get(name) if value is DONT_SET else value)
        if goes_on:
            self.__post_init__(*draft._passed_on)

    return construct


def _parameter(field: Field[Any], source: Source) -> str:
    if field.default_factory is not dataclasses.MISSING:
        return f"{field.name}=FACTORY"
    if field.default is DONT_SET:
        return f"{field.name}=DONT_SET"
    if field.default is not dataclasses.MISSING:
        return f"{field.name}={source.use(f'default_of_{field.name}', field.default)}"
    return str(field.name)


def begin(instance: object) -> bool:
    """Give *instance* its state; False where its class is a mixin that is not mapped itself."""
    if getattr(type(instance), "__mapper__", None) is None:
        return False
    state_of(instance)
    return True


def _write_setting(field: Field[Any], source: Source, defaults: dict[str, Any]) -> None:
    name = field.name
    if field.default_factory is not dataclasses.MISSING:
        factory = source.use(f"make_{name}", field.default_factory)
        if field.init:
            source.line(f"self.{name} = {factory}() if {name} is FACTORY else {name}")
        else:
            source.line(f"self.{name} = {factory}()")
    elif not field.init:
        return
    elif field.default is DONT_SET:
        with source.block(f"if {name} is not DONT_SET:"):
            source.line(f"self.{name} = {name}")
        if name in defaults:
            default = source.use(f"default_of_{name}", defaults[name])
            with source.block("elif not is_mapped:"):
                source.line(f"self.{name} = {default}")
    else:
        source.line(f"self.{name} = {name}")

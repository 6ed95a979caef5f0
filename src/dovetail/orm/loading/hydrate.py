"""Hydrators: functions, made for one row layout, that turn rows into instances.

Such a function is the innermost loop of every query.  What it does not need for its layout
(a converter, a composite key, a joined collection) is not in its text.
"""

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from dovetail.codegen import Source, compile_function
from dovetail.orm.loading.layout import (
    BundleLayout,
    ColumnLayout,
    EntityLayout,
    JoinedLayout,
    RowLayout,
)
from dovetail.orm.loading.tree import NO_TREE
from dovetail.orm.mapping.construct import dict_setter
from dovetail.orm.mapping.mapper import Mapper
from dovetail.orm.tracking.expiry import Whole, forget_own_changes
from dovetail.orm.tracking.state import InstanceState, Load, forget
from dovetail.types.contract import TypeEngine

SHARED_KEYS = 24 if sys.version_info < (3, 13) else 0
"""How many values are stored one by one in an instance's own dictionary.

Until CPython 3.12 such a dictionary shares its keys with those of its class, up to 30 of them,
and is smaller than one of its own; since 3.13 it has room for 30 keys from the start.
"""


def adopt(state: InstanceState, load: Load) -> None:
    """Let what the options of *load* say of later reads hold for *state*, which was here."""
    before = state.load
    options = load.options.over(before.options or NO_TREE)
    if options is not before.options:
        state.load = load.part(before.mapper, options)
        state.load.batch.append(state)


class Kind(NamedTuple):
    """What rows with one value of the discriminator are made into.

    ``lacking``   attributes that are read when they are touched; None if none
    ``variant``   which of the layout's variants has the columns that they have besides; 0 if none
    """

    class_: type
    load: Any
    set_state: Callable[[Any, Any], None]
    lacking: frozenset[str] | None
    variant: int


class KindsOfRows:
    """Which classes the rows of a hierarchy make instances of, by their discriminator.

    ``variants``  by mapper, the number of the variant that its instances have; 0 for none
    """

    def __init__(self, entity: EntityLayout) -> None:
        mapper = entity.mapper
        loaded = {name for name, _, _ in entity.columns}
        columns = dict(entity.kinds)
        variants = entity.variants
        self.variants: dict[Any, int] = {}
        self._mappers: list[tuple[Any, Any, frozenset[str] | None]] = []
        for one in mapper.self_and_descendants:
            own = columns.get(one)
            self.variants[one] = variants.index(own) + 1 if own else 0
            if one.polymorphic_identity is not None:
                here = loaded.union(name for name, _, _ in own or ())
                lacking = frozenset(
                    key
                    for key, prop in one.column_attrs.items()
                    if key not in mapper.column_attrs and key not in here and entity.completes(prop)
                )
                self._mappers.append((one, one.polymorphic_identity, lacking or None))

    def kinds(self, load: Load) -> dict[Any, Kind]:
        """What a row becomes, by the discriminator's value."""
        return {
            identity: Kind(
                mapper.class_, load.part(mapper), mapper.set_state, lacking, self.variants[mapper]
            )
            for mapper, identity, lacking in self._mappers
        }


def left_expired(state: InstanceState, names: frozenset[str]) -> frozenset[str] | None:
    """What of *state* is still to be read again when the columns *names* have been.

    What was loaded though its mapping defers it is no part of what expires as a whole.
    """
    stale: frozenset[str] = state.stale or frozenset()
    options = state.load.options
    if type(stale) is Whole and options is not None:
        attrs = state.load.mapper.column_attrs
        stale |= {k for k, prop in attrs.items() if prop.deferred and options.loads_column(prop)}
    return (stale - names) or None


def _has_deferred(mapper: Mapper) -> bool:
    return any(p.deferred for one in mapper.self_and_descendants for p in one.column_attrs.values())


class AbsentFromRows:
    """What rows do not have of instances that they overwrite, by the mapper of the instance."""

    def __init__(self, entity: EntityLayout) -> None:
        self._entity = entity
        self._known: dict[Any, tuple[tuple[str, ...], frozenset[str] | None]] = {}

    def of(self, mapper: Mapper) -> tuple[tuple[str, ...], frozenset[str] | None]:
        """(attributes that are held no longer, those of them that are read when touched)."""
        found = self._known.get(mapper)
        if found is None:
            found = self._known[mapper] = self._find(mapper)
        return found

    def _find(self, mapper: Mapper) -> tuple[tuple[str, ...], frozenset[str] | None]:
        entity = self._entity
        here = {name for name, _, _ in entity.columns}
        here.update(name for name, _, _ in dict(entity.kinds).get(mapper) or ())
        absent = [
            (key, prop)
            for key, prop in mapper.column_attrs.items()
            if key not in here and key not in mapper.keys_set and not prop.is_query_expression
        ]
        lacking = frozenset(
            key
            for key, prop in absent
            if key not in entity.mapper.column_attrs and entity.completes(prop)
        )
        return (*(key for key, _ in absent), *mapper.named_relationships.keys()), lacking or None


Hydrator = Callable[[list[Any], list[Any], list[dict[Any, Any]]], list[Any]]


def make_hydrator(
    layout: RowLayout, dialect: Any, *, populate_existing: bool = False, refreshes: bool = False
) -> Hydrator:
    """The function ``hydrate(rows, loads, members)`` for *layout*; it returns what rows stand for.

    Without a *dialect* the values are taken as they are: somebody has converted them.
    ``loads`` has a Load for each entity, by number; ``members`` a dictionary for each, in which
    the instances are noted for which something is to be loaded later.  One that *refreshes*
    leaves what was here already with its peers and its options.
    """
    writer = HydratorWriter(layout, dialect, populate_existing, refreshes)
    return compile_function(writer.source, "hydrate")


def makes_its_own(mapper: Mapper) -> bool:
    """True where the class of *mapper*, or one below, has a ``__new__``."""
    return any(one.class_.__new__ is not object.__new__ for one in mapper.self_and_descendants)


def made(class_: Any) -> Any:
    """An instance of *class_*, made by its own ``__new__``."""
    return class_.__new__(class_)


class HydratorWriter:
    """Writes the text of one hydrator."""

    def __init__(
        self, layout: RowLayout, dialect: Any, populate_existing: bool, refreshes: bool
    ) -> None:
        self.layout = layout
        self.dialect = dialect
        self.populate_existing = populate_existing
        self.refreshes = refreshes
        self.reads: dict[tuple[int, Any], str] = {}
        names = ", ".join(
            f"{entity.mapper.class_.__qualname__}({', '.join(c[0] for c in entity.columns)})"
            for entity in layout.entities
        )
        self.source = Source(f"hydrate {names}")
        self.source.use("State", InstanceState)
        self.source.use("forget", forget)
        self._write()

    # The function ---------------------------------------------------------------------------

    def _write(self) -> None:
        source = self.source
        for entity in self.layout.entities:
            self._name_entity(entity)
            self._write_existing(entity)
        with source.block("def hydrate(rows, loads, members):"):
            for entity in self.layout.entities:
                self._write_opening(entity)
            source.line("result = []")
            source.line("give = result.append")
            if self.layout.has_collections:
                source.line("seen = set()")
            with source.block(f"for {self._row()} in rows:"):
                for item in self.layout.items:
                    if isinstance(item, EntityLayout):
                        self._write_entity(item, None)
                self._write_giving()
            for entity in self.layout.entities:
                self._write_closing(entity)
            source.line("return result")

    def _row(self) -> str:
        used = {position for entity in self.layout.entities for position in entity.positions}
        used |= {position for entity in self.layout.entities for position, _ in entity.keys}
        used |= {e.discriminator[0] for e in self.layout.entities if e.discriminator is not None}
        for item in self.layout.items:
            if isinstance(item, ColumnLayout):
                used.add(item.position)
            elif isinstance(item, BundleLayout):
                used.update(column.position for column in item.columns())
        names = [f"c{n}" if n in used else "_" for n in range(self.layout.width)]
        return ", ".join(names) + ("," if len(names) == 1 else "")

    def _name_entity(self, entity: EntityLayout) -> None:
        number = entity.number
        class_ = entity.mapper.class_
        self.source.use(f"Class{number}", class_)
        self.source.use(f"new{number}", made if makes_its_own(entity.mapper) else object.__new__)
        self.source.use(f"set_state{number}", entity.mapper.set_state)
        if entity.discriminator is not None:
            rows = KindsOfRows(entity)
            self.source.use(f"rows{number}", rows)
            self.source.use(f"variant_of{number}", rows.variants.get)
            self.source.use(f"no_such{number}", entity.mapper.no_such_identity)

    def _write_opening(self, entity: EntityLayout) -> None:
        line = self.source.line
        n = entity.number
        line(f"load{n} = loads[{n}]")
        line(f"identity{n} = load{n}.identity")
        line(f"find{n} = identity{n}.get")
        line(f"track{n} = load{n}.batch.append")
        if entity.discriminator is not None:
            line(f"kinds{n} = rows{n}.kinds(load{n})")
            line(f"own{n} = tuple(kind[1] for kind in kinds{n}.values())")
        if self._overwrites(entity):
            line(f"fill{n} = existing{n}")
        else:
            line(f"fill{n} = existing{n} if load{n}.refreshed is None else noting{n}")
        if entity.later or entity.completed:
            line(f"members{n} = members[{n}]")
        for index, joined in enumerate(entity.joined):
            if joined.prop.uselist:
                line(f"buckets{n}_{index} = {{}}")
                line(f"find_bucket{n}_{index} = buckets{n}_{index}.get")
                line(f"owners{n}_{index} = []")

    def _write_entity(self, entity: EntityLayout, parent: EntityLayout | None) -> None:
        n = entity.number
        if entity.nullable:
            either = " and " if entity.mapper.has_partial_keys else " or "
            absent = either.join(f"c{position} is None" for position, _ in entity.keys)
            with self.source.block(f"if {absent}:"):
                self.source.line(f"entity{n} = None")
            with self.source.block("else:"):
                self._write_present(entity)
        else:
            self._write_present(entity)

    def _write_present(self, entity: EntityLayout) -> None:
        line, block = self.source.line, self.source.block
        n = entity.number
        key = self._key(entity)
        if entity.keeps_apart:
            self._write_kind(entity)
            line(f"state{n} = kind{n}[1].identity.get({key})")
        else:
            line(f"state{n} = find{n}({key})")
        with block(f"if state{n} is None or (entity{n} := state{n}()) is None:"):
            if entity.discriminator is not None:
                self._write_polymorphic(entity, key)
            else:
                if entity.asserted is not None:
                    self._write_refusal(entity, entity.asserted)
                line(f"entity{n} = new{n}(Class{n})")
                self._write_values(entity)
                line(f"state{n} = State(entity{n}, forget)")
                line(f"state{n}.row_key = {key}")
                line(f"state{n}.load = load{n}")
                line(f"state{n}.committed = state{n}.stale = state{n}.extra = None")
                line(f"set_state{n}(entity{n}, state{n})")
                line(f"identity{n}[{key}] = state{n}")
                line(f"track{n}(state{n})")
        elsewhere = f"not in own{n}" if entity.discriminator is not None else f"is not load{n}"
        with block(f"elif state{n}.load {elsewhere}:"):
            line(f"fill{n}({self._existing_arguments(entity)})")
        if entity.later or entity.completed:
            line(f"members{n}[state{n}] = entity{n}")
        for index, joined in enumerate(entity.joined):
            if entity.mapper.isa(joined.prop.parent):
                self._write_joined(entity, index, joined)
                continue
            owner = self.source.use(f"Owner{n}_{index}", joined.prop.parent.class_)
            with block(f"if isinstance(entity{n}, {owner}):"):
                self._write_joined(entity, index, joined)

    def _write_polymorphic(self, entity: EntityLayout, key: str) -> None:
        """Write what makes an instance of the class that the discriminator names."""
        line, block = self.source.line, self.source.block
        n = entity.number
        if not entity.keeps_apart:
            self._write_kind(entity)
        line(f"entity{n} = new{n}(kind{n}[0])")
        self._write_values(entity)
        for text, variant in self._branches(entity, f"kind{n}[4]"):
            with block(text):
                for name, position, type_ in variant:
                    line(f"entity{n}.__dict__[{name!r}] = {self._read(position, type_)}")
        line(f"state{n} = State(entity{n}, forget)")
        line(f"state{n}.row_key = {key}")
        line(f"state{n}.load = kind{n}[1]")
        line(f"state{n}.committed = state{n}.extra = None")
        line(f"state{n}.stale = kind{n}[3]")
        line(f"kind{n}[2](entity{n}, state{n})")
        identity = f"kind{n}[1].identity" if entity.keeps_apart else f"identity{n}"
        line(f"{identity}[{key}] = state{n}")
        line(f"kind{n}[1].batch.append(state{n})")

    def _write_kind(self, entity: EntityLayout) -> None:
        """Write what finds out of which class the row is."""
        n = entity.number
        assert entity.discriminator is not None
        told = self._read(*entity.discriminator)
        self.source.line(f"kind{n} = kinds{n}.get({told})")
        with self.source.block(f"if kind{n} is None:"):
            self.source.line(f"raise no_such{n}({told})")

    def _write_refusal(self, entity: EntityLayout, asserted: tuple[int, Any]) -> None:
        """Write what refuses a row of another class."""
        n, mapper = entity.number, entity.mapper
        told = self._read(*asserted)
        own = self.source.use(f"own_identity{n}", mapper.polymorphic_identity)
        with self.source.block(f"if {told} != {own}:"):
            no_such = self.source.use(f"no_such{n}", mapper.no_such_identity)
            self.source.line(f"raise {no_such}({told})")

    @staticmethod
    def _branches(entity: EntityLayout, number: str) -> list[tuple[str, list[Any]]]:
        """(text that asks for it, columns) of each variant; *number* says which one is met."""
        return [
            (f"{'if' if place == 1 else 'elif'} {number} == {place}:", variant)
            for place, variant in enumerate(entity.variants, 1)
        ]

    def _key(self, entity: EntityLayout) -> str:
        parts = [self._read(position, type_) for position, type_ in entity.keys]
        if len(parts) == 1:
            if parts[0].isidentifier():
                return parts[0]
            # Converted once; the attribute and the identity map share the value.
            name = f"key{entity.number}"
            self.source.line(f"{name} = {parts[0]}")
            return name
        name = f"key{entity.number}"
        self.source.line(f"{name} = ({', '.join(parts)})")
        return name

    def _write_values(self, entity: EntityLayout) -> None:
        """Write what gives a new instance its values."""
        line, n = self.source.line, entity.number
        values = self._values(entity)
        if len(values) > SHARED_KEYS and not makes_its_own(entity.mapper):
            set_values = self.source.use(f"set_values{n}", dict_setter(entity.mapper.class_))
            line(f"{set_values}(entity{n}, {_literal(values)})")
            return
        line(f"values = entity{n}.__dict__")
        for name, text in values:
            line(f"values[{name!r}] = {text}")

    def _values(self, entity: EntityLayout) -> list[tuple[str, str]]:
        """The names of the attributes in a row, and what reads each."""
        values = [(name, self._read(position, type_)) for name, position, type_ in entity.columns]
        return values + [(prop.key, "None") for prop in entity.empty if not prop.uselist]

    def _read(self, position: int, type_: TypeEngine[Any]) -> str:
        text = self.reads.get((position, type_))
        if text is None:
            text = self.reads[position, type_] = self._conversion(f"c{position}", type_)
        return text

    def _conversion(self, name: str, type_: Any) -> str:
        conversion = None if self.dialect is None else type_.result_conversion(self.dialect)
        if conversion is None:
            return name
        convert = self.source.use_unique(f"convert_{name}", conversion.function)
        if conversion.takes_none:
            return f"{convert}({name})"
        return f"None if {name} is None else {convert}({name})"

    # What is in the identity map already -------------------------------------------------------

    def _overwrites(self, entity: EntityLayout) -> bool:
        """True where a row replaces what an instance holds."""
        return self.populate_existing or bool(entity.mapper.always_refresh)

    def _existing_arguments(self, entity: EntityLayout) -> str:
        names = [f"state{entity.number}", f"entity{entity.number}", f"load{entity.number}"]
        return ", ".join([*names, *(f"c{position}" for position in entity.positions)])

    def _write_existing(self, entity: EntityLayout) -> None:
        """Write the function that fills, or overwrites, an instance that was loaded before."""
        line, block = self.source.line, self.source.block
        arguments = ", ".join(["state", "instance", "load", *(f"c{p}" for p in entity.positions)])
        with block(f"def existing{entity.number}({arguments}):"):
            line("values = instance.__dict__")
            if self._overwrites(entity):
                self._write_overwriting(entity)
            else:
                self._write_filling(entity)
        line("")
        if not self._overwrites(entity):
            with block(f"def noting{entity.number}({arguments}):"):
                self._write_noting(entity, arguments)
            line("")

    def _write_noting(self, entity: EntityLayout, arguments: str) -> None:
        """Write what fills an instance, where somebody listens: what it lacked is told too."""
        line, block, n = self.source.line, self.source.block, entity.number
        names = self._loaded_names(entity)
        line("known = (instance.__dict__, state.committed or (), state.stale or ())")
        line(f"lacking = {names}.difference(*known)")
        with block("if lacking:"):
            line("load.refreshed.append((state, lacking))")
        line(f"existing{n}({arguments})")

    def _loaded_names(self, entity: EntityLayout) -> str:
        title = f"loaded{entity.number}"
        names = frozenset(name for name, _, _ in entity.columns)
        return self.source.use(title, self.source.names.get(title, names))

    def _write_filling(self, entity: EntityLayout) -> None:
        line, block = self.source.line, self.source.block
        with block("if state.stale is None and state.committed is None:"):
            for name, position, type_ in entity.columns:
                with block(f"if {name!r} not in values:"):
                    line(f"values[{name!r}] = {self._read(position, type_)}")
        with block("else:"):
            line("committed = state.committed or ()")
            for name, position, type_ in entity.columns:
                with block(f"if {name!r} not in values and {name!r} not in committed:"):
                    line(f"values[{name!r}] = {self._read(position, type_)}")
        with block("if state.stale is not None:"):
            with block("if load.refreshed is not None:"):
                line("load.refreshed.append((state, state.stale))")
            if entity.mapper.children and not self.refreshes:
                # What the instructions of this load would bring, and classes below have alone.
                self._write_finding_absent(entity)
                names = self._loaded_names(entity)
                line(f"lacking = state.stale.difference({names}).union(lacking or ())")
                line("state.stale = lacking.difference(values) or None")
            elif entity.covers_all:
                line("state.stale = None")
            elif self.refreshes and _has_deferred(entity.mapper):
                left = self.source.use("left_expired", left_expired)
                line(f"state.stale = {left}(state, {self._loaded_names(entity)})")
            else:
                line(f"state.stale = (state.stale - {self._loaded_names(entity)}) or None")
            if not self.refreshes:
                self._write_moving(entity)
        if entity.variants:
            self._write_filling_variants(entity)
        if entity.tree.governs_reads:
            line(f"{self.source.use('adopt', adopt)}(state, load)")

    def _write_filling_variants(self, entity: EntityLayout) -> None:
        line, block, n = self.source.line, self.source.block, entity.number
        line(f"variant = variant_of{n}(state.load.mapper)")
        line("changed = state.committed or ()")
        for place, (text, variant) in enumerate(self._branches(entity, "variant"), 1):
            names = self.source.use(
                f"variant{n}_{place}", frozenset(name for name, _, _ in variant)
            )
            with block(text):
                for name, position, type_ in variant:
                    condition = (
                        f"{name!r} not in values and {name!r} not in (state.committed or ())"
                    )
                    with block(f"if {condition}:"):
                        line(f"values[{name!r}] = {self._read(position, type_)}")
                with block("if state.stale is not None:"):
                    line(f"state.stale = (state.stale - {names}) or None")

    def _write_overwriting(self, entity: EntityLayout) -> None:
        line, block = self.source.line, self.source.block
        values = self._values(entity)[: len(entity.columns)]
        line(f"values.update({_literal(values)})")
        if entity.variants:
            line(f"variant = variant_of{entity.number}(state.load.mapper)")
        for text, variant in self._branches(entity, "variant"):
            with block(text):
                values = [(name, self._read(position, type_)) for name, position, type_ in variant]
                line(f"values.update({_literal(values)})")
        gone, _ = AbsentFromRows(entity).of(entity.mapper)
        is_whole = not entity.mapper.children
        if not is_whole:
            # What instances of classes below have besides is not in the row, and not known now.
            self._write_finding_absent(entity)
        if gone or not is_whole:
            with block(f"for name in {gone!r}:" if is_whole else "for name in gone:"):
                line("values.pop(name, None)")
        with block("if load.refreshed is not None:"):
            line("load.refreshed.append((state, None))")
        line("scope = load.scope")
        line("scope.modified.pop(state, None)")
        if is_whole:
            line("state.committed = state.stale = None")
        else:
            line("state.committed = None")
            line("state.stale = lacking")
        if gone or not is_whole:
            # What was to happen to collections that were not loaded is overwritten as well.
            with block("if state.extra is not None:"):
                line(f"{self.source.use('forget_own_changes', forget_own_changes)}(state)")
        self._write_moving(entity)

    def _write_finding_absent(self, entity: EntityLayout) -> None:
        absent_of = self.source.use(f"absent_of{entity.number}", AbsentFromRows(entity).of)
        self.source.line(f"gone, lacking = {absent_of}(state.load.mapper)")

    def _write_moving(self, entity: EntityLayout) -> None:
        """Write what makes an instance one of this load's."""
        line = self.source.line
        if entity.mapper.base.children:
            line("load = load.part(state.load.mapper)")
        line("state.load = load")
        line("load.batch.append(state)")

    # Joined relationships -----------------------------------------------------------------------

    def _write_joined(self, entity: EntityLayout, index: int, joined: JoinedLayout) -> None:
        line, block = self.source.line, self.source.block
        n, child, key = entity.number, joined.layout.number, joined.prop.key
        self._write_entity(joined.layout, entity)
        if not joined.prop.uselist:
            with block(f"if {key!r} not in entity{n}.__dict__:"):
                line(f"entity{n}.__dict__[{key!r}] = entity{child}")
            return
        suffix = f"{n}_{index}"
        line(f"bucket = find_bucket{suffix}(state{n})")
        with block("if bucket is None:"):
            line(f"bucket = buckets{suffix}[state{n}] = []")
            with block(f"if {key!r} not in entity{n}.__dict__:"):
                line(f"owners{suffix}.append((state{n}, entity{n}, bucket))")
        if joined.distinct:
            # One instance may be met in several places of a row, each with a bucket of its own.
            member = f"({suffix!r}, state{n}, state{child})"
            with block(f"if entity{child} is not None and {member} not in seen:"):
                line(f"seen.add({member})")
                line(f"bucket.append(entity{child})")
        elif joined.layout.nullable:
            with block(f"if entity{child} is not None:"):
                line(f"bucket.append(entity{child})")
        else:
            line(f"bucket.append(entity{child})")

    def _write_closing(self, entity: EntityLayout) -> None:
        line, block = self.source.line, self.source.block
        for index, joined in enumerate(entity.joined):
            if joined.prop.uselist:
                suffix = f"{entity.number}_{index}"
                fill = self.source.use(f"fill{suffix}", joined.prop.impl.fill)
                with block(f"for state, instance, bucket in owners{suffix}:"):
                    # It may have been met in another place of the rows, and be filled by now.
                    line(f"if {joined.prop.key!r} not in instance.__dict__:")
                    line(f"    {fill}(state, instance, bucket)")

    # What is given ------------------------------------------------------------------------------

    def _write_giving(self) -> None:
        line, block = self.source.line, self.source.block
        items = self.layout.items
        values = [self._item(item) for item in items]
        given = values[0] if len(values) == 1 else f"({', '.join(values)})"
        if not self.layout.has_collections:
            line(f"give({given})")
            return
        marks = [
            f"id(entity{item.number})" if isinstance(item, EntityLayout) else value
            for item, value in zip(items, values, strict=True)
        ]
        line(f"mark = {marks[0] if len(marks) == 1 else '(' + ', '.join(marks) + ')'}")
        with block("if mark not in seen:"):
            line("seen.add(mark)")
            line(f"give({given})")

    def _item(self, item: EntityLayout | ColumnLayout | BundleLayout) -> str:
        """What gives one item of the result's row."""
        if isinstance(item, EntityLayout):
            return f"entity{item.number}"
        if isinstance(item, ColumnLayout):
            return self._read(item.position, item.type)
        make = self.source.use_unique("make_bundle", item.make)
        parts = ", ".join(self._item(one) for one in item.items)
        return f"{make}(({parts},))"


def _literal(values: list[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{name!r}: {text}" for name, text in values) + "}"

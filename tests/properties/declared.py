"""The classes of a random schema, declared in one of the packages."""

from functools import partial
from importlib import import_module
from typing import NamedTuple

from tests.properties.layouts import Layout, Plain, options_of, renamed, shuffled, type_of

ASSOCIATED = Layout((), "declarative", None, False, (0,), (0,), (0,))
"""How the columns of an association are declared."""


MADE_KEYS = ("made", "sequence", "identity")
"""The keys that a database makes."""

LAST = 9
"""The sort_order of what stands behind all other columns."""


class Member(NamedTuple):
    """A class of a hierarchy: the number of that, and its place in it, 0 for the top.

    The class of the objects of an association has the number that is ``~`` its relationship's.
    """

    number: int
    place: int


class Parts:
    """What one class is made of: arguments of its columns, and the rest.

    ``columns``  by attribute, the positional and the named arguments of its column
    ``plain``    by attribute, the recipe of columns that are neither keys nor references
    """

    def __init__(self):
        self.columns = {}
        self.plain = {}
        self.constraints = []
        self.relationships = {}
        self.mapper = {}


class Declared:
    """The classes of *schema* in *package*; ``mapped`` has them by member."""

    def __init__(self, package, schema):
        self.sa = import_module(package)
        self.orm = import_module(f"{package}.orm")
        self.classes, self.related, self.translated = schema
        there = "elsewhere" if self.translated == "here" else None

        class Base(self.orm.DeclarativeBase):
            registry = self.orm.registry(metadata=self.sa.MetaData(schema=there))

        self.Base = Base
        self.above, self.parts, self.mapped = {}, {}, {}
        self.sequences = []
        for number, one in enumerate(self.classes):
            self._add_member(Member(number, 0), None)
            for place, below in enumerate(one.below, 1):
                above = Member(number, below.above % place)
                while self._is_concrete(above):
                    # The oracle can't load again what has expired of a class below a concrete one.
                    above = self.above[above]
                self._add_member(Member(number, place), above)
        for number in range(len(self.related)):
            self._relate(number)
        for member in self.above:
            self._declare(member)
        Base.registry.configure()

    # The members of hierarchies ---------------------------------------------------------------

    def member(self, number, place):
        """The member that *number* and *place*, any numbers, stand for."""
        number %= len(self.classes)
        return Member(number, place % (len(self.classes[number].below) + 1))

    def line(self, member):
        """*member* and those whose columns it inherits, the nearest first."""
        found = [member]
        while not self._is_concrete(member) and self.above[member] is not None:
            member = self.above[member]
            found.append(member)
        return found

    def _is_concrete(self, member):
        """Whether *member* has all its columns in a table of its own."""
        return member.place > 0 and self._recipe(member).kind == "concrete"

    def below(self, member):
        """*member* and those below it."""
        return [one for one in self.above if member in self.line(one)]

    def has_table(self, member):
        return member.place == 0 or self._recipe(member).kind != "single"

    def _recipe(self, member):
        return self.classes[member.number].below[member.place - 1]

    def layout(self, member):
        """How the columns of *member* are declared."""
        return ASSOCIATED if member.number < 0 else self.classes[member.number].layout

    def table_name(self, member):
        """The table that the columns of *member* stand in."""
        owner = next(one for one in self.line(member) if self.has_table(one))
        if owner.number < 0:
            return f"associated{~owner.number}"
        return f"c{owner.number}" + (f"below{owner.place}" if owner.place else "")

    def class_name(self, member):
        if member.number < 0:
            return f"Associated{~member.number}"
        return f"C{member.number}" + (f"_{member.place}" if member.place else "")

    def plain(self, member):
        """(attribute, type) of all columns of *member* that are neither key nor reference."""
        line = reversed(self.line(member))
        return [(key, one.type) for above in line for key, one in self.parts[above].plain.items()]

    def keys(self, number):
        """The names of the key columns of hierarchy, or association, *number*."""
        if number < 0:
            sides = zip("xy", self.ends(~number), strict=True)
            return tuple(f"{side}_{key}" for side, end in sides for key in self.keys(end.number))
        return ("a", "b") if self.classes[number].key == "pair" else ("a",)

    def key_columns(self, number):
        """The names of the columns of those keys: of a pair, each may have that of the other."""
        names = self.keys(number)
        if number < 0 or not self.classes[number].layout.renames_keys:
            return names
        return names[::-1] if len(names) > 1 else ("a_",)

    def _referred(self, member):
        """The columns that a reference to *member* names."""
        return [f"{self.table_name(member)}.{name}" for name in self.key_columns(member.number)]

    def is_made(self, number):
        """Whether the database makes the keys.

        Of concrete classes, whose rows the oracle puts in order with those of the class above, it
        would make others.
        """
        one = self.classes[number]
        return one.key in MADE_KEYS and all(below.kind != "concrete" for below in one.below)

    def _key_maker(self, member):
        """What makes the keys of *member*, besides the database itself."""
        key = self.classes[member.number].key
        if key == "sequence":
            self.sequences.append(f"k_{self.table_name(member)}")
            return (self.sa.Sequence(self.sequences[-1]),)
        return (self.sa.Identity(),) if key == "identity" else ()

    def _key_type(self, number):
        return self.sa.String(10) if self.classes[number].key == "text" else self.sa.Integer()

    # What members are made of -----------------------------------------------------------------

    def _add_member(self, member, above):
        self.above[member] = above
        parts = self.parts[member] = Parts()
        apart = above is None or self._is_concrete(member)
        if self.has_table(member):
            how = {"primary_key": True}
            if not self.is_made(member.number) or not apart:
                how["autoincrement"] = False
            own = self.key_columns(member.number)
            for key, name in zip(self.keys(member.number), own, strict=True):
                made = self._key_maker(member) if how.keys() == {"primary_key"} else ()
                renamed_ = () if name == key else (name,)
                parts.columns[key] = ((*renamed_, self._key_type(member.number), *made), how)
            if len(own) > 1:
                # MariaDB wants an index in the order in which foreign keys name the columns.
                parts.constraints.append(self.sa.UniqueConstraint(*own))
        if apart:
            self._add_columns_of_the_top(member, above)
        else:
            if self.has_table(member):
                keys = list(self.key_columns(member.number))
                parts.constraints.append(self.sa.ForeignKeyConstraint(keys, self._referred(above)))
        if above is not None:
            parts.plain[f"v{member.place}_"] = self._recipe(member).column
        parts.mapper["polymorphic_identity"] = str(member.place)
        self._add_plain(parts, self.layout(member).names, self.class_name(member))
        if above is not None and self._recipe(member).shared and not self.has_table(member):
            name = f"shared_{self.table_name(member)}"
            if not any(name in self.parts[one].columns for one in self.line(above)):
                parts.columns[name] = ((self.sa.Integer(),), {"use_existing_column": True})

    def _add_columns_of_the_top(self, member, above):
        """Add what the top of a hierarchy has; a concrete class has the columns of those above."""
        recipe, parts = self.classes[member.number], self.parts[member]
        if above is None:
            parts.plain |= {f"v{n}": one for n, one in enumerate(recipe.layout.columns)}
        else:
            parts.mapper["concrete"] = True
            for one in reversed(self.line(above)):
                parts.plain |= self.parts[one].plain
        if recipe.below and above is None:
            parts.columns["kind"] = ((self.sa.String(10),), {})
            parts.mapper["polymorphic_on"] = "kind"
        if recipe.layout.version is not None:
            parts.columns["version"] = ((self.sa.Integer(),), {"nullable": False})
        if recipe.layout.version == "random":
            parts.mapper["version_id_generator"] = _after

    def _add_plain(self, parts, order, owner):
        names = renamed(list(parts.plain), order)
        for key, one in parts.plain.items():
            name = () if names[key] == key else (names[key],)
            type_ = type_of(self.sa, one.type)
            sequence = f"s_{owner}_{key}".lower()
            if one.default == "sequence":
                self.sequences.append(sequence)
            parts.columns[key] = ((*name, type_), options_of(self.sa, one, sequence))

    def _relate(self, number):
        related = self.related[number]
        if related.kind == "association":
            self._associate(number)
            return
        parent, child = self.ends(number)
        options, options_back = ({"lazy": lazy} for lazy in (related.lazy, related.lazy_back))
        for one, is_onward in (
            (options, child.number > parent.number),
            (options_back, parent.number > child.number),
        ):
            if not is_onward:
                # Joined eager loading that comes back to where it began, in one hierarchy or by
                # way of another, has no end in the oracle: what is joined has a greater number.
                one["lazy"] = one["lazy"].replace("joined", "selectin")
        # Who would own a child that is taken from one parent to another, none of which it knows?
        owned = related.kind != "many to many" and not related.alone
        if related.cascade and (owned or "orphan" not in related.cascade):
            options["cascade"] = related.cascade
        if related.kind == "many to many":
            table = self._third_table(number, parent, child)
            joins = [
                self._third_join(table, "x", number, parent),
                self._third_join(table, "y", number, child),
            ]
            options |= {"secondary": table, "primaryjoin": joins[0], "secondaryjoin": joins[1]}
            options_back |= {
                "secondary": table, "primaryjoin": joins[1], "secondaryjoin": joins[0],
            }  # fmt: skip
        else:
            names = self._reference(number, parent, child)
            options |= {
                "primaryjoin": self._join(parent, child, names, to_one=False),
                "uselist": related.kind == "one to many",
            }
            options_back["primaryjoin"] = self._join(parent, child, names, to_one=True)
        if self.is_ordered(number):
            options["order_by"] = lambda: [
                getattr(self.mapped[child], key).desc() for key in self.keys(child.number)
            ]
        relationship = self.orm.relationship
        forward, back = f"r{number}", f"b{number}"
        if self.is_alone(number):
            self.parts[parent].relationships[forward] = relationship(
                lambda: self.mapped[child], **options
            )
            return
        if related.backref:
            options_back.pop("secondary", None)
            self.parts[parent].relationships[forward] = relationship(
                lambda: self.mapped[child],
                backref=self.orm.backref(back, **options_back),
                **options,
            )
            return
        self.parts[parent].relationships[forward] = relationship(
            lambda: self.mapped[child], back_populates=back, **options
        )
        self.parts[child].relationships[back] = relationship(
            lambda: self.mapped[parent], back_populates=forward, **options_back
        )

    def _associate(self, number):
        """Add the class of the objects that stand between the two ends of a relationship."""
        related, link = self.related[number], Member(~number, 0)
        self.above[link] = None
        parts = self.parts[link] = Parts()
        parts.plain["note"] = Plain("integer", None, None, "class", 0)
        self._add_plain(parts, (0,), self.class_name(link))
        names = iter(self.keys(link.number))
        ways = (("left", f"r{number}", related.lazy), ("right", f"b{number}", related.lazy_back))
        for end, (back, forward, lazy) in zip(self.ends(number), ways, strict=True):
            keys = self.keys(end.number)
            own = [next(names) for _ in keys]
            for name in own:
                parts.columns[name] = ((self._key_type(end.number),), {"primary_key": True})
            parts.constraints.append(self.sa.ForeignKeyConstraint(own, self._referred(end)))
            lazy = lazy.replace("joined", "selectin")
            self.parts[end].relationships[forward] = self.orm.relationship(
                partial(self.mapped.get, link),
                primaryjoin=self._join(end, link, own, to_one=False),
                back_populates=back,
                cascade="all, delete-orphan",
                lazy=lazy,
            )
            parts.relationships[back] = self.orm.relationship(
                partial(self.mapped.get, end),
                primaryjoin=self._join(end, link, own, to_one=True),
                back_populates=forward,
            )

    def is_alone(self, number):
        """Whether there is no way back along relationship *number*."""
        related = self.related[number]
        return related.alone and related.kind != "association"

    def is_ordered(self, number):
        """Whether the collections of relationship *number* have an order of their own."""
        related = self.related[number]
        return related.ordered and related.kind in ("one to many", "many to many")

    def ends(self, number):
        """The members at both ends of relationship *number*."""
        related = self.related[number]
        return (
            self.member(related.parent, related.parent_below),
            self.member(related.child, related.child_below),
        )

    def _reference(self, number, parent, child):
        """Add to *child* the columns that refer to *parent*; return their names."""
        names = [f"f{number}_{key}" for key in self.keys(parent.number)]
        parts = self.parts[child]
        for name in names:
            parts.columns[name] = ((self._key_type(parent.number),), {})
        constraint = self.sa.ForeignKeyConstraint(names, self._referred(parent))
        # By another reference between its tables it would not be clear how one inherits another.
        apart = child.number != parent.number
        if self.has_table(child) and (apart or self.table_name(parent) == self.table_name(child)):
            parts.constraints.append(constraint)
        return names

    def _join(self, parent, child, names, *, to_one):
        keys = self.keys(parent.number)

        def condition():
            pairs = []
            for key, name in zip(keys, names, strict=True):
                referred = getattr(self.mapped[parent], key)
                own = self.orm.foreign(getattr(self.mapped[child], name))
                remote = self.orm.remote
                pairs.append(own == remote(referred) if to_one else referred == remote(own))
            return self.sa.and_(*pairs)

        return condition

    def _third_table(self, number, *sides):
        sa = self.sa
        columns, constraints = [], []
        for prefix, side in zip("xy", sides, strict=True):
            names = [f"{prefix}{number}_{key}" for key in self.keys(side.number)]
            columns += [
                sa.Column(name, self._key_type(side.number), primary_key=True) for name in names
            ]
            constraints.append(sa.ForeignKeyConstraint(names, self._referred(side)))
        order = self.classes[sides[0].number].layout.order
        columns = shuffled(columns, order)
        return sa.Table(f"third{number}", self.Base.metadata, *columns, *constraints)

    def _third_join(self, table, prefix, number, side):
        keys = self.keys(side.number)
        return lambda: self.sa.and_(
            *[getattr(self.mapped[side], key) == table.c[f"{prefix}{number}_{key}"] for key in keys]
        )

    # Declaring --------------------------------------------------------------------------------

    def _declare(self, member):
        layout = self.layout(member)
        parts = self.parts[member]
        # The oracle writes NULL to the first column of a table on SQLite, in place of a default of
        # the server, where nothing is set of several rows: such columns stand behind the others.
        table_order = sorted(
            shuffled(list(parts.columns), layout.order),
            key=lambda name: "server_default" in parts.columns[name][1],
        )
        if member.place or layout.style == "declarative":
            self._declare_body(member, table_order)
        else:
            self._declare_table(member, table_order)

    def _declare_body(self, member, order):
        """Declare with columns in the body of the class, and of classes above it."""
        parts = self.parts[member]
        layout = self.layout(member)
        body = {"__module__": __name__}
        homes = {
            "class": body,
            "mixin": {"__module__": __name__},
            "abstract": {"__module__": __name__, "__abstract__": True},
        }
        if self.has_table(member):
            body["__tablename__"] = self.table_name(member)
            body["__table_args__"] = tuple(parts.constraints)
        for name in order:
            given, options = parts.columns[name]
            home = body
            if name in parts.plain:
                plain = parts.plain[name]
                is_last = "server_default" in options
                options = {**options, "sort_order": LAST if is_last else plain.sort_order}
                home = homes[plain.home] if member.place == 0 else body
            home[name] = self.orm.mapped_column(*given, **options)
        body |= parts.relationships
        args = dict(parts.mapper)
        if "version" in parts.columns:
            args["version_id_col"] = body["version"]
        body["__mapper_args__"] = args
        if member.place == 0:
            above = type(f"A{member.number}", (self.Base,), homes["abstract"])
            bases = (type(f"M{member.number}", (), homes["mixin"]), above)
        else:
            bases = (self.mapped[self.above[member]],)
        made = type(self.class_name(member), bases, body)
        if layout.style == "imperative":
            made = self.Base.registry.mapped(made)
        self.mapped[member] = made

    def _declare_table(self, member, order):
        """Declare, or map, a class over a table that is there already."""
        parts = self.parts[member]
        layout = self.layout(member)
        made = {
            name: self.sa.Column(*(() if isinstance(given[0], str) else (name,)), *given, **options)
            for name, (given, options) in parts.columns.items()
        }
        columns = [made[name] for name in order]
        table = self.sa.Table(
            self.table_name(member), self.Base.metadata, *columns, *parts.constraints
        )
        args = dict(parts.mapper)
        if "version" in made:
            args["version_id_col"] = made["version"]
        if "kind" in made:
            args["polymorphic_on"] = made["kind"]
        attributes = {name: made[name] for name in shuffled(list(made), layout.attribute_order)}
        attributes |= parts.relationships
        name, body = self.class_name(member), {"__module__": __name__}
        if layout.style == "table":
            body |= {"__table__": table, "__mapper_args__": args, **attributes}
            self.mapped[member] = type(name, (self.Base,), body)
            return
        made_class = type(name, (), {**body, "__init__": _take_keywords})
        self.Base.registry.map_imperatively(made_class, table, properties=attributes, **args)
        self.mapped[member] = made_class


def _after(version):
    return 10 if version is None else version + 5


def _take_keywords(instance, **values):
    for name, value in values.items():
        setattr(instance, name, value)

"""Random mappings, and random programs over them: recipes, and the world that follows one.

A *schema* is data: kinds of keys and of inheritance for each class, and relationships between
them.  A *program* makes, links, changes and deletes objects; *reads* load them again with
options.  Everything is named by numbers, so that one recipe serves both packages.
"""

from importlib import import_module
from typing import NamedTuple

from hypothesis import strategies as st

KEYS = ("number", "pair", "text")
HIERARCHIES = ("none", "none", "single", "joined")
KINDS = ("one to many", "one to one", "many to many")
CASCADES = (None, "all", "all, delete-orphan")
LAZY = ("select", "select", "joined", "selectin")
LOADS = ("lazyload", "joinedload", "selectinload", "subqueryload", "immediateload")
MOST_CLASSES = 3


class Class(NamedTuple):
    """A class: its key, and the classes below it."""

    key: str
    hierarchy: str


class Related(NamedTuple):
    """A relationship from one class, by its number, to another, and back."""

    kind: str
    parent: int
    child: int
    cascade: str | None
    lazy: str
    lazy_back: str


def _relationships(count):
    numbers = st.integers(0, count - 1)
    return st.lists(
        st.builds(
            Related,
            kind=st.sampled_from(KINDS),
            parent=numbers,
            child=numbers,
            cascade=st.sampled_from(CASCADES),
            lazy=st.sampled_from(LAZY),
            lazy_back=st.sampled_from(LAZY),
        ),
        min_size=1,
        max_size=4,
    )


schemas = st.lists(
    st.builds(Class, key=st.sampled_from(KEYS), hierarchy=st.sampled_from(HIERARCHIES)),
    min_size=1,
    max_size=MOST_CLASSES,
).flatmap(lambda classes: st.tuples(st.just(tuple(classes)), _relationships(len(classes))))

_small = st.integers(0, 5)
_steps = st.one_of(
    st.tuples(st.just("make"), _small, st.booleans()),
    st.tuples(st.just("make"), _small, st.booleans()),
    st.tuples(st.just("link"), _small, _small, _small),
    st.tuples(st.just("link"), _small, _small, _small),
    st.tuples(st.just("unlink"), _small, _small, _small),
    st.tuples(st.just("refer"), _small, _small, _small),
    st.tuples(st.just("set"), _small, _small),
    st.tuples(st.just("delete"), _small),
    st.tuples(st.just("flush")),
    st.tuples(st.just("commit")),
    st.tuples(st.just("expunge")),
)
programs = st.lists(_steps, min_size=3, max_size=20)
reads = st.lists(
    st.tuples(
        _small,
        st.lists(st.tuples(_small, st.sampled_from(LOADS), _small, st.sampled_from(LOADS))),
        st.one_of(st.none(), st.integers(1, 3)),
    ),
    min_size=1,
    max_size=3,
)


class SchemaWorld:
    """The classes of a schema in one of the packages, a database, and the objects of a program."""

    def __init__(self, package, schema):
        self.package = package
        self.sa = import_module(package)
        self.orm = import_module(f"{package}.orm")
        self.classes, self.related = schema
        self.sent = 0
        self.engine = self.sa.create_engine("sqlite://")
        listen = self.sa.event.listen
        listen(self.engine, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys = ON"))
        listen(self.engine, "before_cursor_execute", self._count)
        self._declare()
        self.Base.metadata.create_all(self.engine)
        self.session = self.orm.Session(self.engine)
        self.objects = []
        self.serial = 0

    def _count(self, *_):
        self.sent += 1

    def close(self):
        self.session.close()
        self.engine.dispose()

    # Declaring ------------------------------------------------------------------------------

    def _declare(self):
        class Base(self.orm.DeclarativeBase):
            pass

        self.Base = Base
        bodies = [self._body(number) for number in range(len(self.classes))]
        for number, related in enumerate(self.related):
            self._relate(bodies, number, related)
        for body in bodies:
            body["__table_args__"] = tuple(body["__table_args__"])
        self.mapped = [type(f"C{n}", (Base,), body) for n, body in enumerate(bodies)]
        self.kinds = [self._below(number) for number in range(len(self.classes))]
        Base.registry.configure()

    def keys(self, number):
        """The names of the key columns of class *number*."""
        return ("a", "b") if self.classes[number].key == "pair" else ("a",)

    def _type(self, number):
        return self.sa.String(10) if self.classes[number].key == "text" else self.sa.Integer

    def _body(self, number):
        column = self.orm.mapped_column
        body = {"__tablename__": f"c{number}", "__module__": __name__, "__table_args__": []}
        for name in self.keys(number):
            body[name] = column(self._type(number), primary_key=True, autoincrement=False)
        body["value"] = column(self.sa.Integer)
        if self.classes[number].hierarchy != "none":
            body["kind"] = column(self.sa.String(10))
            body["__mapper_args__"] = {"polymorphic_on": "kind", "polymorphic_identity": "above"}
        return body

    def _relate(self, bodies, number, related):
        parent, child = related.parent, related.child
        forward, back = f"r{number}", f"b{number}"
        options, options_back = {"lazy": related.lazy}, {"lazy": related.lazy_back}
        if related.cascade and (related.kind != "many to many" or "orphan" not in related.cascade):
            options["cascade"] = related.cascade
        keys = self.keys(parent)
        if related.kind == "many to many":
            table = self._third_table(number, related)
            sides = [(f"x{number}_", parent), (f"y{number}_", child)]
            joins = [self._third_join(bodies[side], table, prefix, side) for prefix, side in sides]
            options |= {"secondary": table, "primaryjoin": joins[0], "secondaryjoin": joins[1]}
            options_back |= {
                "secondary": table, "primaryjoin": joins[1], "secondaryjoin": joins[0],
            }  # fmt: skip
        else:
            names = [f"f{number}_{key}" for key in keys]
            for name in names:
                bodies[child][name] = self.orm.mapped_column(self._type(parent))
            bodies[child]["__table_args__"].append(
                self.sa.ForeignKeyConstraint(names, [f"c{parent}.{key}" for key in keys])
            )
            own = [bodies[child][name] for name in names]
            options |= {"foreign_keys": own, "uselist": related.kind == "one to many"}
            options_back |= {"foreign_keys": own}
            if parent == child:
                options_back["remote_side"] = [bodies[parent][key] for key in keys]
        bodies[parent][forward] = self.orm.relationship(f"C{child}", back_populates=back, **options)
        bodies[child][back] = self.orm.relationship(
            f"C{parent}", back_populates=forward, **options_back
        )

    def _third_table(self, number, related):
        sa = self.sa
        columns, constraints = [], []
        for prefix, side in ((f"x{number}_", related.parent), (f"y{number}_", related.child)):
            names = [f"{prefix}{key}" for key in self.keys(side)]
            columns += [sa.Column(name, self._type(side), primary_key=True) for name in names]
            referred = [f"c{side}.{key}" for key in self.keys(side)]
            constraints.append(sa.ForeignKeyConstraint(names, referred))
        return sa.Table(f"third{number}", self.Base.metadata, *columns, *constraints)

    def _third_join(self, body, table, prefix, side):
        keys = self.keys(side)
        return lambda: self.sa.and_(
            *[getattr(self.mapped[side], key) == table.c[f"{prefix}{key}"] for key in keys]
        )

    def _below(self, number):
        """The class, and the one below it if there is one."""
        above = self.mapped[number]
        hierarchy = self.classes[number].hierarchy
        if hierarchy == "none":
            return [above]
        column = self.orm.mapped_column
        body = {"__module__": __name__, "__mapper_args__": {"polymorphic_identity": "below"}}
        if hierarchy == "joined":
            keys = self.keys(number)
            body["__tablename__"] = f"c{number}_below"
            for key in keys:
                body[key] = column(self._type(number), primary_key=True, autoincrement=False)
            body["__table_args__"] = (
                self.sa.ForeignKeyConstraint(list(keys), [f"c{number}.{key}" for key in keys]),
            )
        body["more"] = column(self.sa.Integer)
        return [above, type(f"D{number}", (above,), body)]

    # Following a program ----------------------------------------------------------------------

    def perform(self, step):
        """Do one step; what names an object or a relationship that is not there does nothing."""
        getattr(self, f"do_{step[0]}")(*step[1:])

    def do_make(self, number, below):
        number %= len(self.classes)
        self.serial += 1
        class_ = self.kinds[number][-1 if below else 0]
        key = {"number": (self.serial,), "pair": (self.serial % 3, self.serial)}.get(
            self.classes[number].key, (f"k{self.serial:03}",)
        )
        made = class_(**dict(zip(self.keys(number), key, strict=True)), value=self.serial)
        if below and hasattr(class_, "more"):
            made.more = -self.serial
        self.session.add(made)
        self.objects.append((number, made))

    def _of(self, number, place):
        """An object of class *number*, or None."""
        found = [made for own, made in self.objects if own == number]
        return found[place % len(found)] if found else None

    def _ends(self, which, first, second):
        number = which % len(self.related)
        related = self.related[number]
        ends = self._of(related.parent, first), self._of(related.child, second)
        return number, related, *ends

    def _is_moved_unsaved(self, number, related, parent, child):
        """Whether *child*, which has no row yet, is taken from another parent that owns it.

        The oracle drops it from the session then, as an orphan of the first.
        """
        if "delete-orphan" not in (related.cascade or "") or related.kind == "many to many":
            return False
        back = child.__dict__.get(f"b{number}")
        return self.sa.inspect(child).key is None and back not in (None, parent)

    def do_link(self, which, first, second):
        number, related, parent, child = self._ends(which, first, second)
        if parent is None or child is None or parent is child:
            return
        if self._is_moved_unsaved(number, related, parent, child):
            return
        if related.kind == "one to one":
            setattr(parent, f"r{number}", child)
        elif child not in getattr(parent, f"r{number}"):
            getattr(parent, f"r{number}").append(child)

    def do_unlink(self, which, first, second):
        number, related, parent, child = self._ends(which, first, second)
        if parent is None or child is None:
            return
        if related.kind == "one to one":
            setattr(parent, f"r{number}", None)
        elif child in getattr(parent, f"r{number}"):
            getattr(parent, f"r{number}").remove(child)

    def do_refer(self, which, first, second):
        number, related, parent, child = self._ends(which, first, second)
        if parent is None or child is None or parent is child:
            return
        if self._is_moved_unsaved(number, related, parent, child):
            return
        if related.kind != "many to many":
            setattr(child, f"b{number}", parent)
        elif parent not in getattr(child, f"b{number}"):
            getattr(child, f"b{number}").append(parent)

    def do_set(self, place, value):
        if self.objects:
            self.objects[place % len(self.objects)][1].value = value

    def do_delete(self, place):
        if self.objects:
            _number, made = self.objects.pop(place % len(self.objects))
            if made in self.session.new:
                self.session.expunge(made)
            else:
                self.session.delete(made)
                self.session.flush()
                self._forget_gone()

    def _forget_gone(self):
        self.objects = [(n, made) for n, made in self.objects if made in self.session]

    def do_flush(self):
        self.session.flush()
        self._forget_gone()

    def do_commit(self):
        self.session.commit()
        self._forget_gone()

    def do_expunge(self):
        self.session.commit()
        self._forget_gone()
        keys = [(n, self._key(n, made)) for n, made in self.objects]
        self.session.expunge_all()
        found = [(n, self.session.get(self.mapped[n], key)) for n, key in keys]
        self.objects = [(n, made) for n, made in found if made is not None]

    # What is to be seen -------------------------------------------------------------------------

    def _key(self, number, made):
        return tuple(getattr(made, name) for name in self.keys(number))

    def rows(self):
        """The rows of every table."""
        self.session.commit()
        return {
            name: sorted(map(tuple, self.session.execute(self.sa.select(table))), key=repr)
            for name, table in self.Base.metadata.tables.items()
        }

    def attributes(self, number):
        """(name, number of the related class) of the relationships of class *number*."""
        for n, related in enumerate(self.related):
            if related.parent == number:
                yield f"r{n}", related.child
            if related.child == number:
                yield f"b{n}", related.parent

    def read(self, read):
        """The graph that *read* finds, each object with what it refers to."""
        number, wanted, limit = read
        number %= len(self.classes)
        class_ = self.mapped[number]
        self.session.expunge_all()
        statement = self.sa.select(class_).order_by(*self._columns(number)).limit(limit)
        statement = statement.options(*self._options(number, wanted))
        self.sent = 0
        found = self.session.scalars(statement).unique().all()
        graph = [(type(made).__name__, self._seen(number, made)) for made in found]
        return graph, self.sent

    def _columns(self, number):
        return [getattr(self.mapped[number], name) for name in self.keys(number)]

    def _options(self, number, wanted):
        options = {}
        attributes = list(self.attributes(number))
        for which, load, which_below, load_below in wanted if attributes else ():
            name, target = attributes[which % len(attributes)]
            if name in options:
                continue
            option = getattr(self.orm, load)(getattr(self.mapped[number], name))
            below = list(self.attributes(target))
            if below and load != "lazyload":
                deeper, _ = below[which_below % len(below)]
                option = getattr(option, load_below)(getattr(self.mapped[target], deeper))
            options[name] = option
        return options.values()

    def _seen(self, number, made):
        seen = {"key": self._key(number, made), "value": made.value}
        if hasattr(made, "more"):
            seen["more"] = made.more
        for name, target in self.attributes(number):
            value = getattr(made, name)
            if value is None:
                seen[name] = None
            elif isinstance(value, list):
                seen[name] = sorted(self._key(target, one) for one in value)
            else:
                seen[name] = self._key(target, value)
        return seen

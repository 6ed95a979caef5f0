"""A database and a session over random classes, and the objects of a random program."""

from sqlalchemy import event as oracle_event

from tests.properties.declared import Declared, Member
from tests.properties.layouts import value

MANY = ("many to many", "association")
"""The relationships in which both sides have many of the others."""


OPTIONS = {}
"""What sessions of this library are made with, where the program must come out the same."""


class SchemaWorld(Declared):
    """The classes of a schema in one of the packages, and what a program does with them."""

    def __init__(self, package, schema, url="sqlite://"):
        super().__init__(package, schema)
        self.package = package
        self.sent = 0
        self.engine = self.sa.create_engine(url)
        if url.startswith("mariadb") and self.translated == "away":
            # A schema is a database there, and this world has one.
            self.translated = None
        if self.translated:
            moved = {"elsewhere": None} if self.translated == "here" else {None: "moved"}
            self.engine = self.engine.execution_options(schema_translate_map=moved)
        listen = self.sa.event.listen
        if url.startswith("sqlite"):
            listen(self.engine, "connect", self._connected)
            if package == "sqlalchemy":
                # The driver would begin too late for savepoints.
                oracle_event.listen(
                    self.engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN")
                )
        elif self.translated == "away":
            with self.engine.begin() as connection:
                connection.execute(self.sa.text("CREATE SCHEMA IF NOT EXISTS moved"))
        listen(self.engine, "before_cursor_execute", self._count)
        self.drop_tables()
        self.Base.metadata.create_all(self.engine)
        options = OPTIONS if package == "dovetail" else {}
        self.session = self.orm.Session(self.engine, **options)
        self.objects = []
        self.looks = []
        self.serial = 0

    def _connected(self, raw, _record):
        if self.package == "sqlalchemy":
            raw.isolation_level = None
        raw.execute("PRAGMA foreign_keys = ON")
        raw.execute("ATTACH ':memory:' AS moved")

    def _count(self, *_):
        self.sent += 1

    def close(self):
        self.session.close()
        self.drop_tables()
        self.engine.dispose()
        self.Base.registry.dispose()

    def drop_tables(self):
        """Drop the tables on a server, whatever refers to whatever."""
        dialect = self.engine.dialect.name
        if dialect == "sqlite":
            return
        prefix = "moved." if self.translated == "away" else ""
        with self.engine.begin() as connection:
            if dialect != "postgresql":
                connection.execute(self.sa.text("SET FOREIGN_KEY_CHECKS = 0"))
            tables = [table.name for table in self.Base.metadata.tables.values()]
            cascade = " CASCADE" if dialect == "postgresql" else ""
            for kind, names in (("TABLE", tables), ("SEQUENCE", self.sequences)):
                if names:
                    every = ", ".join(prefix + name for name in names)
                    connection.execute(self.sa.text(f"DROP {kind} IF EXISTS {every}{cascade}"))
            if dialect != "postgresql":
                connection.execute(self.sa.text("SET FOREIGN_KEY_CHECKS = 1"))

    # Following a program ----------------------------------------------------------------------

    def perform(self, step):
        """Do one step; what names an object or a relationship that is not there does nothing."""
        getattr(self, f"do_{step[0]}")(*step[1:])

    def _given(self, member, values):
        """The attributes of *member* that *values*, pairs of any numbers, stand for."""
        columns = self.plain(member)
        found = {}
        for which, number in values:
            name, kind = columns[which % len(columns)]
            found[name] = value(kind, number)
        return found

    def _new_key(self, number):
        if self.is_made(number):
            return {}
        self.serial += 1
        key = {
            "pair": (self.serial % 3, self.serial),
            "text": (f"k{self.serial:03}",),
        }.get(self.classes[number].key, (self.serial,))
        return dict(zip(self.keys(number), key, strict=True))

    def do_make(self, number, place, values):
        member = self.member(number, place)
        if self.session.new and self._is_circular():
            # The oracle inserts what depends on nothing first there, and not what was added first.
            self.session.flush()
        made = self.mapped[member](**self._new_key(member.number), **self._given(member, values))
        self.session.add(made)
        self.objects.append((member, made))

    def _is_circular(self):
        """Whether classes refer to each other in a circle, of which the database makes keys."""
        refers = {
            tuple(end.number for end in self.ends(number))
            for number, related in enumerate(self.related)
            if related.kind not in MANY
        }
        circles = {
            (parent, child)
            for parent, child in refers
            if parent != child and (child, parent) in refers
        }
        return any(self.is_made(number) for circle in circles for number in circle)

    def do_insert(self, number, place, values, returns):
        """Insert by statement, several rows."""
        member = self.member(number, place)
        if self.is_made(member.number):
            return
        rows = [{**self._new_key(member.number), **self._given(member, values)} for _ in range(2)]
        class_ = self.mapped[member]
        self.session.flush()
        if returns:
            found = (
                self.session.scalars(self.sa.insert(class_).returning(class_), rows).unique().all()
            )
        else:
            self.session.execute(self.sa.insert(class_), rows)
            keys = [self._key_of_row(member.number, row) for row in rows]
            found = [self.session.get(class_, key) for key in keys]
        self.objects += [(member, made) for made in found]

    def _key_of_row(self, number, row):
        """The key by names: the table may have its columns in another order."""
        return {name: row[name] for name in self.keys(number)}

    def _one(self, place):
        return self.objects[place % len(self.objects)] if self.objects else (None, None)

    def do_update(self, place, values):
        """Update by statement, a row by its key."""
        member, made = self._one(place)
        given = self._given(member, values) if made is not None else None
        if not given:
            return
        self.session.flush()
        row = {name: getattr(made, name) for name in self.keys(member.number)}
        if self.layout(member).version is not None:
            row["version"] = made.version
        self.session.execute(self.sa.update(self.mapped[member]), [{**row, **given}])
        self.session.expire(made)

    def do_merge(self, place, values):
        member, made = self._one(place)
        if made is None or self.sa.inspect(made).key is None:
            return
        self.session.flush()
        key = {name: getattr(made, name) for name in self.keys(member.number)}
        # Of a column that was never set the oracle would not know that it is NULL.
        values = [(which, number or 1) for which, number in values]
        given = self._given(member, values)
        copy = self.mapped[member](**key, **given)
        layout = self.layout(member)
        if layout.version is not None:
            copy.version = made.version
        if layout.version is not None or any(one.onupdate for one in layout.columns):
            for name in given:
                # What had expired the oracle would write, and count the version up for it or
                # compute an onupdate, without a look at what the row has.
                getattr(made, name)
        self.session.merge(copy)

    def do_set(self, place, values):
        member, made = self._one(place)
        if made is not None:
            for name, one in self._given(member, values).items():
                if self.sa.inspect(made).key is not None and name not in made.__dict__:
                    # Of a column that was never set the oracle would not know that it is NULL.
                    self.session.expire(made, [name])
                    with self.session.no_autoflush:
                        getattr(made, name)
                setattr(made, name, one)

    def do_compute(self, place, which):
        """Set an attribute to an expression."""
        member, made = self._one(place)
        if made is None or self.sa.inspect(made).key is None:
            return
        for name, kind in self.plain(member):
            if kind == "integer":
                setattr(made, name, getattr(self.mapped[member], name) + which)
                return

    def _of(self, member, place):
        """An object of the class *member* or one below it, or None."""
        found = [made for own, made in self.objects if member in self.line(own)]
        return found[place % len(found)] if found else None

    def _ends(self, which, first, second):
        if not self.related:
            return None, None, None, None
        number = which % len(self.related)
        related = self.related[number]
        if related.kind == "one to one":
            # Of a child that is replaced before it was written, or read, the oracle does not know
            # that it refers to the parent: there are two of them then.
            self.do_flush()
        parent, child = map(self._of, self.ends(number), (first, second))
        if parent is not None and child is not None and not self._read_ends(number, parent, child):
            parent, child = None, None
        return number, related, parent, child

    def _read_ends(self, number, parent, child):
        """Read what is at both ends, before either is changed; return whether they are there still.

        When it is read in the midst of it, there may be a flush between two changes: where an
        eager relationship that had expired was not loaded along with the rest.
        """
        with self.session.no_autoflush:
            getattr(parent, f"r{number}")
            here = self._back(number, child)
            if self.related[number].kind == "one to one" and here not in (None, parent):
                # A child that comes back to a former parent the oracle leaves with the other one,
                # unless it has read anew who refers to whom.
                for made, name in ((parent, f"r{number}"), (child, f"b{number}")):
                    if self.sa.inspect(made).key is not None:
                        self.session.expire(made, [name])
                        getattr(made, name)
        above, below = self.ends(number)
        if above.number == below.number:
            # What is taken out again before it was written still comes after its former parent
            # in the oracle, and a new one after all that join no parent which is there: so do
            # the keys that the database makes.
            is_counted = self.is_made(below.number) and child in self.session.new
            if here not in (None, []) or is_counted:
                self.do_flush()
        return parent in self.session and child in self.session

    def _back(self, number, child):
        """What leads from *child* along relationship *number*: None where no way does."""
        return None if self.is_alone(number) else getattr(child, f"b{number}")

    def _leave_others(self, number, parent, child):
        """Take *child* out of the collections of other parents: nothing else would."""
        above, _ = self.ends(number)
        for member, other in self.objects:
            if other is parent or above not in self.line(member):
                continue
            with self.session.no_autoflush:
                # Here a read loads for others too: there would be a flush at another time.
                held = getattr(other, f"r{number}")
            if self.related[number].kind == "one to one":
                if held is child:
                    setattr(other, f"r{number}", None)
            elif child in held:
                held.remove(child)

    def _is_moved_unsaved(self, number, related, parent, child):
        """Whether *child*, which has no row yet, is taken from another parent that owns it.

        The oracle drops it from the session then, as an orphan of the first.
        """
        if "delete-orphan" not in (related.cascade or "") or related.kind in MANY:
            return False
        back = child.__dict__.get(f"b{number}")
        return self.sa.inspect(child).key is None and back not in (None, parent)

    def do_link(self, which, first, second):
        number, related, parent, child = self._ends(which, first, second)
        if parent is None or child is None or parent is child:
            return
        if self._is_moved_unsaved(number, related, parent, child):
            return
        if self.is_alone(number) and related.kind != "many to many":
            self._leave_others(number, parent, child)
        if related.kind == "association":
            self._associate_pair(number, parent, child)
        elif related.kind == "one to one":
            setattr(parent, f"r{number}", child)
        elif child not in getattr(parent, f"r{number}"):
            getattr(parent, f"r{number}").append(child)

    def _associate_pair(self, number, parent, child):
        """Make the object between *parent* and *child*, where there is none yet."""
        links = [*getattr(parent, f"r{number}"), *getattr(child, f"b{number}")]
        if any(link.left is parent and link.right is child for link in links):
            return
        self.serial += 1
        link = self.mapped[Member(~number, 0)](note=self.serial)
        link.left, link.right = parent, child
        self.session.add(link)

    def do_grow(self, which, first, values):
        """Put a new child under a parent that has its row already."""
        if not self.related:
            return
        number = which % len(self.related)
        if self.related[number].kind == "association":
            return
        self.do_flush()
        above, below = self.ends(number)
        parent = self._of(above, first)
        if parent is None:
            return
        with self.session.no_autoflush:
            held = getattr(parent, f"r{number}")
        if self.related[number].kind == "one to one" and held is not None:
            return
        if self.is_made(below.number) and above.number == below.number:
            # It comes before others that have no parent in the oracle, or after them.
            return
        self.do_make(below.number, below.place, values)
        child = self.objects[-1][1]
        with self.session.no_autoflush:
            if self.related[number].kind == "one to one":
                setattr(parent, f"r{number}", child)
            else:
                getattr(parent, f"r{number}").append(child)

    def do_unlink(self, which, first, second):
        number, related, parent, child = self._ends(which, first, second)
        if parent is None or child is None:
            return
        if related.kind == "association":
            self._dissociate(getattr(parent, f"r{number}"), second)
        elif related.kind == "one to one":
            setattr(parent, f"r{number}", None)
        elif child in getattr(parent, f"r{number}"):
            getattr(parent, f"r{number}").remove(child)

    def _dissociate(self, links, place):
        """Take one of *links* out of its collection: an orphan then, which goes."""
        if links:
            links.remove(links[place % len(links)])

    def do_refer(self, which, first, second):
        number, related, parent, child = self._ends(which, first, second)
        if parent is None or child is None or parent is child or self.is_alone(number):
            return
        if self._is_moved_unsaved(number, related, parent, child):
            return
        if related.kind == "association":
            self._dissociate(getattr(child, f"b{number}"), first)
        elif related.kind != "many to many":
            setattr(child, f"b{number}", parent)
        elif parent not in getattr(child, f"b{number}"):
            getattr(child, f"b{number}").append(parent)

    def do_spread(self, parents):
        """Give each of some parents several children, along relationships between two hierarchies.

        Rows of joins repeat where several collections have several members, and only there.
        """
        self.do_flush()
        for which, related in enumerate(self.related):
            above, below = self.ends(which)
            if related.kind != "one to one" and above.number != below.number:
                for child in range(len(self.objects)):
                    # Of an instance that is here by one reference and left out by criteria, the
                    # oracle says by another this or that: along each it is another one.
                    self.do_refer(which, which + child % (parents + 1), child)
                    if self.is_alone(which):
                        self.do_link(which, which + child % (parents + 1), child)
                    if related.kind in MANY:
                        self.do_link(which, which + (child + 1) % (parents + 1), child)
        self.do_flush()

    def do_delete(self, place):
        if self.objects:
            member, made = self.objects.pop(place % len(self.objects))
            if made in self.session.new and any(map(self.is_made, range(len(self.classes)))):
                # The oracle numbers what is to be inserted by how many wait with it: one that
                # goes lets a later one come before others, of any class, and get their key.
                self.session.flush()
            if made in self.session.new:
                self.session.expunge(made)
            else:
                if self.session.new:
                    # A child that waits for its first row stays in the oracle, without a parent
                    # or with one that is gone, though the relationship says delete.
                    self.do_flush()
                if any(one.layout.version is not None for one in self.classes):
                    # Of a member that came and goes before it was written, the oracle writes
                    # that it refers to nothing, as before, and counts the version up.
                    self.do_flush()
                self._read_children_anew(member, made)
                self.session.delete(made)
                self.session.flush()
                self._forget_gone()

    def _read_children_anew(self, member, made):
        """Let *made* know no child that another parent has taken.

        The oracle leaves it with the former parent in memory, and takes the reference to the new
        one out of the row when the former one is deleted.
        """
        for number, related in enumerate(self.related):
            if related.kind == "one to one" and self.ends(number)[0] in self.line(member):
                self.do_flush()
                self.session.expire(made, [f"r{number}"])

    def _forget_gone(self):
        self.objects = [(n, made) for n, made in self.objects if made in self.session]

    def _forget_rolled_back(self):
        """Forget objects whose rows, inserted by a statement, are gone: only the database knows."""
        self._forget_gone()
        kept = []
        for member, made in self.objects:
            state = self.sa.inspect(made)
            if state.key is not None:
                columns = self.sa.inspect(self.mapped[member]).primary_key
                pairs = zip(columns, state.identity, strict=True)
                asked = self.sa.select(*columns).where(*[one == value for one, value in pairs])
                if not self.session.execute(asked, execution_options={"autoflush": False}).all():
                    continue
            kept.append((member, made))
        self.objects = kept

    def do_flush(self):
        self.session.flush()
        self._forget_gone()

    def do_look(self, number, is_core):
        """Read a table, whatever is pending: what is in there has been written first."""
        if is_core:
            tables = list(self.Base.metadata.tables.values())
            table = tables[number % len(tables)]
            found = map(tuple, self.session.execute(self.sa.select(table)))
        else:
            member = self.member(number, 0)
            found = (
                (type(made).__name__, self._key(self._member_of(made), made))
                for made in self.session.scalars(self.sa.select(self.mapped[member])).unique()
            )
        self.looks.append(sorted(found, key=repr))
        self._forget_gone()

    def do_commit(self):
        self.session.commit()
        self._forget_gone()

    def do_expire(self, place):
        _member, made = self._one(place)
        if made is not None and self.sa.inspect(made).key is not None:
            self.session.flush()
            self.session.expire(made)

    def do_savepoint(self):
        self.session.begin_nested()

    def do_release(self, keeps):
        nested = self.session.get_nested_transaction()
        if nested is not None:
            if keeps:
                nested.commit()
            else:
                nested.rollback()
            self._forget_rolled_back()

    def do_rollback(self):
        self.session.rollback()
        self._forget_rolled_back()

    def do_expunge(self):
        self.session.commit()
        self._forget_gone()
        keys = [
            (member, {name: getattr(made, name) for name in self.keys(member.number)})
            for member, made in self.objects
        ]
        self.session.expunge_all()
        found = [(member, self.session.get(self.mapped[member], key)) for member, key in keys]
        self.objects = [(member, made) for member, made in found if made is not None]

    # What is to be seen -------------------------------------------------------------------------

    def _key(self, member, made):
        return tuple(getattr(made, name) for name in self.keys(member.number))

    def rows(self):
        """The rows of every table, as they are kept, with their columns in order."""
        self.session.commit()
        found = {}
        prefix = "moved." if self.translated == "away" else ""
        for table in self.Base.metadata.tables.values():
            name = prefix + table.name
            text = self.sa.text(f"SELECT * FROM {name}")
            result = self.session.connection().execute(text)
            found[name] = (tuple(table.c.keys()), sorted(map(tuple, result), key=repr))
        return found

    def attributes(self, member):
        """(name, member at the other end) of the relationships that *member* has."""
        line = self.line(member)
        for number in range(len(self.related)):
            parent, child = self.ends(number)
            link = Member(~number, 0) if self.related[number].kind == "association" else None
            if parent in line:
                yield f"r{number}", link or child
            if child in line and not self.is_alone(number):
                yield f"b{number}", link or parent
        if member.number < 0:
            yield from zip(("left", "right"), self.ends(~member.number), strict=True)

    def read(self, read):
        """What *read* finds: objects, each with what it refers to, or a summary of them."""
        member = self.member(read.number, read.place)
        self.session.expunge_all()
        statement = getattr(self, f"_{read.shape}")(member, read)
        statement = statement.options(*self._criteria(read.criteria))
        self.sent = 0
        rows = self.session.execute(statement).unique().all()
        return [[self._cell(cell) for cell in row] for row in rows], self.sent

    def _cell(self, cell):
        is_object = type(cell) in self.mapped.values()
        return (type(cell).__name__, self._seen(cell)) if is_object else cell

    def _graph(self, member, read):
        return self._ordered(self.sa.select(self.mapped[member]), member, read).options(
            *self._options(member, read.loads)
        )

    def _ordered(self, statement, member, read):
        columns = [getattr(self.mapped[member], name) for name in self.keys(member.number)]
        if read.descending:
            columns = [column.desc() for column in columns]
        return statement.order_by(*columns).limit(read.limit)

    def _labels(self, member, read):
        class_ = self.mapped[member]
        first, *others = (getattr(class_, name) for name in self.keys(member.number))
        named = (first + 1 if self.classes[member.number].key != "text" else first).label("first_")
        order = named.desc() if read.descending else named
        return self.sa.select(class_, named).order_by(order, *others).limit(read.limit)

    def _aggregates(self, member, read):
        entity = self.mapped[member]
        if read.descending:
            entity = self.orm.aliased(entity)
        func, key = self.sa.func, getattr(entity, self.keys(member.number)[-1])
        summary = [func.count(key), func.max(key).label("most")]
        summary += [func.sum(getattr(entity, name)) for name in self._integers(member)]
        return self.sa.select(*summary)

    def _groups(self, member, read):
        class_ = self.mapped[member]
        name = next(iter(self._integers(member)), self.keys(member.number)[0])
        group, count = getattr(class_, name), self.sa.func.count().label("many")
        order = count.desc() if read.descending else count
        return self.sa.select(group, count).group_by(group).order_by(order, group).limit(read.limit)

    def _integers(self, member):
        return [name for name, kind in self.plain(member) if kind == "integer"]

    def _criteria(self, criteria):
        for number, place, left_out in criteria:
            member = self.member(number, place)
            name = self.keys(member.number)[-1]
            value = f"k{left_out:03}" if self.classes[member.number].key == "text" else left_out
            yield self.orm.with_loader_criteria(
                self.mapped[member],
                # The oracle keeps one statement for each lambda that is written, and reads a
                # column in place of an attribute from the table of the class above.
                eval(f"lambda class_: class_.{name} != {value!r}"),
                # Without it, it holds for no class below in the oracle.
                include_aliases=True,
            )

    def _options(self, member, wanted):
        options = {}
        attributes = list(self.attributes(member))
        for which, load, which_below, load_below in wanted if attributes else ():
            name, target = attributes[which % len(attributes)]
            if name in options:
                continue
            option = getattr(self.orm, load)(getattr(self.mapped[member], name))
            below = list(self.attributes(target))
            if below and load != "lazyload":
                deeper, _ = below[which_below % len(below)]
                option = getattr(option, load_below)(getattr(self.mapped[target], deeper))
            options[name] = option
        return options.values()

    def _member_of(self, made):
        return next(one for one, class_ in self.mapped.items() if class_ is type(made))

    def _seen(self, made):
        member = self._member_of(made)
        seen = {"key": self._key(member, made)}
        for name, _ in self.plain(member):
            seen[name] = getattr(made, name)
        for name, target in self.attributes(member):
            value = getattr(made, name)
            if value is None:
                seen[name] = None
            elif isinstance(value, list):
                keys = [self._key(target, one) for one in value]
                ordered = name[0] == "r" and self.is_ordered(int(name[1:]))
                seen[name] = keys if ordered else sorted(keys)
            else:
                seen[name] = self._key(target, value)
        return seen

    def values(self):
        """What each object of the program holds."""
        self._forget_gone()
        return self.looks + [
            (type(made).__name__, [repr(getattr(made, name)) for name, _ in self.plain(member)])
            for member, made in self.objects
        ]


__all__ = ["Member", "SchemaWorld"]

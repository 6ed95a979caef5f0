"""Which column gets which value, in every order and on every way: here and with the oracle."""

from types import SimpleNamespace

import pytest

from tests.orm.both import compare, programs


def stored(w, *tables):
    """The rows of *tables* as the driver gives them: NULL and the null of JSON differ there."""
    w.s.flush()
    connection = w.s.connection()
    return [
        [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {name} ORDER BY 1, 2")]
        for name in tables
    ]


# Order ----------------------------------------------------------------------------------------


def a_version_column_stands_anywhere(w):
    sa, orm = w.sa, w.orm
    column = orm.mapped_column
    for place, names in enumerate((("v", "a", "b"), ("a", "v", "b"), ("b", "a", "v"))):
        made = {name: column(sa.Integer, nullable=name != "v") for name in names}
        body = {"__tablename__": f"t{place}", "id": column(sa.Integer, primary_key=True), **made}
        body["__mapper_args__"] = {"version_id_col": made["v"]}
        kind = type(f"T{place}", (w.Base,), body)
        w.create()
        w.add(kind(id=1, a=10, b=20))
        one = w.s.get(kind, 1)
        one.a = 77
        w.s.flush()
        one.b, one.a = 5, 6
        yield stored(w, f"t{place}")
        w.s.delete(one)
        w.s.commit()
        yield stored(w, f"t{place}")


def sort_order_moves_columns_and_not_values(w):
    sa, column = w.sa, w.orm.mapped_column

    class Stamped:
        changed = column(sa.Integer, onupdate=lambda: 99, sort_order=-10)
        made = column(sa.Integer, default=1, sort_order=5)

    class Thing(Stamped, w.Base):
        __tablename__ = "thing"
        z = column("first", sa.String(10), sort_order=3)
        id = column(sa.Integer, primary_key=True)
        first = column("z", sa.String(10), sort_order=-1)

    w.create()
    w.add(Thing(id=1, z="z", first="f"))
    one = w.s.get(Thing, 1)
    one.z, one.first = "zz", "ff"
    yield stored(w, "thing")
    one.first, one.made, one.z = "3", 7, "4"
    yield stored(w, "thing")
    w.s.execute(w.sa.update(Thing), [{"id": 1, "first": "x", "z": "y"}])
    yield stored(w, "thing")


def imperative_properties_come_in_another_order(w):
    sa = w.sa

    class Plain:
        pass

    table = sa.Table(
        "plain",
        w.Base.metadata,
        *(sa.Column(name, sa.String(10)) for name in "ab"),
        sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(name, sa.String(10)) for name in "cd"),
    )
    properties = {"four": table.c.d, "b": table.c.a, "one": table.c.c, "a": table.c.b}
    w.Base.registry.map_imperatively(Plain, table, properties=properties)
    w.create()
    one = Plain()
    one.id, one.four, one.b, one.one, one.a = 1, "d", "a", "c", "b"
    w.s.add(one)
    yield stored(w, "plain")
    one.a, one.b, one.one, one.four = "b2", "a2", "c2", "d2"
    yield stored(w, "plain")
    merged = Plain()
    merged.id, merged.four, merged.b, merged.a, merged.one = 1, "d3", "a3", "b3", "c3"
    w.s.merge(merged)
    yield stored(w, "plain")


def third_tables_have_columns_in_any_order_and_more_of_them(w):
    sa, orm = w.sa, w.orm
    column = orm.mapped_column
    third = sa.Table(
        "third",
        w.Base.metadata,
        sa.Column("note", sa.String(10), default=lambda: "made", onupdate="changed"),
        sa.Column("right_b", sa.Integer, primary_key=True),
        sa.Column("left_id", sa.ForeignKey("lefts.id", onupdate="CASCADE"), primary_key=True),
        sa.Column("at", sa.Integer, default=sa.func.abs(-3)),
        sa.Column("right_a", sa.Integer, primary_key=True),
        sa.ForeignKeyConstraint(["right_a", "right_b"], ["rights.a", "rights.b"]),
    )

    class Left(w.Base):
        __tablename__ = "lefts"
        id = column(sa.Integer, primary_key=True)
        rights = orm.relationship("Right", secondary=third, passive_updates=False)

    class Right(w.Base):
        __tablename__ = "rights"
        b = column(sa.Integer, primary_key=True)
        a = column(sa.Integer, primary_key=True)

    w.create()
    one = Left(id=1, rights=[Right(a=2, b=3), Right(a=4, b=5)])
    w.add(one)
    yield stored(w, "third")
    one = w.s.get(Left, 1)
    one.id = 9
    yield [len(one.rights)]
    w.s.flush()
    yield stored(w, "third")
    one.rights.pop()
    yield stored(w, "third")


def a_row_is_found_by_all_of_its_key(w):
    sa, column = w.sa, w.orm.mapped_column

    class Wide(w.Base):
        __tablename__ = "wide"
        value = column(sa.Integer)
        second = column("first", sa.Integer, primary_key=True)
        first = column("second", sa.Integer, primary_key=True)
        version = column(sa.Integer, nullable=False)
        __mapper_args__ = {"version_id_col": version}

    w.create()
    w.add(Wide(first=1, second=2, value=3), Wide(first=2, second=1, value=4))
    one = w.s.scalars(sa.select(Wide).where(Wide.first == 1)).one()
    one.value = 30
    yield stored(w, "wide")
    w.s.delete(one)
    yield stored(w, "wide")


def a_key_that_is_null_in_part_tells_no_row(w):
    sa, column = w.sa, w.orm.mapped_column

    class Half(w.Base):
        __tablename__ = "half"
        first = column(sa.String(10), primary_key=True, nullable=True)
        second = column(sa.String(10), primary_key=True, nullable=True)
        name = column(sa.String(10))

    w.create()

    def change(half):
        half.name = "x"

    for way in (change, w.s.delete):
        w.s.add(Half(first="1", second=None))
        way(w.s.scalars(sa.select(Half)).first())
        yield w.error(w.s.flush)
        w.s.rollback()
    w.add(Half(first="1", second="2"))
    change(w.s.get(Half, ("1", "2")))
    yield stored(w, "half")


# Columns of other classes in the same table -----------------------------------------------------


def hierarchy(w):
    sa, column = w.sa, w.orm.mapped_column

    class Animal(w.Base):
        __tablename__ = "animal"
        id = column(sa.Integer, primary_key=True)
        kind = column(sa.String(10))
        name = column(sa.String(10))
        version = column(sa.Integer, nullable=False)
        __mapper_args__ = {
            "polymorphic_on": kind, "polymorphic_identity": "animal", "version_id_col": version,
        }  # fmt: skip

    class Dog(Animal):
        age = column(sa.Integer, default=lambda: 7, onupdate=lambda: 8)
        __mapper_args__ = {"polymorphic_identity": "dog"}

    class Bird(Animal):
        __tablename__ = "bird"
        id = column(sa.ForeignKey("animal.id"), primary_key=True)
        wings = column(sa.String(10))
        __mapper_args__ = {"polymorphic_identity": "bird"}

    w.create()
    return SimpleNamespace(Animal=Animal, Dog=Dog, Bird=Bird)


def defaults_of_classes_below_stand_in_rows_of_the_class_above(w):
    m = hierarchy(w)
    w.add(m.Animal(id=1, name="a"))
    yield stored(w, "animal")
    w.s.get(m.Animal, 1).name = "b"
    yield stored(w, "animal")


def a_row_that_is_taken_over_keeps_counting_its_versions(w):
    sa, column = w.sa, w.orm.mapped_column

    class Part(w.Base):
        __tablename__ = "part"
        id = column(sa.String(10), primary_key=True)
        version = column(sa.Integer, nullable=False)
        name = column(sa.String(10))
        __mapper_args__ = {"version_id_col": version}

    w.create()
    for is_expired in (False, True):
        w.s.execute(sa.delete(Part))
        w.add(Part(id="p", name="a"))
        old = w.s.scalars(sa.select(Part)).one()
        if is_expired:
            w.s.expire(old)
        w.s.delete(old)
        new = Part(id="p", name="b")
        w.s.add(new)
        w.s.flush()
        yield stored(w, "part"), new.version
        new.name = "c"
        yield stored(w, "part")


def expressions_are_read_when_the_row_is_there(w):
    m = hierarchy(w)
    m.Animal.twice = w.orm.column_property(m.Animal.name + m.Animal.name)
    m.Bird.loud = w.orm.column_property(m.Bird.wings + "!")
    for one in (m.Animal(name="a"), m.Bird(name="b", wings="w"), m.Dog(name="d")):
        w.s.add(one)
        yield one.twice
        w.s.flush()
        yield one.twice, getattr(one, "loud", None)
        one.name = "n"
        yield one.twice
        w.s.flush()
        yield one.twice
    w.s.add_all([m.Animal(name="x"), m.Bird(name="y", wings="z")])
    w.s.flush()
    yield [one.twice for one in w.s.scalars(w.sa.select(m.Animal).order_by(m.Animal.id))]


# Rows of statements -----------------------------------------------------------------------------


def one_dictionary_is_as_good_as_a_list_of_one(w):
    m = hierarchy(w)
    insert = w.sa.insert
    w.s.execute(insert(m.Animal), {"id": 1, "name": "a", "color": "red"})
    w.s.execute(insert(m.Dog), {"id": 2, "name": "d", "age": 3})
    w.s.execute(insert(m.Bird), {"id": 3, "name": "b", "wings": "w"})
    yield stored(w, "animal", "bird")
    found = w.s.scalars(insert(m.Dog).returning(m.Dog), {"id": 4, "name": "e"}).all()
    yield [(type(one).__name__, one.age, one.version) for one in found]
    found = w.s.scalars(insert(m.Bird).returning(m.Bird), {"id": 5, "wings": "x"}).all()
    yield [(type(one).__name__, one.wings, one.version) for one in found]
    w.s.execute(insert(m.Dog).values(name=w.sa.func.lower("N")), {"id": 6})
    w.s.execute(insert(m.Bird).values(wings=w.sa.func.lower("N")), {"id": 7, "name": "q"})
    w.s.execute(
        insert(m.Bird).values(wings=w.sa.func.lower("N"), name=w.sa.func.lower("M")),
        [{"id": 8}],
    )
    yield stored(w, "animal", "bird")


def options_of_returned_rows_are_heeded(w):
    m = hierarchy(w)
    load_only = w.orm.load_only(m.Animal.name)
    statement = w.sa.insert(m.Animal).returning(m.Animal).options(load_only)
    for rows in ({"id": 1, "name": "a"}, [{"id": 2, "name": "b"}, {"id": 3, "name": "c"}]):
        found = w.s.scalars(statement, rows).all()
        yield [w.loaded(one) for one in found]
    found = w.s.scalars(
        w.sa.update(m.Animal).where(m.Animal.id == 2).values(name="n").returning(m.Animal)
    ).all()
    yield [one.name for one in found]


def relationships_of_returned_rows_are_loaded(w):
    sa, orm = w.sa, w.orm
    column = orm.mapped_column

    class Parent(w.Base):
        __tablename__ = "parent"
        id = column(sa.Integer, primary_key=True)

    class Child(w.Base):
        __tablename__ = "child"
        id = column(sa.Integer, primary_key=True)
        parent_id = column(sa.ForeignKey("parent.id"))
        parent = orm.relationship("Parent")

    w.create()
    w.add(Parent(id=1))
    insert = sa.insert(Child).values(id=2, parent_id=1).returning(Child)
    made = w.s.scalars(insert.options(orm.selectinload(Child.parent))).one()
    yield w.loaded(made), made.parent.id


def rows_by_keys_with_expressions_for_all(w):
    m = hierarchy(w)
    update = w.sa.update
    w.add(m.Bird(id=1, name="b", wings="w"), m.Dog(id=2, name="d"), m.Animal(id=3, name="a"))
    w.s.execute(
        update(m.Bird).values(wings=m.Bird.wings + "x"), [{"id": 1, "version": 1, "name": "n"}]
    )
    yield stored(w, "animal", "bird")
    w.s.execute(
        update(m.Bird).values(name=m.Bird.name + "x"), [{"id": 1, "version": 2, "wings": "o"}]
    )
    yield stored(w, "animal", "bird")
    w.s.execute(update(m.Dog), [{"id": 2, "version": 1, "name": "n", "color": "red"}])
    yield stored(w, "animal")
    w.s.execute(update(m.Dog).values(name=m.Dog.name + "!"), [{"id": 2, "version": 2, "age": 4}])
    yield stored(w, "animal")


def returned_columns_have_their_own_names(w):
    m = hierarchy(w)
    statement = w.sa.insert(m.Bird).returning(m.Bird.id, m.Bird.wings, m.Bird.name)
    rows = w.s.execute(statement, [{"id": 1, "wings": "w"}, {"id": 2, "name": "n"}]).all()
    yield [(row.id, row.wings, row.name) for row in rows]


def values_that_are_parameters(w):
    m = hierarchy(w)
    statement = w.sa.insert(m.Animal).values(name=w.sa.bindparam("n"))
    statement = statement.execution_options(dml_strategy="bulk")
    w.s.execute(statement, {"n": "x", "id": 1})
    w.s.execute(statement, [{"n": "y", "id": 2}, {"n": "z", "id": 3}])
    yield stored(w, "animal")


# None -------------------------------------------------------------------------------------------


def documents(w):
    sa, column = w.sa, w.orm.mapped_column

    class Doc(w.Base):
        __tablename__ = "doc"
        id = column(sa.Integer, primary_key=True)
        plain = column(sa.JSON)
        made = column(sa.JSON, default=lambda: {"made": 1})
        without = column(sa.JSON(none_as_null=True), default=lambda: {"made": 2})
        server = column(sa.JSON, server_default='{"made": 3}')
        told = column(sa.String(10).evaluates_none(), default="told")
        text = column(sa.String(10), default="text")

    w.create()
    return Doc


NAMES = ("plain", "made", "without", "server", "told", "text")


def none_that_was_set_is_a_value_to_json(w):
    Doc = documents(w)
    nothing = dict.fromkeys(NAMES)
    w.add(Doc(id=1, **nothing), Doc(id=2))
    yield stored(w, "doc")
    w.s.execute(w.sa.insert(Doc), [{"id": 3, **nothing}, {"id": 4, **nothing}])
    w.s.execute(w.sa.insert(Doc), [{"id": 5}, {"id": 6, "plain": 1}])
    w.s.bulk_insert_mappings(Doc, [{"id": 7, **nothing}, {"id": 8, **nothing}])
    w.s.bulk_save_objects([Doc(id=9, **nothing), Doc(id=10, plain=None), Doc(id=11)])
    w.s.scalars(w.sa.insert(Doc).returning(Doc), [{"id": 12, **nothing}]).all()
    yield stored(w, "doc")


def none_that_is_set_later_is_a_value_to_json(w):
    Doc = documents(w)
    w.add(Doc(id=1), Doc(id=2))
    one = w.s.get(Doc, 1)
    for name in NAMES:
        setattr(one, name, None)
    w.s.flush()
    w.s.execute(w.sa.update(Doc), [{"id": 2, **dict.fromkeys(NAMES)}])
    yield stored(w, "doc")


def expressions_stand_for_what_has_a_default(w):
    Doc = documents(w)
    func = w.sa.func
    w.add(Doc(id=1, text=func.lower("T"), told=func.lower("U")))
    yield stored(w, "doc")


def what_counts_members_is_computed_anew_when_they_change(w):
    sa, orm = w.sa, w.orm

    class Line(w.Base):
        __tablename__ = "counted_line"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        order_id = orm.mapped_column(sa.ForeignKey("counted_order.id"))
        order = orm.relationship("Order", back_populates="lines")

    class Order(w.Base):
        __tablename__ = "counted_order"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        name = orm.mapped_column(sa.String)
        lines = orm.relationship(Line, cascade="all, delete-orphan", back_populates="order")
        tags = orm.relationship("Tag", secondary="counted_tagged")

    class Tag(w.Base):
        __tablename__ = "counted_tag"
        id = orm.mapped_column(sa.Integer, primary_key=True)

    sa.Table(
        "counted_tagged",
        w.Base.metadata,
        sa.Column("order_id", sa.ForeignKey("counted_order.id"), primary_key=True),
        sa.Column("tag_id", sa.ForeignKey("counted_tag.id"), primary_key=True),
    )
    count = sa.select(sa.func.count(Line.id)).where(Line.order_id == Order.id)
    count = count.correlate_except(Line).scalar_subquery()
    Order.count = orm.column_property(count)
    Order.kept = orm.column_property(count, expire_on_flush=False)
    w.create()
    w.add(Order(id=1, lines=[Line(), Line()]), Tag(id=1))
    order = w.s.get(Order, 1)

    def told():
        w.s.flush()
        return order.count, order.kept

    yield told()
    order.lines.append(Line())
    yield told()
    order.lines.pop(0)
    yield told()
    w.s.add(Line(order=order))
    yield told()
    w.s.add(Line(order_id=1))
    yield told()
    order.tags.append(w.s.get(Tag, 1))
    yield told()
    w.s.delete(order.lines[0])
    yield told()
    order.name = order.name
    yield told()


@pytest.mark.parametrize("program", programs(globals()), ids=lambda program: program.__name__)
def test_each_column_gets_its_own_value(program):
    compare(program)

"""Underscored names of the other package, which show what objects of dovetail know."""

import pytest

from tests.alias.program import run

MODEL = """
import sqlalchemy as sa
from sqlalchemy.orm import (
    DeclarativeBase, Mapped, mapped_column, relationship, Session, aliased, registry,
)

class Base(DeclarativeBase):
    pass

class User(Base):
    __tablename__ = "user_account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True, comment="what others say")
    addresses: Mapped[list["Address"]] = relationship(back_populates="user")

class Address(Base):
    __tablename__ = "address"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
    user: Mapped["User"] = relationship(back_populates="addresses")

engine = sa.create_engine("sqlite://")
Base.metadata.create_all(engine)
session = Session(engine)
"""


def with_model(text):
    return run(MODEL + "\n".join(line[4:] for line in text.splitlines()))


def same_with_both(text):
    """What the program prints on both packages, which must be the same."""
    pytest.importorskip("sqlalchemy")
    program = MODEL + "\n".join(line[4:] for line in text.splitlines())
    here, there = run(program), run(program, alias=False)
    assert here == there
    return here


def test_no_view_hides_what_a_class_has_itself():
    """A view that stands before an attribute of the house would change what the house does."""
    assert (
        run(
            """
        from dovetail.familiar.views.every import EVERY

        for views in EVERY:
            for kind, placed in views.by_class.items():
                for name in placed:
                    for base in kind.__mro__[:-1]:
                        if name in vars(base):
                            print(kind.__name__, name, base.__name__)
        """,
            alias=False,
        )
        == []
    )


def test_parts_of_a_statement():
    assert same_with_both(
        """
    statement = (
        sa.select(User.id, User.name).where(User.id > 1).order_by(User.name).group_by(User.id)
        .having(sa.func.count() > 1).limit(5).offset(2).distinct()
        .execution_options(stream=True)
    )
    print([str(one) for one in statement._where_criteria])
    print([one.name for one in statement._order_by_clauses])
    print([one.name for one in statement._group_by_clauses])
    print([str(one) for one in statement._having_criteria])
    print(statement._limit, statement._offset, statement._limit_clause is not None)
    print(statement._distinct, statement._distinct_on, dict(statement._execution_options))
    print(statement._for_update_arg, [one.name for one in statement._all_selected_columns])
    print([one.key for one in statement._raw_columns])
    joined = sa.select(Address).join(Address.user, isouter=True)
    print(joined._setup_joins[0][3], len(joined._setup_joins), dict(joined._propagate_attrs).keys())
    print(sa.select(Address)._raw_columns[0]._annotations["parententity"] is sa.inspect(Address))
    print(dict(sa.select(User.__table__)._propagate_attrs))
        """
    )


def test_a_copy_of_a_statement_is_another_object():
    assert same_with_both(
        """
    for statement in (sa.select(User), sa.text("SELECT 1"), sa.update(User)):
        twin = statement._generate()
        print(twin is statement, type(twin) is type(statement), str(twin) == str(statement))
    read = sa.select(User).from_statement(sa.text("SELECT 1 AS id, 'ada' AS name"))
    twin = read._generate()
    twin.element = sa.text("SELECT 2 AS id, 'ben' AS name")
    print(session.scalars(twin).one().name, session.scalars(read).one().name)
        """
    )


def test_roles_answer_for_what_plays_them():
    assert same_with_both(
        """
    from sqlalchemy.sql import roles
    parts = {
        "column": sa.column("x"), "table": User.__table__, "select": sa.select(User.id),
        "text": sa.text("x"), "union": sa.select(User.id).union(sa.select(User.id)),
        "value": sa.select(User.id).scalar_subquery(), "null": sa.null(), "update": sa.update(User),
        "subquery": sa.select(User.id).subquery(),
        "cte": sa.select(User.id).cte(), "bind": sa.bindparam("x"),
        "and": (User.id > 1) & (User.id < 2),
        "drop": sa.schema.DropTable(User.__table__), "5": 5, "class": User,
    }
    for name in (
        "SQLRole", "ColumnsClauseRole", "FromClauseRole", "WhereHavingRole", "OrderByRole",
        "StatementRole", "SelectStatementRole", "InElementRole", "JoinTargetRole", "DMLRole",
        "DDLRole", "IsCTERole", "CompoundElementRole", "ConstExprRole", "DMLTableRole",
        "LabeledColumnExprRole", "ReturnsRowsRole", "StrAsPlainColumnRole",
        "AnonymizedFromClauseRole", "DMLSelectRole", "DDLReferredColumnRole",
    ):
        role = getattr(roles, name)
        print(name, [key for key, part in parts.items() if isinstance(part, role)])
        """
    )


def test_a_role_takes_the_type_that_annotations_give_it():
    assert run("from sqlalchemy.sql.roles import TypedColumnsClauseRole as R; print(R[int])") == [
        "dovetail.familiar.roles.TypedColumnsClauseRole[int]"
    ]


def test_items_of_a_query():
    assert same_with_both(
        """
    from sqlalchemy.orm.context import _ColumnEntity, _MapperEntity
    query = session.query(User, User.name, sa.func.count()).filter(User.id > 1).order_by(User.id)
    items = query._compile_state()._entities
    print([isinstance(item, _MapperEntity) for item in items])
    print([isinstance(item, _ColumnEntity) for item in items])
    print(items[0].expr is User, items[0].entity_zero is sa.inspect(User), items[2].entity_zero)
    print(query._compile_state()._mapper_zero() is sa.inspect(User))
    print(query._entity_from_pre_ent_zero() is sa.inspect(User), len(query._order_by_clauses))
    print([str(one) for one in query._where_criteria], query._limit_clause, query._distinct)
    other = aliased(User)
    print(session.query(other)._entity_from_pre_ent_zero() is sa.inspect(other))
    read = session.query(User).from_statement(sa.text("SELECT 1 AS id, 'ada' AS name"))
    print([user.name for user in session.execute(read._statement_20()).scalars()])
    print(query._generate() is query, query._generate().whereclause is not None)
        """
    )


def test_a_session_is_told_nothing_by_the_keywords_that_others_hand_on():
    assert with_model(
        """
    class Own(Session):
        def execute(self, *given, _parent_execute_state=None, _add_event=None, **named):
            return super().execute(
                *given, _parent_execute_state=_parent_execute_state, _add_event=_add_event,
                **named,
            )

    own = Own(engine)
    print(own.execute(sa.select(1)).scalar(), own.scalar(sa.select(2)))
    try:
        own.execute(sa.select(1), _add_event=print)
    except TypeError as error:
        print(error)
        """
    ) == ["1 2", "execute() can't be told _add_event: leave it out"]


def test_what_mappers_and_instances_know():
    assert same_with_both(
        """
    from sqlalchemy.orm.base import instance_dict, instance_state, manager_of_class
    mapper = sa.inspect(User)
    print(list(mapper._props), mapper._identity_class is User, mapper.entity_namespace is User)
    print(mapper._columntoproperty[User.__table__.c.name] is mapper.attrs.name)
    print([str(one) for one in mapper.attrs.addresses._reverse_property])
    print([one.name for one in mapper.attrs.addresses._calculated_foreign_keys])
    print(mapper.attrs.addresses._is_self_referential, User.name._is_internal_proxy)
    print(Base.registry._class_registry["User"] is User)
    made = manager_of_class(User).new_instance()
    print(type(made) is User, instance_state(made) is sa.inspect(made), sa.inspect(made).transient)
    session.add(User(id=1, name="ada"))
    session.commit()
    ada = session.get(User, 1)
    print(sa.inspect(ada).committed_state, instance_dict(ada)["name"])
    ada.name = "eve"
    print(sa.inspect(ada).committed_state, sa.inspect(ada)._instance_dict is not None)
    try:
        manager_of_class(int)
    except sa.exc.InvalidRequestError as error:
        print(type(error).__name__)
        """
    )


def test_the_definitions_of_databases_without_a_dialect_have_their_identities():
    assert run(
        """
        import sqlalchemy as sa
        from sqlalchemy.dialects import mssql, oracle
        from sqlalchemy.schema import CreateTable

        key = sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True)
        table = sa.Table("t", sa.MetaData(), key)
        for dialect in (mssql.dialect(), oracle.dialect()):
            print(str(CreateTable(table).compile(dialect=dialect)).split("\\n")[2].strip())
        print(oracle.VECTOR(8, oracle.VectorStorageFormat.FLOAT32).compile(oracle.dialect()))
        """
    ) == [
        "id BIGINT IDENTITY(1,1),",
        "id BIGINT GENERATED BY DEFAULT AS IDENTITY,",
        "VECTOR(8, FLOAT32)",
    ]


def test_a_name_that_is_deleted_from_a_module_stays_away():
    assert run(
        """
        from sqlalchemy.dialects import oracle

        del oracle.JSON
        print(hasattr(oracle, "JSON"))
        oracle.JSON = int
        print(oracle.JSON)
        """
    ) == ["False", "<class 'int'>"]


def test_elements_are_cloned_and_the_copies_changed():
    assert same_with_both(
        """
    from sqlalchemy.sql import operators
    descending = User.name.desc()
    copy = descending._clone()
    copy.modifier = operators.asc_op
    print(descending, copy, copy.element is descending.element)
    copy._copy_internals()
    print(copy, User.__table__._clone() is User.__table__)
    condition = sa.and_(User.id == 1, User.name == "x")
    twin = condition._clone()
    twin._copy_internals()
    print(twin is condition, twin.clauses[0] is condition.clauses[0], str(twin) == str(condition))
    statement = sa.select(User).order_by("name")
    print(statement._order_by_clauses[0].element, statement._order_by_clauses[0])
        """
    )


def test_what_a_statement_hands_on_is_in_its_dictionary():
    assert same_with_both(
        """
    for statement in (sa.select(User), sa.select(User.id).where(User.id == 1), sa.select(Address)):
        print(statement.__dict__["_propagate_attrs"]["plugin_subject"].class_.__name__)
    print("_propagate_attrs" in sa.select(User.__table__).__dict__)
    for statement in (sa.insert(User), sa.update(Address), sa.delete(Address)):
        print(statement._propagate_attrs["plugin_subject"].class_.__name__)
    print(session.query(User)._statement)
        """
    )


def test_rows_of_a_class_of_the_programs_own():
    assert same_with_both(
        """
    class Short(sa.Row):
        def keys(self):
            return list(self._parent.keys)

    from sqlalchemy.engine.result import SimpleResultMetaData
    with engine.connect() as connection:
        one, two = sa.literal(1).label("a"), sa.literal(2).label("b")
        row = connection.execute(sa.select(one, two)).one()
        print(row._data)
        names = SimpleResultMetaData(["a"])
        made = Short(names, None, {"a": 0}, row._data[:1])
        print(tuple(made), made.a, made.keys(), isinstance(made, sa.Row), dict(made._mapping))
        """
    )


def test_a_synonym_says_what_it_stands_for():
    assert same_with_both(
        """
    from sqlalchemy.orm import synonym
    class Other(Base):
        __tablename__ = "other"
        id: Mapped[int] = mapped_column(primary_key=True)
        number: Mapped[int] = synonym("id")
    mapper = sa.inspect(Other)
    print(mapper.attrs.number._proxied_object is mapper.attrs.id)
        """
    )


def test_tables_columns_and_relationships_of_a_mapper():
    assert same_with_both(
        """
    class Vip(User):
        __tablename__ = "vip"
        id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"), primary_key=True)
        level: Mapped[int]

    mapper, above = sa.inspect(Vip), sa.inspect(User)
    print([table.name for table in mapper._sorted_tables], mapper.represents_outer_join)
    for found in (above._pks_by_table, above._cols_by_table):
        print(sorted((table.name, sorted(c.name for c in of)) for table, of in found.items()))
    print(sorted(str(column) for column in mapper._all_pk_cols))
    print([one.class_.__name__ for one in above._inheriting_mappers])
    mapper._configure_property("grade", Vip.__table__.c.level)
    print(mapper.attrs.grade.columns[0].name, mapper.is_sibling(above), above.is_sibling(above))
    rel = sa.inspect(Address).relationships.user
    print(rel._use_get, "save-update" in rel._cascade)
    print(rel._join_condition is not None, above.class_manager in Base.registry._managers)
    print(User.name._parententity is above, User.addresses._parentmapper is above)
    aliased_address = aliased(Address)
    path = User.addresses.of_type(aliased_address).and_(Address.id > 1)
    print(path._of_type is sa.inspect(aliased_address), len(path._extra_criteria))
    print(User.addresses._of_type)
        """
    )


def test_what_is_in_a_session_by_its_states():
    assert same_with_both(
        """
    ada = User(id=1, name="ada", addresses=[Address(id=1)])
    print(session._is_clean(), session._transaction is None)
    session.add(ada)
    state = sa.inspect(ada)
    print(state in session._new, len(session._new), session._is_clean())
    print(session._contains_state(state), session.connection_callable)
    reached = sa.inspect(User).cascade_iterator("save-update", state)
    one, mapper, other, values = next(iter(reached))
    print(type(one).__name__, mapper.class_.__name__, other is sa.inspect(one), values["id"])
    session.commit()
    session.delete(ada)
    print(state in session._deleted)
    session.rollback()
    ada = session.get(User, 1)
    ada.name = "eve"
    state = sa.inspect(ada)
    print(session.identity_map.has_key(state.key), session.identity_map._dict[state.key] is state)
    print(state in session.identity_map._modified, state._attached, state._deleted)
    print(state.get_history("name", sa.orm.attributes.PASSIVE_OFF), state.get_impl("name").key)
    outer = session._transaction
    with session.begin_nested() as inner:
        print(session._nested_transaction is inner, session._transaction is inner)
        print(inner._parent is outer)
    print(session._nested_transaction)
        """
    )


def test_functions_that_tell_what_is_mapped():
    assert same_with_both(
        """
    from sqlalchemy.orm import base, instrumentation, util
    mapper, alias, ada = sa.inspect(User), aliased(User), User(id=1)
    for one in (User, mapper, alias, sa.inspect(alias), 5, ada, User.__table__):
        print(base._is_mapped_class(one))
    print(base._inspect_mapped_class(User) is mapper, base._inspect_mapped_class(int))
    print(base._inspect_mapped_object(ada) is sa.inspect(ada), base._inspect_mapped_object(3))
    print(util._class_to_mapper(User) is util._class_to_mapper(alias) is mapper)
    print(str(base._entity_descriptor(User, "name")), base._entity_descriptor(mapper, "id").key)
    for call in (lambda: util._class_to_mapper(int), lambda: base._entity_descriptor(User, "no")):
        try:
            call()
        except sa.exc.InvalidRequestError as error:
            print(type(error).__name__)
    state = sa.inspect(ada)
    print(base.state_class_str(state), base.instance_str(ada) == util.state_str(state))
    print(base.attribute_str(ada, "id").startswith("<User at 0x"))
    print(instrumentation.manager_of_class(User) is mapper.class_manager)
        """
    )


def test_a_column_of_no_table_has_no_defaults_and_a_table_is_copied_by_the_former_name():
    assert same_with_both(
        """
    column = sa.column("x")
    print(column.default, column.onupdate, column.server_default, column.server_onupdate)
    table = sa.Table("t", sa.MetaData(), sa.Column("x", sa.Integer, default=3))
    print(table.c.x.default.arg, table.c.x.onupdate)
    other = sa.MetaData()
    copy = table.tometadata(other, schema="s")
    print(copy.metadata is other, copy.fullname, copy.c.keys())
    compiled = sa.select(table).compile()
    print(compiled.sql_compiler is compiled, column.is_clause_element, table.is_selectable)
        """
    )


def test_the_former_names_of_results_and_binary_types():
    assert run(
        """
        import sqlalchemy as sa
        from sqlalchemy import ResultProxy
        from sqlalchemy.engine import ResultProxy as same
        from sqlalchemy.orm import Mapper, attributes, mapper
        from sqlalchemy.orm.session import _state_session
        from sqlalchemy.sql.compiler import RESERVED_WORDS
        from sqlalchemy.types import _Binary

        print(ResultProxy is same is sa.CursorResult, "select" in RESERVED_WORDS)
        print(isinstance(sa.LargeBinary(), _Binary), isinstance(sa.String(), _Binary))
        print(sa.create_engine("sqlite://").connect().should_close_with_result)
        """
    ) == ["True True", "True False", "False"]


def test_what_relationships_and_queries_tell_of_themselves():
    assert same_with_both(
        """
    relationship = sa.inspect(User).relationships.addresses
    print(relationship._clsregistry_resolve_name("Address")() is Address)
    print(sa.inspect(User).attrs.name._is_polymorphic_discriminator)
    query = session.query(User)
    print(query._compile_context().load_options._only_return_tuples)
    print(query.only_return_tuples(True)._compile_context().load_options._only_return_tuples)
        """
    )


def test_an_attribute_is_told_to_keep_old_values_while_the_program_runs():
    assert same_with_both(
        """
    user = User(name="first")
    session.add(user)
    session.commit()
    User.name.impl.active_history = True
    user.name = "other"
    print(User.name.impl.active_history, sa.inspect(user).attrs.name.history.deleted != ())
        """
    )


def test_what_is_mapped_while_listening_to_the_end_of_configuration_is_in_use_at_once():
    assert same_with_both(
        """
    def add(*_):
        if not hasattr(User, "versions"):
            User.versions = sa.orm.relationship("Address", viewonly=True)
            print(sa.orm.configure_mappers(), User.versions.impl is not None)

    class Another(Base):
        __tablename__ = "another"
        id = sa.Column(sa.Integer, primary_key=True)

    sa.event.listen(sa.orm.Mapper, "after_configured", add)
    sa.orm.configure_mappers()
    print(User.versions.impl is not None)
        """
    )


def test_a_copy_of_a_column_is_told_that_it_says_whether_it_takes_null():
    assert same_with_both(
        """
    column = sa.Column("id", sa.Integer)
    column._user_defined_nullable = True
    table = sa.Table("kept", sa.MetaData(), column, sa.PrimaryKeyConstraint("id"))
    print(table.c.id.nullable)
        """
    )


def test_the_manager_of_a_class_has_its_attributes_by_name():
    assert same_with_both(
        """
    manager = sa.orm.attributes.manager_of_class(User)
    print(sorted(manager.keys()), sorted(key for key, _ in manager.items()))
    print("name" in manager, manager["name"] is User.name)
    print(any(value is User.name for value in manager.values()))
        """
    )


def test_where_there_is_nothing_to_go_through_nothing_comes_back():
    assert same_with_both(
        """
    from sqlalchemy.sql import visitors
    print(visitors.replacement_traverse(None, {}, lambda *a, **k: None))
    print(visitors.cloned_traverse(None, {}, {}))
    print(visitors.ReplacingCloningVisitor().traverse(None))
        """
    )


def test_what_a_part_of_a_statement_is():
    same_with_both("""
    t = User.__table__
    names = (
        "_is_bind_parameter", "_is_clause_list", "_is_column_element", "_is_from_clause",
        "_is_join", "_is_lambda_element", "_is_lateral", "_is_returns_rows", "_is_select_base",
        "_is_select_statement", "_is_singleton_constant", "_is_subquery", "_is_table",
        "_is_text_clause", "_is_textual", "is_from_statement",
    )
    for part in (
        t, t.c.id, sa.select(t), sa.select(t).subquery(), sa.text("x"), sa.null(), sa.insert(t),
        t.join(t.alias(), sa.true()), sa.and_(t.c.id == 1, t.c.id == 2), sa.func.count(),
        sa.bindparam("x"), t.c.id == 1, sa.select(t.c.id).scalar_subquery(), User.name,
        sa.select(t).cte(), sa.union(sa.select(t), sa.select(t)), sa.text("x").columns(t.c.id),
    ):
        print([name for name in names if getattr(part, name, False)])
    print([one.name for one in (t.c.id == 1)._from_objects], t.c.id._label)
    statement = sa.select(t)
    print(statement.selectable is statement)
    """)


def test_a_statement_of_the_users_own_keeps_what_it_is_made_of():
    same_with_both("""
    from sqlalchemy.ext.compiler import compiles
    from sqlalchemy.sql.expression import ClauseElement, Executable

    class CreateView(Executable, ClauseElement):
        inherit_cache = False

        def __init__(self, name, selectable):
            self.name, self.selectable, self.element = name, selectable, selectable

    @compiles(CreateView)
    def write(element, compiler, **keywords):
        return f"CREATE VIEW {element.name} AS {compiler.process(element.selectable)}"

    print(" ".join(str(CreateView("v", sa.select(User.__table__.c.id))).split()))
    """)


def test_the_class_of_conditions_puts_them_together():
    same_with_both("""
    from sqlalchemy.sql.elements import BooleanClauseList

    a, b = sa.column("a") == 1, sa.column("b") == 2
    print(BooleanClauseList.and_(a, b), "|", BooleanClauseList.or_(a, b))
    print(BooleanClauseList.and_(a), type(BooleanClauseList.or_(a, b)).__name__)
    """)


def test_a_class_of_statements_says_options_that_its_statements_have():
    same_with_both("""
    from sqlalchemy.sql.expression import ClauseElement, Executable, Select

    class Vacuum(Executable, ClauseElement):
        _execution_options = Executable._execution_options.union({"autocommit": True})

    print(Vacuum._execution_options, Vacuum().get_execution_options())
    print(dict(Executable._execution_options), dict(Select._execution_options))
    print(type(sa.select(User).execution_options(a=1)._execution_options).__name__)
    """)


def test_what_a_compiled_statement_is():
    same_with_both("""
    t = User.__table__
    read, write = sa.select(t).compile(engine), sa.insert(t).compile(engine)
    create = sa.schema.CreateTable(t).compile(engine)
    print(read.isinsert, write.isinsert, write.isupdate, write.isdelete)
    print(create.is_ddl, create.is_sql, read.is_ddl, read.is_sql)
    print(read.process(t.c.id), read.render_literal_value("it's", sa.String()))
    """)


def test_families_of_types_and_what_converts_their_values():
    same_with_both("""
    for kind in (sa.String(), sa.ARRAY(sa.Integer), sa.types.NullType(), sa.Boolean()):
        print(kind._isnull, kind._is_array, kind._is_tuple_type, kind._is_type_decorator)
        print(kind._compare_type_affinity(sa.Text()))
    print(sa.Date()._cached_bind_processor(engine.dialect) is not None)
    print(sa.Integer()._cached_result_processor(engine.dialect, None))
    print(sa.Integer()._cached_literal_processor(engine.dialect)(5))
    """)


def test_transactions_of_a_connection_and_the_flush_before_a_statement():
    same_with_both("""
    with engine.connect() as connection:
        print(connection._transaction, connection._nested_transaction)
        outer = connection.begin()
        print(connection._transaction is outer, dict(connection._execution_options))
        inner = connection.begin_nested()
        print(connection._nested_transaction is inner)
        inner.rollback()
    session.add(User(name="pending"))
    session._autoflush()
    print(len(session.new))
    """)


def test_rows_of_a_third_table_have_their_values_by_name():
    assert with_model("""
    from sqlalchemy import event

    link = sa.Table(
        "link",
        Base.metadata,
        sa.Column("one_id", sa.ForeignKey("user_account.id"), primary_key=True),
        sa.Column("two_id", sa.ForeignKey("user_account.id"), primary_key=True),
    )

    class Member(Base):
        __table__ = sa.Table(
            "member", Base.metadata, sa.Column("id", sa.ForeignKey(User.id), primary_key=True)
        )
        friends = relationship(
            User, secondary=link, primaryjoin=lambda: link.c.one_id == Member.id,
            secondaryjoin=link.c.two_id == User.id,
        )

    Base.metadata.create_all(engine)

    @event.listens_for(engine, identifier="before_cursor_execute")
    def told(connection, cursor, statement, parameters, context, executemany):
        if getattr(context.invoked_statement, "table", None) is link:
            print(context.isinsert, context.compiled_parameters)

    users = [User(id=n, name=str(n)) for n in (1, 2, 3)]
    session.add_all(users)
    session.flush()
    member = Member(id=1, friends=users[1:])
    session.add(member)
    session.flush()
    member.friends = []
    session.flush()
    """) == [
        "True [{'one_id': 1, 'two_id': 2}, {'one_id': 1, 'two_id': 3}]",
        "False [{'one_id': 1, 'two_id': 2}, {'one_id': 1, 'two_id': 3}]",
    ]


def test_what_is_declared_has_numbers_in_the_order_of_declaration():
    assert with_model("""
    class Order(Base):
        __tablename__ = "order_of_things"
        id = sa.Column(sa.Integer, primary_key=True)
        user = relationship(User)
        user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id"))
        buyer = sa.orm.synonym("user")
        note: Mapped[str]

    def number(prop):
        return (prop.columns[0] if hasattr(prop, "columns") else prop)._creation_order

    attributes = sorted(sa.inspect(Order).attrs, key=number)
    print([prop.key for prop in attributes])
    early, late = sa.Column("a"), sa.Column("b")
    print(early._creation_order < late._creation_order)
    sa.util.set_creation_order(early)
    print(early._creation_order > late._creation_order)
    """) == ["['id', 'user', 'user_id', 'buyer', 'note']", "True", "True"]


def test_a_listener_leaves_columns_out_of_a_create_table():
    same_with_both("""
    from sqlalchemy.sql import base, expression

    Columns = getattr(base, "WriteableColumnCollection", expression.ColumnCollection)
    key, geometry = sa.Column("id", sa.Integer, primary_key=True), sa.Column("g", sa.Text)
    shape = sa.Table("shape", Base.metadata, key, geometry)

    @sa.event.listens_for(shape, "before_create")
    def leave_out(table, bind, **keywords):
        table.info["all"], left = table.columns, Columns()
        left.add(table.c.id)
        table.columns = left

    @sa.event.listens_for(shape, "after_create")
    def put_back(table, bind, **keywords):
        print(table.columns.keys(), table.c.keys(), sa.select(table.c.g))
        table.columns = table.info.pop("all")

    engine = sa.create_engine("sqlite://")
    shape.create(engine)
    print([column["name"] for column in sa.inspect(engine).get_columns("shape")])
    shape.append_column(sa.Column("later", sa.Text))
    print(shape.columns.keys(), shape.columns is shape.c)
    """)


def test_the_selects_of_a_union_are_replaced_in_their_list():
    same_with_both("""
    t = User.__table__
    session.add(User(name="ada"))
    session.flush()
    both = sa.union_all(sa.select(t.c.name), sa.select(t.c.name))
    print(session.execute(both).all())
    both.selects[1] = both.selects[1].where(t.c.id < 0)
    print(session.execute(both).all())
    """)


def test_a_result_has_the_names_of_its_columns():
    same_with_both("""
    with engine.connect() as connection:
        result = connection.exec_driver_sql("SELECT 1 AS x, 2 AS y")
        print(list(result._metadata.keys), result.all())
    print(list(session.execute(sa.select(User.id))._metadata.keys))
    """)


def test_a_programs_own_kind_of_attribute_is_refused_when_it_is_made():
    assert with_model("""
    from sqlalchemy.orm import attributes

    class Own(attributes.ScalarAttributeImpl):
        pass

    try:
        attributes.register_attribute(User, "own", impl_class=Own)
    except sa.exc.InvalidRequestError as error:
        print(str(error).partition(":")[0])
    """) == ["register_attribute(User, 'own')"]

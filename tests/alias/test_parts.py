"""What programs read of the parts that statements, tables and queries are made of."""

from tests.alias.test_views import same_with_both


def test_a_compiled_query_tells_which_classes_are_joined():
    assert same_with_both("""
    other = aliased(Address)
    table = Address.__table__
    for query in (
        session.query(User),
        session.query(User).join(Address),
        session.query(User).outerjoin(User.addresses),
        session.query(User).join(User.addresses.of_type(other)),
        session.query(sa.func.count(User.id)).join(other, other.user_id == User.id),
        session.query(User).join(table, table.c.user_id == User.id),
    ):
        joined = query._compile_state()._join_entities
        print(len(joined), *(entity.class_.__name__ for entity in joined),
              *(entity is sa.inspect(other) for entity in joined))
    """) == ["0", "1 Address False", "1 Address False", "1 Address True", "1 Address True", "0"]


def test_a_join_that_cannot_be_made_is_refused_when_the_query_is_compiled():
    assert same_with_both("""
    class Other(Base):
        __tablename__ = "other"
        id: Mapped[int] = mapped_column(primary_key=True)

    query = session.query(User).join(Other)
    try:
        query._compile_state()
    except sa.exc.InvalidRequestError:
        print("refused")
    """) == ["refused"]


def test_what_constraints_and_indexes_were_made_of_can_be_read_before_they_have_a_table():
    assert same_with_both("""
    table = User.__table__
    for made in (
        sa.UniqueConstraint("a", "b"),
        sa.UniqueConstraint(table.c.id),
        sa.PrimaryKeyConstraint("a"),
        sa.ForeignKeyConstraint(["a"], ["x.y"]),
        sa.CheckConstraint("a > 1"),
        sa.CheckConstraint(table.c.id > 1),
        sa.Index("i", "a"),
        sa.Index("i", table.c.id),
    ):
        print(*(str(part) for part in made._pending_colargs), sep=",", end=";")
    print(*sa.Index("i", table.c.id)._columns)
    """) == ["a,b;user_account.id;a;a;;user_account.id;a;user_account.id;user_account.id"]


def test_a_column_of_an_alias_can_be_asked_what_columns_of_tables_are_asked():
    assert (
        same_with_both("""
    names = ("default onupdate server_default server_onupdate index unique comment computed "
             "identity autoincrement system doc primary_key nullable").split()
    for source in (User.__table__.alias(), sa.select(User).subquery(), sa.select(User).cte()):
        print(*(getattr(source.c.id, name) for name in names), *source.c.id.constraints)
    """)
        == ["None " * 9 + "auto False None True False"] * 3
    )


def test_statements_tell_their_parts():
    assert same_with_both("""
    table = User.__table__
    chosen = (sa.select(table).prefix_with("P").suffix_with("S").limit(2)
              .group_by(table.c.id, table.c.name).order_by(table.c.name))
    update = sa.update(table).where(table.c.id == 1).returning(table.c.id)
    delete = sa.delete(table).where(table.c.id == 2).prefix_with("LOW")
    print(*(str(text) for text, _ in (*chosen._prefixes, *chosen._suffixes, *delete._prefixes)))
    print(chosen._group_by_clause, "|", chosen._order_by_clause, chosen._has_row_limiting_clause)
    print(sa.select(table)._has_row_limiting_clause, sa.union(chosen, chosen)._group_by_clause)
    print(*update._where_criteria, *update._returning, *delete._where_criteria)
    alias = sa.inspect(aliased(User))
    print(alias.local_table is alias.persist_selectable is alias.selectable, alias.polymorphic_on)
    """) == [
        "P S LOW",
        "user_account.id, user_account.name | user_account.name True",
        "False ",
        "user_account.id = :id_1 user_account.id user_account.id = :id_1",
        "True None",
    ]


def test_an_execution_tells_how_many_rows_it_has_changed():
    assert same_with_both("""
    told = []
    sa.event.listen(engine, "after_cursor_execute", lambda *given: told.append(given[4]))
    session.add_all([User(name="Ada"), User(name="Bo")])
    session.flush()
    session.execute(sa.update(User).values(name=sa.func.upper(User.name)))
    print(told[-1].rowcount, told[-1].identifier_preparer is engine.dialect.identifier_preparer)
    print(engine.dialect._json_serializer, engine.dialect.execute_sequence_format)
    """) == ["2 True", "None <class 'tuple'>"]

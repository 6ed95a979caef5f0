"""What statements are as Python values: their truth, errors, and what they give to others."""

import pickle

import pytest

from dovetail import (
    Column,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    bindparam,
    case,
    cast,
    column,
    delete,
    func,
    insert,
    label,
    literal_column,
    or_,
    select,
    text,
    true,
    union,
    update,
)
from dovetail.exc import (
    AmbiguousColumnError,
    ArgumentError,
    CompileError,
    InvalidRequestError,
)
from dovetail.sql.traversal import adapt, iterate, replace

metadata = MetaData()
a = Table("a", metadata, Column("id", Integer, primary_key=True), Column("x", Integer))
b = Table(
    "b", metadata, Column("id", Integer, primary_key=True), Column("a_id", ForeignKey("a.id"))
)


def test_statements_are_not_changed_by_their_methods():
    statement = select(a.c.id)

    statement.where(a.c.x == 5).order_by(a.c.x).limit(3).distinct()

    assert str(statement) == "SELECT a.id \nFROM a"


def test_expressions_have_no_truth():
    for expression in (a.c.x > 5, and_(a.c.x == 1, a.c.x == 2), func.count(), a.c.x):
        with pytest.raises(TypeError, match="neither true nor false"):
            bool(expression)


def test_equal_columns_are_identical_columns():
    assert a.c.x == a.c.x
    assert not bool(a.c.x == a.c.id)
    assert a.c.x != a.c.id
    assert a.c.x in [a.c.id, a.c.x]
    assert {a.c.x: 1}[a.c.x] == 1


def test_in_of_python_is_refused():
    with pytest.raises(InvalidRequestError, match="in_"):
        _ = 5 in a.c.x


@pytest.mark.parametrize(
    "make",
    [
        lambda: select("id"),
        lambda: select([a.c.id]),
        lambda: select(a).where("x = 5"),
        lambda: select(a).where(5),
        lambda: select(a).join("b"),
        lambda: select(a).select_from(5),
        lambda: a.c.x.in_(5),
        lambda: a.c.x.in_("abc"),
        lambda: a.c.x < None,
        lambda: a.c.x > True,
        case,
        lambda: insert(a).values(5),
        lambda: union(select(a), "x"),
        lambda: text(":x").bindparams(y=5),
    ],
)
def test_what_is_not_sql_is_refused(make):
    with pytest.raises(ArgumentError):
        make()


def test_a_name_that_is_not_selected_cannot_be_sorted_by():
    with pytest.raises(CompileError, match="nmae"):
        str(select(a.c.id).order_by("nmae"))


def test_filter_by_looks_into_each_from():
    statement = select(a).join(b).filter_by(a_id=5, x=3)

    assert str(statement).endswith("WHERE b.a_id = :a_id_1 AND a.x = :x_1")
    with pytest.raises(InvalidRequestError, match="'nope' in 'a'"):
        select(a).filter_by(nope=5)
    with pytest.raises(AmbiguousColumnError, match="'id' in 'a' and 'b'"):
        select(a).join(b).filter_by(id=5)


def test_filter_by_of_a_change_names_what_is_not_there():
    for change in (update(a), delete(a)):
        with pytest.raises(InvalidRequestError, match="'nope' in 'a'"):
            change.filter_by(nope=5)


def test_columns_of_subqueries_correspond():
    sub = select(a.c.id, (a.c.x + 1).label("y"), func.count(a.c.x)).subquery("s")

    assert sub.c.keys() == ["id", "y", "count"]
    assert sub.corresponding_column(a.c.id) is sub.c.id
    assert sub.c.id.table is sub
    assert str(sub.c.y) == "s.y"


def test_aliases_keep_keys():
    alias = b.alias("c")

    assert alias.c.id.primary_key
    assert next(iter(alias.c.a_id.foreign_keys)).column is a.c.id
    assert str(a.join(alias)) == "a JOIN b AS c ON a.id = c.a_id"


def test_selected_columns():
    statement = select(a.c.id.label("q"), a.c.x)

    assert statement.selected_columns.keys() == ["q", "x"]
    assert statement.selected_columns.x is a.c.x


def test_froms():
    assert select(a.c.id, b.c.id).get_final_froms() == [a, b]
    assert select(a.c.id).join(b).get_final_froms()[0].right is b


def test_parameters_are_given_values_later():
    statement = select(a.c.id).where(a.c.x == bindparam("n"))

    assert statement.params(n=5).compile().params == {"n": 5}
    assert statement.compile().params == {"n": None}


def test_two_parameters_of_one_name():
    statement = select(a.c.id).where(or_(a.c.x == bindparam("id_1"), a.c.id == 5))

    with pytest.raises(CompileError, match="id_1"):
        str(statement)


def test_values_and_a_select_do_not_go_together():
    with pytest.raises(InvalidRequestError):
        insert(a).values(x=5).from_select(["x"], select(b.c.id))


def test_unknown_columns_of_values():
    with pytest.raises(CompileError, match="unconsumed column names"):
        str(insert(a).values(nope=5))
    with pytest.raises(CompileError, match="unconsumed column names"):
        str(update(a).values(nope=5))


def test_traversal_visits_each_node_once():
    statement = select(a.c.id).where(a.c.x == 5, a.c.x == 5)

    nodes = list(iterate(statement))

    assert nodes[0] is statement
    assert len(nodes) == len(set(map(id, nodes)))
    assert a.c.x in nodes


def test_replacing_leaves_the_rest_alone():
    expression = and_(a.c.x == 5, a.c.id == 3)

    replaced = replace(expression, lambda node: b.c.id if node is a.c.x else None)

    assert str(replaced) == "b.id = :x_1 AND a.id = :id_1"
    assert replaced.clauses[1] is expression.clauses[1]
    assert replace(expression, lambda node: None) is expression


def test_adapting_to_an_alias():
    alias = a.alias("z")
    statement = select(a.c.id).where(a.c.x == 5).order_by(a.c.x)

    adapted = adapt(statement, alias)

    assert str(adapted) == "SELECT z.id \nFROM a AS z \nWHERE z.x = :x_1 ORDER BY z.x"
    assert str(statement) == "SELECT a.id \nFROM a \nWHERE a.x = :x_1 ORDER BY a.x"


def test_deep_criteria_compile():
    criteria = and_(*[a.c.x == number for number in range(2000)])

    assert str(select(a.c.id).where(criteria)).count("a.x =") == 2000


def test_constants_are_the_same_after_pickling():
    assert pickle.loads(pickle.dumps(true())) is true()


@pytest.mark.parametrize("name", ['a"b', "a b", "select", "Größe", "a.b", "a;--", "a%b", "", "1a"])
def test_hostile_names(name):
    table = Table(name, MetaData(), Column(name, Integer))
    quoted = '"' + name.replace('"', '""') + '"'

    assert str(select(table)) == f"SELECT {quoted}.{quoted} \nFROM {quoted}"


def test_literal_binds_are_for_reading():
    statement = select(a.c.id).where(a.c.x.in_([1, 2]), a.c.id == 5).limit(3)

    text = str(statement.compile(compile_kwargs={"literal_binds": True}))

    assert text == "SELECT a.id \nFROM a \nWHERE a.x IN (1, 2) AND a.id = 5\n LIMIT 3"


def test_post_compile_is_for_reading():
    statement = select(a.c.id).where(a.c.x.in_([1, 2]))

    compiled = statement.compile(compile_kwargs={"render_postcompile": True})

    assert str(compiled) == "SELECT a.id \nFROM a \nWHERE a.x IN (:x_1_1, :x_1_2)"
    assert compiled.params == {"x_1_1": 1, "x_1_2": 2}


def test_results_know_their_columns():
    columns = (
        select(a.c.id, a.c.x.label("y"), func.count(a.c.x), b.c.id, cast(a.c.x, String))
        .compile()
        .columns
    )

    assert [c.key for c in columns] == ["id", "y", "count_1", "id_1", "x"]
    assert columns[0].expressions[0] is a.c.id
    assert isinstance(columns[4].type, String)


def test_text_knows_its_columns():
    statement = text("SELECT 1, 2").columns(literal_column("p", Integer), a.c.x)

    assert [c.key for c in statement.compile().columns] == ["p", "x"]


def test_a_label_has_the_type_that_it_is_given_as_a_class():
    assert isinstance(label("text", a.c.x, String).type, String)


def test_a_table_in_group_by_is_its_columns():
    table = Table("t", MetaData(), Column("a", Integer), Column("b", Integer))
    statement = select(func.count()).select_from(table).group_by(table)

    assert str(statement).endswith("GROUP BY t.a, t.b")


def test_a_star_is_selected_as_it_is():
    table = Table("t", MetaData(), Column("a", Integer))

    assert str(select("*").select_from(table)) == "SELECT * \nFROM t"
    with pytest.raises(ArgumentError, match="a column cannot be given as text"):
        select("a")


def test_parentheses_of_the_same_operator_are_dropped():
    a, b, c = column("a"), column("b"), column("c")

    assert str(or_(a == 1, or_(b == 2, c == 3).self_group())) == (
        "a = :a_1 OR b = :b_1 OR c = :c_1"
    )
    assert str(and_(a == 1, or_(b == 2, c == 3).self_group())) == (
        "a = :a_1 AND (b = :b_1 OR c = :c_1)"
    )

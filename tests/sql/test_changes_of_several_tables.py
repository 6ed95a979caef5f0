"""DELETE … USING, and what RETURNING gives: the same text as in the oracle."""

import importlib

import pytest


@pytest.fixture(params=["dovetail", "sqlalchemy"])
def core(request):
    return importlib.import_module(request.param)


def of_server(core, statement, server):
    dialect = importlib.import_module(f"{core.__name__}.dialects.{server}").dialect()
    text = " ".join(str(statement.compile(dialect=dialect)).split())
    return text.replace("::INTEGER", "")


def three(core):
    return (
        core.table("a", core.column("id", core.Integer)),
        core.table("b", core.column("id"), core.column("aid")),
        core.table("c", core.column("id")),
    )


def test_delete_names_tables_that_no_criterion_speaks_of(core):
    a, b, c = three(core)
    statement = core.delete(a).using(b).using(c).where(b.c.aid == a.c.id)

    assert of_server(core, statement, "postgresql") == "DELETE FROM a USING b, c WHERE b.aid = a.id"
    assert of_server(core, statement, "mysql") == "DELETE FROM a USING a, b, c WHERE b.aid = a.id"


def test_delete_names_a_join_which_may_have_its_own_table(core):
    a, b, c = three(core)
    statement = core.delete(a).using(a.outerjoin(b, a.c.id == b.c.aid)).where(b.c.id == None)
    other = core.delete(a).using(b.join(c, b.c.id == c.c.id)).where(b.c.aid == a.c.id)

    assert of_server(core, statement, "mysql") == (
        "DELETE FROM a USING a LEFT OUTER JOIN b ON a.id = b.aid WHERE b.id IS NULL"
    )
    assert of_server(core, other, "mysql") == (
        "DELETE FROM a USING a, b INNER JOIN c ON b.id = c.id WHERE b.aid = a.id"
    )
    assert of_server(core, other, "postgresql") == (
        "DELETE FROM a USING b JOIN c ON b.id = c.id WHERE b.aid = a.id"
    )


def test_what_returning_gives_is_described(core):
    a, b, _ = three(core)
    statement = core.update(a).values(id=1).returning(a.c.id, (a.c.id + 1).label("next"))

    described = statement.returning_column_descriptions
    assert [(item["name"], type(item["type"]).__name__) for item in described] == [
        ("id", "Integer"),
        ("next", "Integer"),
    ]
    assert core.delete(b).returning_column_descriptions == []

"""What an operator has besides its operands: the escape character of LIKE, and the like."""

from dovetail import Column, Integer, MetaData, String, Table

names = Table("names", MetaData(), Column("id", Integer), Column("name", String))


def test_modifiers_are_read_by_name():
    escaped = names.c.name.like("a/%%", escape="/")

    assert escaped.modifiers == {"escape": "/"}
    assert repr(escaped.modifiers) == "{'escape': '/'}"
    assert dict(names.c.name.like("a%").modifiers) == {}


def test_what_is_added_to_a_new_expression_is_written():
    expression = names.c.name.like("a/%%")
    expression.modifiers["escape"] = "/"

    assert str(expression) == "names.name LIKE :name_1 ESCAPE '/'"
    assert not expression.compare(names.c.name.like("a/%%"))

    del expression.modifiers["escape"]
    assert str(expression) == "names.name LIKE :name_1"
    assert expression.compare(names.c.name.like("a/%%"))

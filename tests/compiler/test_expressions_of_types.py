"""What a type writes around its columns and its parameters stands where values come and go."""

import pytest

from dovetail import Column, MetaData, Table, exists, func, insert, select, union_all, update
from dovetail.types import UserDefinedType


class Shape(UserDefinedType):
    cache_ok = True

    def get_col_spec(self, **keywords):
        return "SHAPE"

    def bind_expression(self, bindvalue):
        return func.read_shape(bindvalue, type_=self)

    def column_expression(self, column):
        return func.show_shape(column, type_=self)


park = Table("park", MetaData(), Column("area", Shape))
areas = select(park.c.area)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (areas, "SELECT show_shape(park.area) AS area FROM park"),
        (
            select(areas.subquery("inside")),
            (
                "SELECT show_shape(inside.area) AS area FROM "
                "(SELECT park.area AS area FROM park) AS inside"
            ),
        ),
        (
            select(areas.scalar_subquery().label("one")),
            "SELECT show_shape((SELECT park.area FROM park)) AS one",
        ),
        (select(exists(areas)), "SELECT EXISTS (SELECT park.area FROM park) AS anon_1"),
        (
            areas.where(park.c.area.in_(areas)),
            (
                "SELECT show_shape(park.area) AS area FROM park "
                "WHERE park.area IN (SELECT park.area FROM park)"
            ),
        ),
        (
            insert(park).from_select(["area"], areas),
            "INSERT INTO park (area) SELECT park.area FROM park",
        ),
        (
            union_all(areas, areas),
            (
                "SELECT show_shape(park.area) AS area FROM park UNION ALL "
                "SELECT show_shape(park.area) AS area FROM park"
            ),
        ),
        (insert(park), "INSERT INTO park (area) VALUES (read_shape(:area))"),
        (update(park).values(area="round"), "UPDATE park SET area=read_shape(:area)"),
    ],
)
def test_values_are_converted_once(statement, expected):
    assert " ".join(str(statement).split()) == expected

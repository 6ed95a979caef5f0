"""Names are found where users of such libraries import them from."""

import importlib

import pytest

import dovetail


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("elements", "BinaryExpression BindParameter ColumnElement Label Null between literal"),
        ("selectable", "Alias CTE CompoundSelect Join Select Subquery TableClause Values exists"),
        ("dml", "Delete Insert Update delete insert update"),
        ("lambdas", "LambdaElement StatementLambdaElement lambda_stmt"),
        ("operators", "ColumnOperators"),
        ("ddl", "CheckFirst DDL ExecutableDDLElement"),
        ("functions", "Function FunctionElement GenericFunction func"),
    ],
)
def test_a_familiar_path_has_the_very_objects_of_the_package(path, names):
    module = importlib.import_module(f"dovetail.sql.{path}")

    for name in names.split():
        shown = getattr(dovetail, name, None) or getattr(dovetail.sql.expression, name)
        assert getattr(module, name) is shown

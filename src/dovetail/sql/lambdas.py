"""Statements given as functions, by their familiar path."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .expression.lambdas import (
    LambdaElement as LambdaElement, StatementLambdaElement as StatementLambdaElement,
    lambda_stmt as lambda_stmt,
)

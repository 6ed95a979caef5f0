"""Statements given as functions, by their familiar path."""

from .expression.lambdas import (
    LambdaElement as LambdaElement,
    StatementLambdaElement as StatementLambdaElement,
    lambda_stmt as lambda_stmt,
)

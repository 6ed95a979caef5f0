"""The familiar import path of what evaluates criteria in Python."""

from dovetail.exc import UnevaluatableError
from dovetail.orm.bulk.evaluator import EvaluatorCompiler

__all__ = ["EvaluatorCompiler", "UnevaluatableError"]

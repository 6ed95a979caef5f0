"""The familiar import path of what evaluates criteria in Python."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from ..exc import UnevaluatableError as UnevaluatableError
from .bulk.evaluator import EvaluatorCompiler as EvaluatorCompiler

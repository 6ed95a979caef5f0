"""Python's own hook at its start: the alias is on in each process of a command."""

import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path

try:
    from dovetail.as_sqlalchemy import activate
except ImportError as error:
    raise SystemExit(
        f"{sys.executable} cannot run this as sqlalchemy: {error}\n"
        "  hint: install dovetail-orm where the command runs"
    ) from error

activate()

# The hook of the environment, which this one stands before.
_here = Path(__file__).resolve().parent
_others = [entry for entry in sys.path if Path(entry or ".").resolve() != _here]
_spec = PathFinder.find_spec("sitecustomize", _others)
if _spec is not None and _spec.loader is not None:
    _spec.loader.exec_module(module_from_spec(_spec))

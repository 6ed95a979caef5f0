"""The only place where functions are made from text.

A :class:`Source` collects the lines of a function and the objects they name;
:func:`compile_function` makes the function.  The text stands in ``linecache``, so that a
traceback or a debugger shows it, for as long as the function lives.
"""

from __future__ import annotations

import linecache
from contextlib import contextmanager
from functools import lru_cache
from itertools import count
from types import CodeType
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary, finalize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FunctionType

_serial = count(1)
_generated: WeakValueDictionary[str, FunctionType] = WeakValueDictionary()


class Source:
    """Lines of a function being written, and the objects they name."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.names: dict[str, object] = {}
        self._lines: list[str] = []
        self._depth = 0

    def line(self, text: str) -> None:
        """Write one line at the present depth."""
        self._lines.append("    " * self._depth + text)

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        """Write *header* and indent what is written inside the ``with``."""
        self.line(header)
        self._depth += 1
        yield
        self._depth -= 1

    def use(self, name: str, value: object) -> str:
        """Let the text refer to *value* as *name*; return the name.

        ValueError is raised if *name* stands for another object already.
        """
        if self.names.setdefault(name, value) is not value:
            raise ValueError(f"{name!r} already names another object in {self.title}")
        return name

    def use_unique(self, stem: str, value: object) -> str:
        """Let the text refer to *value* as *stem*, numbered if that is taken; return the name."""
        name, number = stem, 1
        while self.names.setdefault(name, value) is not value:
            number += 1
            name = f"{stem}_{number}"
        return name

    def text(self) -> str:
        """Return the text written so far."""
        return "\n".join(self._lines) + "\n"


def compile_function(source: Source, function: str) -> Callable[..., Any]:
    """Compile *source* and return the function that it calls *function*.

    KeyError is raised where the text defines no such function, SyntaxError where it is
    not Python.
    """
    text = source.text()
    filename = f"<dovetail {source.title} #{next(_serial)}>"
    namespace: dict[str, Any] = dict(source.names)
    exec(_renamed(_compiled(text), filename), namespace)
    generated: FunctionType = namespace[function]
    # Tracebacks and debuggers find the text here; it goes when the function goes.
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    finalize(generated, linecache.cache.pop, filename, None).atexit = False
    _generated[filename] = generated
    return generated


@lru_cache(maxsize=512)
def _compiled(text: str) -> CodeType:
    """Return the code of *text*: engines made one after the other write the same functions."""
    return compile(text, "<dovetail>", "exec")


def _renamed(code: CodeType, filename: str) -> CodeType:
    """Return *code*, and what is defined within it, as that of the file *filename*."""
    constants = tuple(
        _renamed(one, filename) if isinstance(one, CodeType) else one for one in code.co_consts
    )
    return code.replace(co_filename=filename, co_consts=constants)


def source_text(function: Callable[..., Any]) -> str | None:
    """Return the text that *function* was made from, or None if it is not a generated one."""
    code = getattr(function, "__code__", None)
    if code is None or code.co_filename not in _generated:
        return None
    return "".join(linecache.getlines(code.co_filename))


def dump(title: str = "") -> Iterator[tuple[str, str]]:
    """Yield (file name, text) of every living generated function whose name has *title*.

    For reading and for bug reports::

        for filename, text in dump("hydrate User"):
            print(filename, text, sep="\\n")
    """
    for filename, function in sorted(_generated.items()):
        if title in filename:
            yield filename, source_text(function) or ""


def evaluate(text: str, names: dict[str, Any]) -> Any:
    """Return the value of the Python expression *text* over *names*, a mapping.

    For annotations and join conditions that users write as strings; whatever the expression
    raises is passed on.
    """
    # The builtins must be there even where *names* knows everything: typing is partly in C since
    # 3.12, and what it imports, it imports with the __import__ of the frame that is running.
    return eval(compile(text.strip(), "<string>", "eval"), {}, names)

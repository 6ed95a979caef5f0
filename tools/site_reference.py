"""The reference as the site has it: each member with its signature and the whole docstring."""

import inspect
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from tools.reference import PATHS, documented_classes, methods, own_members, public_names, signature

_ROLE = re.compile(r":\w+:`~?\.?([^`]+)`")
_FIELD = re.compile(r"^:(?:param )?(\w+)(?: (\w+))?: ", re.MULTILINE)
_TERM = re.compile(r"^(``[^`]+``)\s{2,}(.+)$")


def page(path: str) -> str:
    """Return the page of the import path *path*, in Markdown."""
    module = import_module(path)
    names = public_names(module)
    documented = documented_classes()
    parts = [f"# {path}\n\n{PATHS[path][0].upper()}{PATHS[path][1:]}.\n"]
    for name in names:
        parts += _entry(name, getattr(module, name), documented)
    return "\n".join(parts)


def _entry(name: str, value: Any, documented: set[type[Any]]) -> Iterator[str]:
    yield f"## {name}\n"
    if inspect.isclass(value) and value.__name__ != name:
        yield f"Another name of `{value.__name__}`.\n"
        return
    if inspect.isclass(value):
        yield f"```text\nclass {name}{signature(value)}\n```\n"
    elif inspect.isroutine(value):
        yield f"```text\n{name}{signature(value)}\n```\n"
    if inspect.isclass(value) or inspect.isroutine(value):
        yield markdown(inspect.getdoc(value) or "")
    if inspect.isclass(value) and not issubclass(value, BaseException):
        for heading, _ in sorted(methods(value, documented)):
            yield from _member(name, value, heading)


def _member(owner: str, cls: type[Any], heading: str) -> Iterator[str]:
    name = heading.partition("(")[0]
    yield f"### {owner}.{name}\n"
    yield f"```text\n{heading}\n```\n"
    for base in cls.__mro__:
        member = own_members(base).get(name)
        text = inspect.getdoc(member) if member is not None else None
        if text:
            yield markdown(text)
            return


def markdown(text: str) -> str:
    """Return a docstring, *text*, as Markdown."""
    lines: list[str] = []
    blocks = iter(text.splitlines())
    for line in blocks:
        lines.append(line)
        if line.rstrip().endswith("::"):
            lines[-1] = line.rstrip()[:-1] if line.strip() != "::" else ""
            code, rest = _code(blocks)
            lines += ["", "```python", *code, "```", ""]
            if rest is not None:
                lines.append(rest)
    return _prose(lines)


def _code(lines: Iterator[str]) -> tuple[list[str], str | None]:
    """Return the indented lines that come next, without their indent, and the line after them."""
    code: list[str] = []
    for line in lines:
        if line.strip() and not line.startswith(" "):
            return _trimmed(code), line
        code.append(line)
    return _trimmed(code), None


def _trimmed(code: list[str]) -> list[str]:
    return inspect.cleandoc("\n" + "\n".join(code)).splitlines()


def _prose(lines: list[str]) -> str:
    made: list[str] = []
    within = False
    for line in lines:
        if line.startswith("```"):
            within = not within
        if within or line.startswith("```"):
            made.append(line)
            continue
        term = _TERM.match(line)
        shown = f"- {term[1]}: {term[2]}" if term else line
        field = _FIELD.match(line)
        if field:
            what, which = field[1], field[2]
            label = f"raises `{which}`" if what == "raises" else f"*{which or what}*"
            shown = f"- {label}: {line[field.end() :]}"
        is_first = shown.startswith("- ") and made and made[-1] and not made[-1].startswith("- ")
        if is_first and not made[-1].startswith("  "):
            made.append("")
        made.append(_ROLE.sub(r"`\1`", shown).replace("``", "`").replace("<", "&lt;"))
    return "\n".join(made) + "\n"


if __name__ == "__main__":
    print(page(sys.argv[1]))

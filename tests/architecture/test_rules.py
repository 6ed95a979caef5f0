"""A rule that finds nothing is worth nothing: each is shown a small house that breaks it."""

import pytest

from tests.architecture import house as rules
from tests.architecture.house import House
from tests.architecture.installs import MOST, found_installs, installs
from tests.architecture.unread import unread_parameters

SOUND = {
    "__init__.py": '"""The face."""\nfrom .orm.session import Session\n__all__ = ["Session"]\n',
    "exc.py": "class Error(Exception): ...\n",
    "types/__init__.py": "from .basic import Integer\n",
    "types/basic.py": "from ..exc import Error\nclass Integer: ...\n",
    "sql/__init__.py": "",
    "sql/node.py": "from dovetail.types import Integer\n",
    "dialects/__init__.py": "",
    "dialects/driver.py": "def connect():\n    import sqlite3\n    return sqlite3\n",
    "dialects/registry.py": "def find(name):\n    return name == 'sqlite'\n",
    "orm/__init__.py": "from .session import Session\n",
    "orm/util.py": "from .tracking.state import State\n",
    "orm/tracking/__init__.py": "",
    "orm/tracking/state.py": "from ...sql.node import Integer\nclass State: ...\n",
    "orm/session.py": "from .tracking import state\nclass Session: ...\n",
}


def build(folder, **changes):
    package = folder / "dovetail"
    for name, text in {**SOUND, **changes}.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return House(package)


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_a_sound_house_has_no_complaint(tmp_path, rule):
    assert rule(build(tmp_path)) == []


@pytest.mark.parametrize(
    ("rule", "name", "text"),
    [
        pytest.param(
            rules.upward_imports, "types/basic.py", "from dovetail.sql.node import x\n", id="floor"
        ),
        pytest.param(
            rules.upward_imports, "types/basic.py", "from ..sql import node\n", id="relative"
        ),
        pytest.param(
            rules.upward_imports, "sql/node.py", "from dovetail import Session\n", id="package"
        ),
        pytest.param(
            rules.upward_imports,
            "exc.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .sql import node\n",
            id="for typing alone",
        ),
        pytest.param(
            rules.upward_imports,
            "orm/tracking/state.py",
            "from ..session import Session\n",
            id="room",
        ),
        pytest.param(
            rules.upward_imports,
            "orm/session.py",
            "from .util import State\nclass Session: ...\n",
            id="a face from below",
        ),
        pytest.param(rules.loops, "sql/other.py", "from .third import x\n", id="loop of two"),
        pytest.param(rules.loops, "types/basic.py", "from . import Integer\n", id="own face"),
        pytest.param(rules.code_from_text, "sql/node.py", "exec('1')\n", id="exec"),
        pytest.param(
            rules.hidden_imports, "sql/node.py", "def f():\n    import json\n", id="in a function"
        ),
        pytest.param(
            rules.imports_by_name, "sql/node.py", "import dovetail.types.basic\n", id="by name"
        ),
        pytest.param(rules.star_imports, "sql/node.py", "from ..types import *\n", id="star"),
        pytest.param(
            rules.long_files, "sql/node.py", "x = 1\n" * (rules.MAX_FILE_LINES + 1), id="long file"
        ),
        pytest.param(
            rules.long_functions,
            "sql/node.py",
            "def f():\n" + "    x = 1\n" * 61,
            id="long function",
        ),
        pytest.param(
            rules.busy_faces, "sql/__init__.py", "def f(): ...\n", id="face with a function"
        ),
        pytest.param(rules.busy_faces, "schema.py", "x = 1\n", id="root face with a value"),
        pytest.param(rules.busy_faces, "orm/util.py", "class A: ...\n", id="orm face with a class"),
        pytest.param(
            rules.broken_promises,
            "schema.py",
            "from .later import names_later\n"
            "find, listed = names_later(__name__, {'dovetail.sql.node': ('Node',)})\n",
            id="a promise that no type checker sees",
        ),
        pytest.param(
            rules.broken_promises,
            "schema.py",
            "if TYPE_CHECKING:\n    from .exc import Absent\n"
            "find, listed = names_later(__name__, {'dovetail.exc': ('Absent',)})\n",
            id="a promise of what is not there",
        ),
        pytest.param(rules.vague_names, "sql/helpers.py", "", id="helpers"),
        pytest.param(rules.vague_names, "sql/util.py", "", id="util that is no face"),
        pytest.param(
            rules.dialects_asked_by_name, "sql/node.py", "x = d.name == 'mysql'\n", id="compared"
        ),
        pytest.param(
            rules.dialects_asked_by_name, "sql/node.py", "x = n in ('sqlite', 'y')\n", id="in tuple"
        ),
        pytest.param(
            rules.familiar_keys_of_states, "orm/merge.py", "x = state.key\n", id="familiar key"
        ),
        pytest.param(
            rules.strategies_asked_by_name, "orm/merge.py", "x = s == 'joined'\n", id="strategy"
        ),
        pytest.param(
            rules.strategies_asked_by_name, "orm/merge.py", "x = s in ('one', 'a')\n", id="policy"
        ),
    ],
)
def test_a_broken_rule_is_found(tmp_path, rule, name, text):
    extra = {"sql/third.py": "from .other import y\n"} if name == "sql/other.py" else {}

    complaints = rule(build(tmp_path, **{name: text}, **extra))

    assert complaints


def test_a_docstring_does_not_lengthen_a_function(tmp_path):
    docstring = '    """' + "word\n" * 70 + '    """\n'
    text = "def f():\n" + docstring + "    x = 1\n" * 60

    assert rules.long_functions(build(tmp_path, **{"sql/node.py": text})) == []


@pytest.mark.parametrize(
    "text",
    [
        "def load(path, strict): return path\n",
        "class Loader:\n    def load(self, path, *, strict=False): return path\n",
        "class Loader:\n    def __init__(self, **options): self.made = True\n",
        "async def load(path, *strict): return path\n",
    ],
)
def test_a_parameter_without_effect_is_found(tmp_path, text):
    assert len(unread_parameters(build(tmp_path, **{"sql/node.py": text}))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "def load(path, strict): return path if strict else None\n",
        "class Base:\n    def load(self, path): raise NotImplementedError\n",
        (
            "class A:\n    def load(self, path): return path\n"
            "class B:\n    def load(self, path): return 1\n"
        ),
        "class A:\n    def __exit__(self, kind, error, trace): return None\n",
        "class A:\n    def visit_null(self, node): return 'NULL'\n",
        "def load():\n    def told(event): return None\n    return told\n",
    ],
)
def test_parameters_that_others_prescribe_are_no_complaint(tmp_path, text):
    assert unread_parameters(build(tmp_path, **{"sql/node.py": text})) == []


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("from ..types.basic import hooks\nhooks.write = print\n", "hooks.write"),
        ("from ..types import basic\nbasic.hooks.write = print\n", "basic.hooks.write"),
        ("from dovetail.types.basic import table\ntable['x'] = print\n", "table['x']"),
        ("from ..types.basic import a\na.x, a.y = 1, 2\n", "a.x"),
        ("from ..types.basic import a\nif True:\n    a.x: int = 1\n", "a.x"),
        ("from ..types.basic import a\na.table.update(x=1)\n", "a.table.update()"),
        ("from ..types.basic import register\nregister(print)\n", "register()"),
        ("from ..types.basic import A\nfor n in 'ab':\n    setattr(A, n, 1)\n", "A.*"),
    ],
)
def test_what_a_module_puts_into_another_is_found(tmp_path, text, target):
    house = build(tmp_path, **{"sql/other.py": text})

    assert target in {install.target for install in found_installs(house)}
    assert [one for one in installs(house) if target in one]


@pytest.mark.parametrize(
    "text",
    [
        "class A: ...\nA.x = 1\n",
        "from ..types.basic import a\ndef set_it():\n    a.x = 1\n",
        "from ..types.basic import make\nmade = make(1)\nmade.x = 2\n",
        "import os\nos.environ['X'] = '1'\n",
    ],
)
def test_what_a_module_does_to_its_own_is_no_install(tmp_path, text):
    assert installs(build(tmp_path, **{"sql/other.py": text})) == []


def test_what_a_module_puts_into_its_package_is_one_seam(tmp_path):
    text = "from .node import a\na.x = 1\na.y = 2\n"

    (complaint,) = installs(build(tmp_path, **{"sql/wiring.py": text}))

    assert complaint == "sql.wiring -> sql: * is put there"


def test_seams_are_counted(tmp_path):
    text = "from ..types.basic import a\na.x = 1\n"
    files = {f"sql/part{number}.py": text for number in range(MOST + 1)}

    assert f"{MOST + 1} seams, and {MOST} are allowed" in installs(build(tmp_path, **files))

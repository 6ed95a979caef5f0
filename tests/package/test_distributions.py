"""What is published is whole: built, installed where nothing else is, and used from there."""

import os
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from dovetail import __version__
from tests.servers import servers_required

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def missing(reason):
    """Skip where something of the machine is missing; fail where everything must be there."""
    if servers_required():
        pytest.fail(reason)
    pytest.skip(reason)


def run(*command, cwd, **environment):
    """Run *command* outside the checkout, with nothing of it in the environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def built(source, folder, kind):
    """Build *kind*, ``wheel`` or ``sdist``, of *source* into *folder*; return the file."""
    done = run(sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", folder, cwd=source)
    assert done.returncode == 0, done.stderr
    (made,) = folder.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built of the checkout."""
    if find_spec("hatchling") is None:
        missing("hatchling, which builds the package, is not installed")
    return built(ROOT, tmp_path_factory.mktemp("wheel"), "wheel")


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The interpreter of an environment that has the wheel, without extras, and no pip."""
    folder = tmp_path_factory.mktemp("installed") / "environment"
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python)
    done = run(*pip, "install", "--quiet", wheel, cwd=folder)
    if done.returncode:
        missing(f"no package index to install from: {done.stderr.strip().splitlines()[-1]}")
    return python


def contents(wheel):
    """The files of a wheel by name."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_has_the_package_its_types_and_its_licence(wheel):
    files = contents(wheel)
    modules = {
        f"dovetail/{path.relative_to(ROOT / 'src' / 'dovetail').as_posix()}"
        for path in (ROOT / "src" / "dovetail").rglob("*.py")
    }

    assert modules <= set(files)
    assert "dovetail/py.typed" in files
    assert f"dovetail_orm-{__version__}.dist-info/licenses/LICENSE" in files
    own = ("dovetail/", "pytest_dovetail/", "dovetail_orm-")
    assert not [name for name in files if not name.startswith(own)]


def test_the_sdist_builds_the_same_wheel(wheel, tmp_path):
    source = built(ROOT, tmp_path, "sdist")
    with tarfile.open(source) as archive:
        archive.extractall(tmp_path, filter="data")
    (unpacked,) = (path for path in tmp_path.iterdir() if path.is_dir())

    again = built(unpacked, tmp_path / "again", "wheel")

    assert contents(again) == contents(wheel)
    assert (unpacked / "tests" / "conftest.py").is_file()
    assert (unpacked / "tools" / "reference.py").is_file()


def test_nothing_but_the_package_and_what_it_needs_is_installed(installed, tmp_path):
    listed = "import importlib.metadata as m; print(*sorted(d.name for d in m.distributions()))"

    done = run(installed, "-c", listed, cwd=tmp_path)

    assert done.stdout.split() == ["dovetail-orm", "typing_extensions"]


def test_the_programs_of_the_readme_run(installed, tmp_path):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    program = "\n".join(FENCE.findall(text))

    done = run(installed, "-c", program, cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert program


def test_the_commands_are_there(installed, tmp_path):
    script = installed.with_name("dovetail.exe" if os.name == "nt" else "dovetail")

    for command in ((installed, "-m", "dovetail"), (script,)):
        assert run(*command, "--version", cwd=tmp_path).stdout == f"dovetail {__version__}\n"
        asked = run(*command, "models", "shop:Base", cwd=tmp_path)
        assert asked.returncode == 1
        assert "the extra cli of dovetail-orm" in asked.stderr


def test_pip_and_the_package_agree_on_the_version(installed, tmp_path):
    program = (
        "import dovetail, importlib.metadata as m\n"
        "assert m.version('dovetail-orm') == dovetail.__version__\n"
        "assert 'site-packages' in dovetail.__file__\n"
    )

    assert run(installed, "-c", program, cwd=tmp_path).stderr == ""

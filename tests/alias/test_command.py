"""``python -m dovetail as-sqlalchemy COMMAND``: the command and what it starts."""

import os
import subprocess
import sys

from dovetail.familiar.command import environment


def as_sqlalchemy(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "dovetail", "as-sqlalchemy", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_script_and_its_children_have_the_alias(tmp_path):
    script = tmp_path / "program.py"
    script.write_text(
        "import subprocess, sys, sqlalchemy\n"
        "print(sqlalchemy.create_engine.__module__.partition('.')[0], sys.argv[1:], flush=True)\n"
        "child = 'import sqlalchemy; print(sqlalchemy.orm.__name__)'\n"
        "subprocess.run([sys.executable, '-c', child])\n"
    )

    done = as_sqlalchemy(str(script), "--loud", "x")

    assert done.stdout.splitlines() == ["dovetail ['--loud', 'x']", "dovetail.orm"], done.stderr


def test_a_program_of_the_environment_is_found_and_its_status_is_handed_on():
    done = as_sqlalchemy("python", "-c", "import sqlalchemy, sys; sys.exit(len('abc'))")

    assert done.returncode == 3, done.stderr


def test_a_sitecustomize_of_the_environment_runs_too(tmp_path):
    (tmp_path / "sitecustomize.py").write_text("print('mine')\n")

    paths = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = as_sqlalchemy("-c", "print('program')", PYTHONPATH=paths)

    assert done.stdout.splitlines()[-2:] == ["mine", "program"], done.stderr


def test_help_and_an_unknown_program():
    assert "COMMAND" in as_sqlalchemy("--help").stdout
    assert as_sqlalchemy().returncode == 2
    missing = as_sqlalchemy("no-such-program")
    assert missing.returncode == 1
    assert "no program is called 'no-such-program'" in missing.stderr


def test_a_python_without_dovetail_stops_and_runs_nothing(tmp_path):
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    python = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    done = subprocess.run(
        [str(python), "-c", "print('ran')"],
        env={"PYTHONPATH": environment()["PYTHONPATH"].partition(os.pathsep)[0]},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 1
    assert "cannot run this as sqlalchemy" in done.stderr
    assert done.stdout == ""

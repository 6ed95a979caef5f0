"""``import sqlalchemy…`` with the alias on: one module object under both names."""

import importlib
import tomllib
from importlib.resources import files

import pytest

from tests.alias.program import run

LAYOUT = tomllib.loads((files("dovetail") / "familiar" / "layout.toml").read_text(encoding="utf-8"))
PATHS = LAYOUT["paths"]


def test_a_module_is_one_object_under_both_names():
    assert run(
        """
        import dovetail.orm, dovetail.exc
        import sqlalchemy, sqlalchemy.orm, sqlalchemy.exc
        from sqlalchemy.orm import Session

        print(sqlalchemy is dovetail, sqlalchemy.orm is dovetail.orm)
        print(sqlalchemy.exc is dovetail.exc, Session is dovetail.orm.Session)
        """
    ) == ["True True", "True True"]


def test_a_path_that_only_the_other_package_has_holds_the_same_classes():
    assert run(
        """
        from sqlalchemy.sql.type_api import TypeEngine
        from sqlalchemy.sql.sqltypes import String
        import dovetail.types
        import sqlalchemy.sql

        print(String is dovetail.types.String, issubclass(String, TypeEngine))
        print(sqlalchemy.sql.sqltypes.String is String)
        """
    ) == ["True True", "True"]


def test_submodules_are_attributes_of_their_packages_without_an_import_of_their_own():
    assert run(
        """
        import sqlalchemy as sa
        import sqlalchemy.orm

        print(sa.orm.util.__name__, sa.sql.sqltypes.Integer.__name__, sa.event.listen.__name__)
        """
    ) == ["dovetail.orm.util Integer listen"]


def test_importing_a_module_does_not_hide_what_has_its_name():
    assert run(
        """
        import sqlalchemy.dialects.postgresql.array
        from sqlalchemy.dialects.postgresql import array

        print(isinstance(array, type))
        """
    ) == ["True"]


def test_what_is_absent_says_so_under_both_names():
    module, name, attribute = run(
        """
        import sqlalchemy.orm
        try:
            import sqlalchemy.nonsense
        except ModuleNotFoundError as error:
            print(error.name, error)
        try:
            from sqlalchemy.orm import nonsense
        except ImportError as error:
            print(error.name, error)
        try:
            sqlalchemy.orm.nonsense
        except AttributeError as error:
            print(error)
        """
    )

    assert module.startswith("sqlalchemy.nonsense No module named 'sqlalchemy.nonsense'")
    assert "dovetail.nonsense" in module
    assert "docs/ecosystem.md" in module
    assert name.startswith("sqlalchemy.orm.nonsense cannot import name 'nonsense'")
    assert "dovetail.orm.nonsense" in name
    assert "docs/ecosystem.md" in name
    assert "dovetail.orm.nonsense" in attribute


def test_a_module_of_dovetail_that_the_other_package_has_not_is_not_served():
    assert run(
        """
        try:
            import sqlalchemy.steps
        except ModuleNotFoundError as error:
            print("absent")
        """
    ) == ["absent"]


def test_the_alias_is_refused_when_the_other_package_was_imported_before():
    pytest.importorskip("sqlalchemy")
    (said,) = run(
        """
        import sqlalchemy
        from dovetail.exc import InvalidRequestError
        try:
            import dovetail.as_sqlalchemy
        except InvalidRequestError as error:
            print(str(error).replace(chr(10), " "))
        """,
        alias=False,
    )

    assert "has been imported from" in said
    assert "python -m dovetail as-sqlalchemy" in said


def test_nothing_of_the_alias_is_imported_without_it():
    assert run(
        """
        import sys
        import dovetail, dovetail.orm, dovetail.ext.asyncio
        print([name for name in sys.modules if "familiar" in name or "as_sq" in name])
        """,
        alias=False,
    ) == ["[]"]


def test_the_claimed_version_is_the_newest_of_2_0_or_what_the_environment_says():
    text = """
    import sqlalchemy
    from importlib.metadata import distribution, requires, version
    print(sqlalchemy.__version__, version("sqlalchemy"), requires("SQLAlchemy"))
    """

    assert run(text) == ["2.0.57 2.0.57 None"]
    assert run(text, environment={"DOVETAIL_AS_SQLALCHEMY_VERSION": "2.1.0"}) == [
        "2.1.0 2.1.0 None"
    ]


def test_the_layout_names_what_is_there():
    """Every entry resolves, and none hides what the module at its path has itself."""
    complaints = run(
        """
        from importlib import import_module
        from importlib.util import find_spec
        from dovetail.familiar.layout import Layout, in_the_house

        for path, names in Layout.read().paths.items():
            ours = in_the_house(path)
            try:
                own = vars(import_module(ours))
            except ModuleNotFoundError:
                own = {}
            for name, home in names.items():
                if not hasattr(import_module(home.module), home.name):
                    print(f"{path}: {home.module} has no {home.name}")
                elif own.get(name, getattr(import_module(home.module), home.name)) is not getattr(
                    import_module(home.module), home.name
                ):
                    print(f"{path}: {name} is something else there")
        """
    )

    assert complaints == []


def test_what_both_packages_call_a_class_is_a_class_here():
    """A name that is a class there is one here: ``isinstance`` must answer."""
    pytest.importorskip("sqlalchemy")
    complaints = []
    for path, homes in PATHS.items():
        try:
            theirs = importlib.import_module(f"sqlalchemy.{path}" if path else "sqlalchemy")
        except ImportError:
            continue
        for module, texts in homes.items():
            ours = importlib.import_module(f"dovetail.{module}" if module else "dovetail")
            for text in texts:
                name, _, own = text.partition(" = ")
                peer, here = getattr(theirs, name, None), getattr(ours, own or name, None)
                if isinstance(peer, type) and not isinstance(here, type):
                    complaints.append(f"{path}.{name} is {here!r}")

    assert complaints == []


def test_a_path_below_one_that_only_the_other_package_has_can_be_imported_first():
    assert run(
        """
        from sqlalchemy.dialects.mssql.base import MSDialect
        import sqlalchemy.dialects.oracle.types as types

        print(MSDialect.name, types.NUMBER.__name__)
        """
    ) == ["mssql NUMBER"]


def test_a_module_that_is_a_package_there_has_what_is_below():
    assert run(
        """
        from sqlalchemy.event.api import listens_for
        from sqlalchemy.future.engine import Engine
        from sqlalchemy.pool.impl import QueuePool
        import sqlalchemy.pool.base
        from sqlalchemy import event, engine, pool

        print(listens_for is event.listens_for, Engine is engine.Engine)
        print(QueuePool is pool.QueuePool, sqlalchemy.pool.base.Pool is pool.Pool)
        """
    ) == ["True True", "True True"]


def test_a_class_with_several_names_there_is_one_class_here():
    """``mysql.base.VARCHAR`` is MySQL's, not the standard's."""
    dialect = pytest.importorskip("sqlalchemy").engine.Dialect
    names = {}
    for path, homes in PATHS.items():
        try:
            theirs = vars(importlib.import_module(f"sqlalchemy.{path}" if path else "sqlalchemy"))
        except ImportError:
            continue
        found = {}
        for module, texts in homes.items():
            here = importlib.import_module(f"dovetail.{module}" if module else "dovetail")
            for text in texts:
                name, _, own = text.partition(" = ")
                found[name] = getattr(here, own or name, None)
        try:
            found |= vars(importlib.import_module(f"dovetail.{path}" if path else "dovetail"))
        except ImportError:
            pass
        for name, peer in theirs.items():
            if isinstance(peer, type) and isinstance(found.get(name), type):
                names.setdefault(peer, {}).setdefault(found[name], []).append(f"{path}.{name}")
    complaints = [
        sorted(paths for paths in homes.values())
        for peer, homes in names.items()
        if len(homes) > 1 and not issubclass(peer, dialect)
    ]

    assert complaints == []

"""Errors: their text, their parts, and what code that moves over catches."""

import copy
import pickle

import pytest
from sqlalchemy import exc as oracle
from sqlalchemy.orm import exc as orm_oracle

from dovetail import exc

RENAMED = {
    "SADeprecationWarning": "DovetailDeprecationWarning",
    "SAPendingDeprecationWarning": "DovetailPendingDeprecationWarning",
    "SAWarning": "DovetailWarning",
    "SQLAlchemyError": "DovetailError",
    "ConcurrentModificationError": "StaleDataError",
}
INTERNAL = {"HasDescriptionCode", "EmulatedDBAPIException", "SATestSuiteWarning"}


def oracle_classes():
    for module in (oracle, orm_oracle):
        for name, cls in sorted(vars(module).items()):
            if isinstance(cls, type) and issubclass(cls, BaseException) and name not in INTERNAL:
                yield pytest.param(name, cls, id=f"{module.__name__}.{name}")


@pytest.mark.parametrize(("name", "theirs"), list(oracle_classes()))
def test_code_that_moves_catches_what_it_caught(name, theirs):
    ours = getattr(exc, name)

    caught = {base.__name__ for base in ours.__mro__}
    for base in theirs.__mro__:
        if base.__name__ not in INTERNAL:
            assert RENAMED.get(base.__name__, base.__name__) in caught


def test_an_error_has_a_code_and_a_hint():
    error = exc.ArgumentError("wrong", hint="do this")

    assert str(error) == "wrong [DV-ARG-01]\n  hint: do this"
    assert (error.message, error.hint, error.code) == ("wrong", "do this", "DV-ARG-01")


def test_codes_are_unique():
    seen = {}
    for cls in vars(exc).values():
        if isinstance(cls, type) and issubclass(cls, exc.DovetailError):
            assert seen.setdefault(cls.code, cls) is cls


@pytest.mark.parametrize(
    "error",
    [
        exc.UniqueViolation("INSERT", (1,), ValueError("x"), table="t", columns=("a",), hint="h"),
        exc.StatementError("m", "SELECT", {}, ValueError("x")),
        exc.MissingParameterError.of("a", "SELECT :a", hint="h"),
        exc.UnmappedInstanceError(3),
        exc.UnmappedClassError(int),
        exc.ObjectNotExecutableError("select 1"),
        exc.UnsupportedCompilationError(object(), int),
        exc.MappingError(["a", "b"]),
        exc.CircularDependencyError("circle", [1, 2], [(1, 2)]),
        exc.LazyLoadError.detached("User", "orders"),
        exc.LazyLoadError.awaiting("User", "orders"),
        exc.NoReferencedColumnError("m", "t", "c"),
        exc.ObjectDeletedError("gone", hint="h"),
        exc.ObjectDeletedError(object()),
        exc.TimeoutError("x", holders=["somebody"]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_survive_pickle_and_copy(error):
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is type(error)
        assert str(again) == str(error)


def test_an_error_of_a_class_that_pickle_does_not_find_is_pickled():
    class Local:
        pass

    error = exc.UnmappedClassError(Local)

    again = pickle.loads(pickle.dumps(error))

    assert str(again) == str(error)
    assert again.cls is None
    assert pickle.loads(pickle.dumps(exc.UnmappedClassError(int))).cls is int


def test_a_database_error_shows_statement_and_parameters():
    error = exc.IntegrityError("INSERT INTO t VALUES (?)", (5,), ValueError("no"))

    assert "[SQL: INSERT INTO t VALUES (?)]" in str(error)
    assert "[parameters: (5,)]" in str(error)
    assert error.orig.args == ("no",)


def test_hidden_parameters_do_not_show():
    error = exc.IntegrityError("INSERT", ("secret",), ValueError("no"), hide_parameters=True)

    assert "secret" not in str(error)


def test_long_parameters_are_shortened():
    error = exc.IntegrityError("INSERT", [(number,) for number in range(10_000)], ValueError())

    assert len(str(error)) < 2000
    assert "10000 parameter sets" in str(error)


def test_an_awaiting_load_error_is_caught_as_missing_greenlet_too():
    error = exc.LazyLoadError.awaiting("User", "orders")

    assert isinstance(error, exc.MissingGreenlet)
    assert "User.orders" in error.hint


def test_the_nearest_name_is_proposed():
    assert exc.did_you_mean("pool_sise", ["pool_size", "echo"]) == "did you mean 'pool_size'?"
    assert exc.did_you_mean("zzz", ["pool_size", "echo"]) is None

"""What a connection and its transactions say and refuse, compared with the oracle's."""

from importlib import import_module

import pytest

SEQUENCES = """
exec begin
begin begin
begin nest begin
nest t.commit commit
nest t.rollback exec commit
begin t.commit exec
begin t.commit t.commit
begin t.rollback t.commit
begin t.rollback t.rollback
begin t.close exec
begin enter exec t.commit exec
begin enter t.rollback exec exit exec
nest enter exec t.rollback exec exit exec
nest enter t.commit exec exit exec
begin enter nest enter t.rollback exec exit exec exit0 exec
begin nest t0.commit exec
begin nest t0.commit t.commit
begin nest t0.rollback t.rollback
begin nest enter t0.rollback exec exit exec
begin enter close exec
begin close t.commit
inval exec
exec inval exec
exec inval rollback exec
exec inval commit
exec inval commit exec
exec inval commit rollback exec
begin inval t.commit
begin inval t.commit t.rollback exec
begin inval t.rollback exec
begin exec nest inval t.rollback exec
begin exec nest inval t.rollback rollback exec
begin exec nest inval rollback exec
begin exec inval nest
inval inval
inval close
close inval
close close
close exec
close begin
close nest
close commit
close rollback
close detach
close raw
close level
exec detach exec commit
detach detach exec
exec auto
auto exec commit exec
begin auto
auto begin exec t.commit
auto nest t.rollback
auto nest insert t.rollback exec
insert insert exec
begin insert insert exec t.commit
nest insert nest insert t.rollback exec
commit
rollback
nest commit t.commit
nest rollback t.rollback
nest nest t0.commit exec commit
begin enter inval exec exit exec
begin enter exec inval exit exec
begin enter exec inval t.rollback exit exec
begin enter exec close exit
"""

DOINGS = {
    "exec": lambda s, c, v: c.execute(s.text("select 1")),
    "insert": lambda s, c, v: c.execute(s.text("insert into t (n) values ('a')")),
    "begin": lambda s, c, v: v.append(c.begin()),
    "nest": lambda s, c, v: v.append(c.begin_nested()),
    "commit": lambda s, c, v: c.commit(),
    "rollback": lambda s, c, v: c.rollback(),
    "t.commit": lambda s, c, v: v[-1].commit(),
    "t.rollback": lambda s, c, v: v[-1].rollback(),
    "t.close": lambda s, c, v: v[-1].close(),
    "t0.commit": lambda s, c, v: v[0].commit(),
    "t0.rollback": lambda s, c, v: v[0].rollback(),
    "enter": lambda s, c, v: v[-1].__enter__(),
    "exit": lambda s, c, v: v[-1].__exit__(None, None, None),
    "exit0": lambda s, c, v: v[0].__exit__(None, None, None),
    "inval": lambda s, c, v: c.invalidate(),
    "detach": lambda s, c, v: c.detach(),
    "close": lambda s, c, v: c.close(),
    "auto": lambda s, c, v: c.execution_options(isolation_level="AUTOCOMMIT"),
    "raw": lambda s, c, v: c.connection,
    "level": lambda s, c, v: c.get_isolation_level(),
}

KNOWN = (
    "PendingRollbackError",
    "ResourceClosedError",
    "IntegrityError",
    "InvalidRequestError",
    "ArgumentError",
)


def kind_of(error):
    names = [each.__name__ for each in type(error).__mro__]
    return next((name for name in names if name in KNOWN), names[0])


def shape(transaction):
    if transaction is None:
        return None
    return type(transaction).__name__, transaction.is_active, transaction.is_valid


def happens(library, words, path):
    """What each of *words* leads to, and the state in the end."""
    package = import_module(library)
    engine = package.create_engine(f"sqlite:///{path / library}.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("create table t (n text unique)")
    connection, transactions, outcomes = engine.connect(), [], []
    for word in words:
        try:
            DOINGS[word](package, connection, transactions)
            outcomes.append("done")
        except Exception as error:
            outcomes.append(kind_of(error))
        outcomes.append((connection.closed, connection.invalidated, connection.in_transaction()))
    outcomes.append(connection.in_nested_transaction())
    outcomes.append(shape(connection.get_transaction()))
    outcomes.append(shape(connection.get_nested_transaction()))
    connection.close()
    with engine.connect() as connection:
        outcomes.append(connection.exec_driver_sql("select n from t").scalars().all())
    engine.dispose()
    return outcomes


@pytest.mark.filterwarnings("ignore:.*deassociated.*")
@pytest.mark.parametrize("sequence", SEQUENCES.strip().splitlines())
def test_the_same_happens_as_with_the_oracle(sequence, tmp_path):
    words = sequence.split()

    assert happens("dovetail", words, tmp_path) == happens("sqlalchemy", words, tmp_path)

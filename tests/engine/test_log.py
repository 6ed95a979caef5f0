"""The log: a line for each statement, slow ones, and where statements come from."""

import logging
import re
import sqlite3
import time

import pytest

from dovetail import Column, MetaData, String, Table, create_engine, event, insert, select, text
from dovetail.conventions import conventions
from dovetail.engine.log import LogBefore
from dovetail.exc import ArgumentError, OperationalError
from tests.servers import BACKENDS

MS = r"[\d.e-]+ ms"
ITEM = Table("item", MetaData(), Column("name", String(80)))


@pytest.fixture
def make(tmp_path):
    made = []

    def make(**options):
        made.append(create_engine(f"sqlite:///{tmp_path / 'log.db'}", **options))
        ITEM.metadata.create_all(made[-1])
        return made[-1]

    yield make
    for engine in made:
        engine.dispose()


def lines(caplog, level=logging.INFO):
    return [record.getMessage() for record in caplog.records if record.levelno == level]


class TestEcho:
    def test_a_line_for_each_statement_when_it_has_been_run(self, make, caplog):
        engine = make()
        engine.echo = True
        with engine.begin() as connection:
            connection.execute(insert(ITEM), {"name": "cup"})
            connection.execute(select(ITEM).where(ITEM.c.name == "cup"))
            connection.execute(select(ITEM).where(ITEM.c.name == "pot"))
            connection.exec_driver_sql("SELECT 5")

        expected = [
            rf"BEGIN -- {MS}",
            rf"INSERT INTO item \(name\) VALUES \(\?\) -- \('cup',\) {MS}, 1 row, compiled in {MS}",
            rf"SELECT .* -- \('cup',\) {MS}, 1 row, compiled in {MS}",
            rf"SELECT item.name FROM item WHERE item.name = \? -- \('pot',\) {MS}, 0 rows, cached",
            rf"SELECT 5 -- {MS}, 1 row, text",
            rf"COMMIT -- {MS}",
        ]
        for line, pattern in zip(lines(caplog), expected, strict=True):
            assert re.fullmatch(pattern, line), line

    def test_a_long_one_has_a_line_for_each_clause(self, make, caplog):
        engine = make(echo=True)
        caplog.clear()
        names = [str(number) * 8 for number in range(12)]
        with engine.connect() as connection:
            connection.execute(select(ITEM).where(ITEM.c.name.in_(names)).order_by(ITEM.c.name))

        first, *middle, last = lines(caplog)[1].splitlines()
        assert (first, middle[0], middle[-1]) == (
            "SELECT item.name", "  FROM item", "  ORDER BY item.name"
        )  # fmt: skip
        assert re.fullmatch(rf"  -- \('00000000', .*\) {MS}, 0 rows, compiled in {MS}", last)

    def test_what_fails(self, make, caplog):
        engine = make(echo=True)
        caplog.clear()
        with engine.connect() as connection, pytest.raises(OperationalError):
            connection.exec_driver_sql("SELECT ? FROM nowhere", (5,))

        failed = rf"SELECT \? FROM nowhere -- \(5,\) {MS}, text, failed: OperationalError"
        assert re.fullmatch(failed, lines(caplog)[1])

    def test_rows_too(self, make, caplog):
        engine = make(echo="debug")
        caplog.clear()
        with engine.begin() as connection:
            connection.execute(insert(ITEM), {"name": "cup"})
            connection.execute(select(ITEM))

        assert lines(caplog, logging.DEBUG) == ["Col ('name',)", "Row ('cup',)"]

    def test_parameters_may_be_hidden(self, make, caplog):
        engine = make(echo=True, hide_parameters=True)
        with engine.begin() as connection:
            connection.execute(insert(ITEM), {"name": "secret"})

        assert "secret" not in caplog.text
        assert "VALUES (?) -- [parameters hidden by hide_parameters=True] " in caplog.text

    def test_one_engine_may_echo_and_another_of_the_same_database_not(self, make, caplog):
        silent, telling = make(), make(echo=True)
        caplog.clear()
        for engine in (silent, telling):
            with engine.connect() as connection:
                connection.exec_driver_sql("SELECT 5")

        assert len(lines(caplog)) == 3
        telling.echo = False
        caplog.clear()
        with telling.connect() as connection:
            connection.exec_driver_sql("SELECT 5")
        assert lines(caplog) == []

    def test_what_is_disabled_is_not_written(self, make, caplog):
        engine = make(echo=True)
        caplog.clear()
        logging.disable(logging.INFO)
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql("SELECT 5")
        finally:
            logging.disable(logging.NOTSET)

        assert caplog.records == []


class TestNames:
    def test_the_logger_is_called_as_the_engine_or_its_url(self):
        named = create_engine("sqlite://", logging_name="shop")
        other = create_engine("postgresql://ada:secret@db:6000/shop?application_name=x")

        assert named.logger.name == "dovetail.engine.shop"
        assert other.logger.name == "dovetail.engine.postgresql://ada@db:6000/shop"

    def test_another_may_be_set(self, make, caplog):
        engine = make(echo=True)
        caplog.clear()
        engine.logger = logging.getLogger("my.own")
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT 5")

        assert {record.name for record in caplog.records} == {"my.own"}

    def test_levels_are_set_above(self, make, caplog):
        engine = make()
        with caplog.at_level(logging.INFO, "dovetail.engine"), engine.connect() as connection:
            connection.exec_driver_sql("SELECT 5")

        assert caplog.records[0].name == engine.logger.name
        assert len(lines(caplog)) == 3


class TestSlowLog:
    @pytest.fixture
    def slow(self, make):
        engine = make(slow_log=0.02)

        def sleepy(dbapi_connection, record):
            dbapi_connection.create_function("wait", 1, slowly)

        engine.dispose()
        event.listen(engine, "connect", sleepy)
        return engine

    def test_what_takes_long_is_warned_of(self, slow, caplog):
        with slow.connect() as connection:
            connection.execute(text("SELECT 1"))
            connection.execute(text("SELECT wait(0.03)"))

        (line,) = (each for each in lines(caplog, logging.WARNING) if "SELECT" in each)
        assert re.fullmatch(
            r"slow, 0\.\d+ s at tests/engine/test_log.py:\d+ in TestSlowLog"
            rf".test_what_takes_long_is_warned_of: SELECT wait\(0.03\) -- {MS}, 1 row, "
            rf"(compiled in {MS}|cached|text)",
            line,
        )

    @pytest.mark.parametrize("seconds", ["0.5", -1, True])
    def test_it_is_a_number_of_seconds(self, seconds):
        with pytest.raises(ArgumentError, match="slow_log"):
            create_engine("sqlite://", slow_log=seconds)


def slowly(seconds):
    """Wait so long, in the thread of the database."""
    time.sleep(seconds)
    return seconds


class TestOrigins:
    @pytest.mark.parametrize("backend", BACKENDS, ids=str)
    def test_a_comment_behind_the_statement(self, backend, databases, tmp_path):
        backend.require()
        engine = create_engine(databases.url(backend, tmp_path), origin="comment")
        with engine.watch() as watch, engine.connect() as connection:
            assert connection.scalar(text("SELECT :a").bindparams(a=5)) in (5, "5")

        place = watch.statements[0].place
        comment = (
            f" /*code.file.path='tests/engine/test_log.py',"
            f"code.function.name='TestOrigins.test_a_comment_behind_the_statement',"
            f"code.line.number='{place.line}'*/"
        )
        assert watch.statements[0].sql.endswith(comment)
        assert watch.executions[-1].sql == "ROLLBACK"
        engine.dispose()

    @pytest.mark.parametrize("backend", BACKENDS, ids=str)
    def test_nothing_in_a_name_ends_the_comment(self, backend, databases, tmp_path):
        backend.require()
        engine = create_engine(databases.url(backend, tmp_path), origin="comment")
        names = {"engine": engine, "text": text}
        code = "with engine.connect() as c:\n    answer = c.execute(text('SELECT 5')).scalar()"
        exec(compile(code, "*/ ' %s %(x)s : $1 ?", "exec"), names)

        assert names["answer"] == 5
        engine.dispose()

    def test_the_alternatives(self):
        with pytest.raises(ArgumentError, match="origin is 'comment' or None"):
            create_engine("sqlite://", origin="log")


class TestLogOfTheAlias:
    """Programs that read the log of the other package find it as it is there."""

    @pytest.fixture
    def engine(self, make, monkeypatch):
        monkeypatch.setattr(conventions, "log_is_before", True)
        engine = make()
        assert isinstance(engine.log, LogBefore)
        return engine

    def test_two_lines_before_each(self, engine, caplog):
        engine.echo = True
        with caplog.at_level(logging.INFO, "dovetail.engine"), engine.connect() as connection:
            for names in (["a"], ["a"], ["a", "b"]):
                connection.execute(select(ITEM).where(ITEM.c.name.in_(names)))
            connection.exec_driver_sql("SELECT 1")

        told = lines(caplog)
        assert told[0] == "BEGIN (implicit)"
        assert " ".join(told[1].split()) == "SELECT item.name FROM item WHERE item.name IN (?)"
        assert re.fullmatch(r"\[generated in 0\.\d{5}s\] \('a',\)", told[2])
        assert re.fullmatch(r"\[cached since [\d.e-]+s ago\] \('a',\)", told[4])
        assert told[6] == "[cached] ('a', 'b')"
        assert told[7:] == ["SELECT 1", "[raw sql] ()", "ROLLBACK"]

    def test_an_engine_that_echoes_has_a_logger_of_its_own(self, engine):
        assert engine.logger.name == "dovetail.engine"
        engine.echo = True
        name = engine.logger.name
        assert re.fullmatch(r"dovetail\.engine\.0x[0-9a-f]+", name)
        engine.echo = False
        assert engine.logger.name == name


def test_sqlite_is_as_new_as_the_tests_take_for_granted():
    assert sqlite3.sqlite_version_info >= (3, 35)

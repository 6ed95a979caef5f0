"""Spans and metrics, as OpenTelemetry's SDK gets them."""

import asyncio

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from dovetail import Column, Integer, MetaData, String, Table, create_engine, insert, select, text
from dovetail.exc import DBAPIError, UniqueViolation
from dovetail.ext.asyncio import create_async_engine
from dovetail.ext.otel import instrument
from tests.servers import AWAITING_BACKENDS, BACKENDS

METADATA = MetaData()
ITEM = Table(
    "item",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String(40), unique=True),
)


class Telemetry:
    """What was told to OpenTelemetry."""

    def __init__(self):
        self.exporter = InMemorySpanExporter()
        self.reader = InMemoryMetricReader()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.meters = MeterProvider([self.reader])

    def instrument(self, engine, **options):
        return instrument(
            engine, tracer_provider=self.tracers, meter_provider=self.meters, **options
        )

    @property
    def spans(self):
        return self.exporter.get_finished_spans()

    def metrics(self):
        data = self.reader.get_metrics_data()
        return (
            {}
            if data is None
            else {
                metric.name: metric.data.data_points
                for resource in data.resource_metrics
                for scope in resource.scope_metrics
                for metric in scope.metrics
            }
        )


@pytest.fixture
def telemetry():
    telemetry = Telemetry()
    yield telemetry
    telemetry.meters.shutdown()


@pytest.fixture
def engine(backend_url):
    engine = create_engine(backend_url)
    METADATA.drop_all(engine)
    METADATA.create_all(engine)
    yield engine
    METADATA.drop_all(engine)
    engine.dispose()


def test_a_span_for_each_statement(engine, telemetry):
    telemetry.instrument(engine)
    with engine.begin() as connection:
        connection.execute(insert(ITEM), {"name": "cup"})
        assert connection.execute(select(ITEM.c.name)).all() == [("cup",)]

    first, second = telemetry.spans
    assert (first.name, second.name) == ("INSERT item", "SELECT item")
    assert second.kind is SpanKind.CLIENT
    told = dict(second.attributes)
    assert told["db.system.name"] == engine.dialect.name
    assert told["db.namespace"] == engine.url.database
    assert told["db.operation.name"] == "SELECT"
    assert told["db.collection.name"] == "item"
    assert told["db.query.summary"] == "SELECT item"
    assert told["db.query.text"].split() == ["SELECT", "item.name", "FROM", "item"]
    assert told["db.response.returned_rows"] == 1
    assert told.get("server.address") == engine.url.host
    assert "server.port" not in told
    assert second.status.status_code is StatusCode.UNSET
    assert second.end_time > second.start_time


def test_a_failure(engine, telemetry):
    telemetry.instrument(engine)
    with engine.begin() as connection:
        connection.execute(insert(ITEM), {"name": "secret"})
    with pytest.raises(UniqueViolation), engine.begin() as connection:
        connection.execute(insert(ITEM), {"name": "secret"})

    failed = telemetry.spans[-1]
    assert failed.status.status_code is StatusCode.ERROR
    assert failed.attributes["error.type"] == "UniqueViolation"
    expected = {"sqlite": "SQLITE_CONSTRAINT_UNIQUE", "postgresql": "23505", "mariadb": "1062"}
    assert failed.attributes["db.response.status_code"] == expected[engine.dialect.name]
    assert "secret" not in str(dict(failed.attributes))
    assert "secret" not in str(failed.status.description)


def test_several_rows_are_a_batch(engine, telemetry):
    telemetry.instrument(engine)
    with engine.begin() as connection:
        rows = [(1, "a"), (2, "b")]
        mark = "?" if engine.dialect.paramstyle == "qmark" else "%s"
        connection.exec_driver_sql(f"INSERT INTO item (id, name) VALUES ({mark}, {mark})", rows)

    assert telemetry.spans[0].attributes["db.operation.batch.size"] == 2


def test_the_span_around_is_the_parent(engine, telemetry):
    telemetry.instrument(engine)
    tracer = telemetry.tracers.get_tracer("program")
    with tracer.start_as_current_span("request") as around, engine.connect() as connection:
        connection.execute(select(ITEM)).all()

    assert telemetry.spans[0].parent.span_id == around.get_span_context().span_id


def test_what_is_left_out_and_what_is_not(engine, telemetry):
    telemetry.instrument(engine, captures_text=False, captures_transactions=True)
    with engine.begin() as connection:
        connection.execute(select(ITEM)).all()

    assert [span.name for span in telemetry.spans] == ["BEGIN", "SELECT item", "COMMIT"]
    assert all("db.query.text" not in span.attributes for span in telemetry.spans)


def test_how_long_statements_take(engine, telemetry):
    telemetry.instrument(engine)
    with engine.connect() as connection:
        for _ in range(3):
            connection.execute(select(ITEM)).all()
        with pytest.raises(DBAPIError):
            connection.execute(text("SELECT x FROM nowhere"))
        counted = telemetry.metrics()

    good, bad = sorted(
        counted["db.client.operation.duration"], key=lambda point: "error.type" in point.attributes
    )
    assert (good.count, bad.count) == (3, 1)
    assert good.explicit_bounds[:3] == (0.001, 0.005, 0.01)
    assert good.attributes["db.query.summary"] == "SELECT item"
    assert "db.query.text" not in good.attributes
    states = {
        point.attributes["db.client.connection.state"]: point.value
        for point in counted["db.client.connection.count"]
    }
    assert states["used"] == 1


def test_the_end(engine, telemetry):
    instrumentation = telemetry.instrument(engine)
    instrumentation.remove()
    instrumentation.remove()
    with engine.connect() as connection:
        connection.execute(select(ITEM)).all()

    assert telemetry.spans == ()
    assert not engine.dispatch.listening
    assert telemetry.metrics() == {}


@pytest.mark.parametrize("backend", AWAITING_BACKENDS, ids=str)
def test_awaited(backend, databases, tmp_path, telemetry):
    backend.require()

    async def main():
        engine = create_async_engine(databases.url(backend, tmp_path))
        telemetry.instrument(engine)
        tracer = telemetry.tracers.get_tracer("program")

        async def request(number):
            with tracer.start_as_current_span(f"request {number}"):
                async with engine.connect() as connection:
                    await connection.execute(text(f"SELECT {number}"))

        await asyncio.gather(*(request(number) for number in range(3)))
        await engine.dispose()

    asyncio.run(main())
    requests = {span.context.span_id: span.name for span in telemetry.spans if span.parent is None}
    sent = [span for span in telemetry.spans if span.parent is not None]
    assert len(sent) == 3
    for span in sent:
        number = requests[span.parent.span_id].split()[1]
        assert span.attributes["db.query.text"] == f"SELECT {number}"


def test_there_is_a_driver_of_each_kind():
    assert BACKENDS

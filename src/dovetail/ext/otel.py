"""OpenTelemetry: a span for each statement, and how long they take, by the stable conventions.

It needs the package ``opentelemetry-api`` (``pip install "dovetail-orm[otel]"``), and what sends
spans and metrics somewhere, such as its SDK.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation, get_meter
from opentelemetry.trace import SpanKind, Status, StatusCode, TracerProvider, get_tracer

from ..engine.pool.pools import QueuePool
from ..engine.url import location_of
from ..event import listen, remove
from ..exc import DBAPIError

if TYPE_CHECKING:
    from ..engine.engine import Engine
    from ..engine.executed import Execution
    from .asyncio import AsyncEngine

SCOPE = "dovetail"
BOUNDARIES = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10)
"""The buckets of the histogram, in seconds, as the conventions have them."""

PORTS = {"postgresql": 5432, "mysql": 3306, "mariadb": 3306}
"""Usual ports, which are not told."""

_CODES = ("sqlstate", "pgcode", "sqlite_errorname")
"""Where drivers have the code of an error."""

_SPAN = "span of OpenTelemetry"
_VERB = re.compile(r"[\s(]*(\w+)")
_TABLE = re.compile(
    r"\b(?:FROM|INTO|UPDATE|JOIN|TABLE)\s+(?:IF (?:NOT )?EXISTS )?([\w.]+|\"[^\"]+\"|`[^`]+`)",
    re.IGNORECASE,
)


class Instrumentation:
    """What tells OpenTelemetry of an engine; made by :func:`instrument`."""

    def __init__(
        self,
        engine: Engine,
        tracer_provider: TracerProvider | None,
        meter_provider: MeterProvider | None,
        captures_text: bool,
        captures_transactions: bool,
    ) -> None:
        self._engine: Engine | None = engine
        self._tracer = get_tracer(SCOPE, tracer_provider=tracer_provider)
        self._captures_text = captures_text
        self._captures_transactions = captures_transactions
        self._common = _attributes_of(engine)
        meter = get_meter(SCOPE, meter_provider=meter_provider)
        self._duration = meter.create_histogram(
            "db.client.operation.duration",
            unit="s",
            description="Duration of database client operations.",
            explicit_bucket_boundaries_advisory=BOUNDARIES,
        )
        meter.create_observable_up_down_counter(
            "db.client.connection.count",
            [self._connections],
            unit="{connection}",
            description="The number of connections that are in the state of the attribute.",
        )

        def before_statement(_connection: object, execution: Execution) -> None:
            self._begin(execution)

        def after_statement(_connection: object, execution: Execution) -> None:
            self._end(execution)

        self._listeners = {"before_statement": before_statement, "after_statement": after_statement}
        for event, function in self._listeners.items():
            listen(engine, event, function)

    def remove(self) -> None:
        """Tell of the engine no longer."""
        engine, self._engine = self._engine, None
        if engine is not None:
            for event, function in self._listeners.items():
                remove(engine, event, function)

    def _begin(self, execution: Execution) -> None:
        """Begin a span for *execution*."""
        if execution.kind != "statement" and not self._captures_transactions:
            return
        told = {**self._common, **_told_by_text(execution.sql)}
        if self._captures_text:
            told["db.query.text"] = execution.sql
        if execution.many and execution.parameters and len(execution.parameters) > 1:
            told["db.operation.batch.size"] = len(execution.parameters)
        name = told.get("db.query.summary") or told["db.system.name"]
        span = self._tracer.start_span(str(name), kind=SpanKind.CLIENT, attributes=told)
        setattr(execution, _SPAN, (span, told))

    def _end(self, execution: Execution) -> None:
        """End the span of *execution*, and note how long it took."""
        found = getattr(execution, _SPAN, None)
        if found is None:
            return
        span, told = found
        measured = {name: told[name] for name in told if name in _MEASURED}
        error = execution.error
        if error is not None:
            failed = _told_by_error(error)
            measured.update(failed)
            span.set_attributes(failed)
            # The text of the error may have values in it.
            span.set_status(Status(StatusCode.ERROR, type(error).__name__))
        elif execution.rows is not None and execution.cursor.description is not None:
            span.set_attribute("db.response.returned_rows", execution.rows)
        span.end()
        self._duration.record(execution.seconds, measured)

    def _connections(self, _options: CallbackOptions) -> Iterable[Observation]:
        engine = self._engine
        if engine is None or not isinstance(engine.pool, QueuePool):
            return
        pool = engine.pool
        name = str(self._common["db.client.connection.pool.name"])
        for state, count in (("used", pool.checkedout), ("idle", pool.checkedin)):
            told = {"db.client.connection.pool.name": name, "db.client.connection.state": state}
            yield Observation(count(), told)


_MEASURED = frozenset(
    (
        "db.system.name",
        "db.namespace",
        "db.collection.name",
        "db.operation.name",
        "db.query.summary",
        "server.address",
        "server.port",
    )
)
"""The attributes of spans that the histogram has, too."""


def instrument(
    engine: Engine | AsyncEngine,
    *,
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
    captures_text: bool = True,
    captures_transactions: bool = False,
) -> Instrumentation:
    """Tell OpenTelemetry of the statements of *engine*, blocking or awaiting; return what ends it.

    Each is a span of the kind ``CLIENT``, within the span that is current where it is sent, and a
    measurement of ``db.client.operation.duration``; ``db.client.connection.count`` tells of the
    pool::

        instrumentation = instrument(engine)
        ...
        instrumentation.remove()

    ``tracer_provider``, ``meter_provider``  those of the process, unless given
    ``captures_text``          whether spans have the SQL; values are never in it, but where the
    program has written them there itself
    ``captures_transactions``  whether BEGIN, COMMIT and their like have spans
    """
    blocking: Any = getattr(engine, "sync_engine", engine)
    return Instrumentation(
        blocking, tracer_provider, meter_provider, captures_text, captures_transactions
    )


def _attributes_of(engine: Engine) -> dict[str, str | int]:
    """Return what all spans of *engine* have in common."""
    url, dialect = engine.url, engine.dialect
    told: dict[str, Any] = {
        "db.system.name": dialect.name,
        "db.namespace": url.database,
        "server.address": url.host,
        "server.port": None if url.port == PORTS.get(dialect.name) else url.port,
        "db.client.connection.pool.name": engine.logging_name or location_of(url),
    }
    return {name: value for name, value in told.items() if value is not None}


def _told_by_text(sql: str) -> dict[str, str | int]:
    """Return what the text of a statement tells: its verb, and its table where that is one."""
    verb = _VERB.match(sql)
    if verb is None:
        return {}
    operation = verb[1].upper()
    tables = list(dict.fromkeys(name.strip('"`') for name in _TABLE.findall(sql)))
    told: dict[str, str | int] = {"db.operation.name": operation}
    if len(tables) == 1:
        told["db.collection.name"] = tables[0]
    # A summary names few things, so that there are few different ones.
    told["db.query.summary"] = " ".join((operation, *tables))[:255]
    return told


def _told_by_error(error: BaseException) -> Mapping[str, str]:
    """Return what is told of *error*: its class, and the code that the server has given it."""
    told = {"error.type": f"{type(error).__module__}.{type(error).__qualname__}"}
    original = error.orig if isinstance(error, DBAPIError) else None
    if original is not None:
        told["error.type"] = type(error).__qualname__
        # A number where the server gives its errors numbers, or else the standard's five letters.
        numbers = [each for each in original.args[:1] if isinstance(each, int)]
        named = (getattr(original, name, None) for name in _CODES)
        code = next((each for each in (*numbers, *named) if each is not None), None)
        if code is not None:
            told["db.response.status_code"] = str(code)
    return told

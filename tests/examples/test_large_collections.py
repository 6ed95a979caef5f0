"""Collections that are never loaded: each verb is one statement, or a few."""

import pytest

from dovetail import event, func, select
from dovetail.orm import Session
from examples.large_collections import Base, Reading, Sensor, make_engine


@pytest.fixture
def engine(backend_url):
    engine = make_engine(backend_url)
    yield engine
    engine.dispose()


@pytest.fixture
def loaded(engine):
    """The readings of which objects have been made."""
    loaded = []

    def note(target, context):
        loaded.append(target.minute)

    event.listen(Reading, "load", note)
    yield loaded
    event.remove(Reading, "load", note)


@pytest.fixture
def session(engine):
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Sensor(name="cellar"), Sensor(name="roof")])
        session.commit()
        for sensor in session.scalars(select(Sensor)):
            sensor.record(session, [(minute * 37) % 1000 for minute in range(1000)])
        session.commit()
        session.expunge_all()
        yield session


@pytest.fixture
def roof(session):
    return session.scalars(select(Sensor).where(Sensor.name == "roof")).one()


def count(session):
    return session.scalar(select(func.count(Reading.id)))


def test_readings_are_recorded_without_objects(session, roof, sent, loaded):
    roof.record(session, [7] * 100, first_minute=1000)

    assert {statement.split()[0] for statement in sent} == {"INSERT"}
    assert not any(isinstance(one, Reading) for one in session)
    session.commit()
    assert (count(session), loaded) == (2100, [])


def test_one_reading_is_added_as_an_object(session, roof, sent, loaded):
    sent.clear()

    roof.readings.add(Reading(minute=5000, value=12345))
    session.flush()

    assert [statement.split()[0] for statement in sent] == ["INSERT"]
    assert roof.hottest(session, 1)[0].minute == 5000
    assert loaded == []


def test_what_is_asked_comes_in_one_statement(session, roof, sent, loaded):
    sent.clear()

    assert [reading.value for reading in roof.hottest(session, 3)] == [999, 998, 997]
    assert roof.mean(session) == pytest.approx(499.5)
    assert len(sent) == 2
    assert len(loaded) == 3


def test_all_are_changed_by_one_update(session, roof, sent, loaded):
    sent.clear()

    assert roof.calibrate(session, error=100) == 1000

    assert [statement.split()[0] for statement in sent] == ["UPDATE"]
    assert roof.mean(session) == pytest.approx(399.5)
    cellar = session.scalars(select(Sensor).where(Sensor.name == "cellar")).one()
    assert cellar.mean(session) == pytest.approx(499.5)
    assert loaded == []


def test_a_stream_holds_a_few_at_a_time(session, roof, loaded):
    stream = roof.stream(session, size=50)

    first = next(stream)

    assert (first.minute, len(loaded)) == (0, 50)
    assert [reading.minute for reading in stream] == list(range(1, 1000))
    assert len(loaded) == 1000


def test_a_sensor_that_goes_loads_nothing(session, roof, sent, loaded):
    sent.clear()

    session.delete(roof)
    session.commit()

    assert [statement.split()[0] for statement in sent] == ["DELETE"]
    assert (count(session), loaded) == (1000, [])

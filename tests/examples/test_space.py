"""Places on a plane, as two columns and as a type: the same answers on every server."""

import pytest

from dovetail import create_engine, inspect, select
from dovetail.orm import Session, aliased
from examples.space import point_columns, point_type

WAYS = [point_columns, point_type]


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__.rpartition(".")[2])
def way(request):
    return request.param


@pytest.fixture
def engine(backend_url, way):
    engine = getattr(way, "make_engine", create_engine)(backend_url)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine, way):
    way.Base.metadata.create_all(engine)
    with Session(engine) as session:
        way.settle(session)
        session.commit()
        session.expunge_all()
        yield session


def names(session, statement):
    return [place.name for place in session.scalars(statement)]


def find(session, way, name):
    return session.scalars(select(way.Place).where(way.Place.name == name)).one()


def test_points_come_back_as_they_were_given(session, way):
    for point in (way.Point(1.5, -2.25), way.Point(-0.001, 1e-07), way.Point(123456.75, 0)):
        place = find(session, way, "inn")
        place.at = point
        session.commit()
        session.expunge_all()

        assert find(session, way, "inn").at == point
        assert session.scalar(select(way.Place.at).where(way.Place.name == "inn")) == point


def test_the_nearest_places_come_in_order(session, way, sent):
    found = names(session, way.nearest(way.Point(0, 0), 3))

    assert found == ["mill", "bridge", "tower"]
    assert names(session, way.nearest(way.Point(-4, 10), 1)) == ["farm"]
    assert len(sent) == 2


def test_a_circle_has_its_border_and_not_its_corners(session, way):
    centre = way.Point(0, 0)

    assert names(session, way.within(centre, 5)) == ["bridge", "mill"]
    assert names(session, way.within(centre, 4.99)) == ["mill"]
    assert names(session, way.within(way.Point(3.5, 4), 0.5)) == ["bridge", "tower"]
    assert names(session, way.within(way.Point(100, 100), 1)) == []


def test_distances_agree_with_python(session, way):
    mill, farm = find(session, way, "mill"), find(session, way, "farm")

    assert mill.at.distance(farm.at) == 13
    at = way.Place.at
    if way is point_columns:
        asked = select(at.distance_squared(mill.at)).where(way.Place.name == "farm")
        assert session.scalar(asked) == 169
    else:
        asked = select(at.distance(mill.at)).where(way.Place.name == "farm")
        assert session.scalar(asked) == 13


class TestColumns:
    @pytest.fixture
    def way(self):
        return point_columns

    def test_the_box_is_there_for_the_index(self, session, sent, engine):
        names(session, point_columns.within(point_columns.Point(0, 0), 5))

        assert sent[0].count("BETWEEN") == 2
        indexes = {one["name"]: one for one in inspect(engine).get_indexes("place")}
        assert indexes["place_at"]["column_names"] == ["x", "y"]

    def test_a_point_is_compared_as_a_whole(self, session):
        at = point_columns.Place.at
        three_four = point_columns.Point(3, 4)

        assert names(session, select(point_columns.Place).where(at == three_four)) == ["bridge"]


class TestType:
    @pytest.fixture
    def way(self):
        return point_type

    def test_the_distance_of_two_columns(self, session):
        one, other = aliased(point_type.Place), aliased(point_type.Place)
        close = select(one.name, other.name).where(
            one.at.distance(other.at) <= 1, one.name < other.name
        )

        assert session.execute(close).all() == [("bridge", "tower")]

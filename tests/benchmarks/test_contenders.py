"""The benchmarks compare like with like: every outcome is the bare driver's."""

import pytest

from benchmarks import report
from benchmarks.places import PLACES, store
from benchmarks.runner import Score
from benchmarks.worker import Station
from benchmarks.workloads import WORKLOADS
from tests.servers import require

SCALE = 0.005


@pytest.fixture(scope="module")
def stores():
    made = {}

    def store_of(database):
        if database not in made:
            made[database] = store(database)
        return made[database]

    yield store_of
    for each in made.values():
        each.close()


@pytest.fixture
def outcome(stores):
    def outcome(contender, workload, database="sqlite"):
        if contender == "driver" and workload.name == "core_reflect_200":
            contender = "sqlalchemy"  # which stands for the driver, who cannot reflect
        place = PLACES[database](stores(database).prepare(workload.data, SCALE))
        station = Station(contender, workload, place, SCALE)
        try:
            first, second = station.round(), station.round()
        finally:
            station.close()
        assert first[0] > 0
        assert first[1] == second[1], "the second round has another outcome"
        return first[1]

    return outcome


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=lambda workload: workload.name)
@pytest.mark.parametrize("contender", ["dovetail", "sqlalchemy"])
@pytest.mark.filterwarnings("ignore:Dialect sqlite:Warning")
def test_a_contender_does_what_the_driver_does(outcome, contender, workload):
    assert outcome(contender, workload) == outcome("driver", workload)


@pytest.mark.parametrize(
    "name",
    [
        "load_wide_20k",
        "insert_graph_2k",
        "tpcc_500",
        "core_insert_100k",
        "merge_500",
        "trade_mix_8",
    ],
)
@pytest.mark.parametrize("database", [name for name in PLACES if name != "sqlite"])
@pytest.mark.filterwarnings("ignore:Dialect mariadb:Warning")
def test_so_it_does_on_a_server(outcome, database, name):
    require(PLACES[database].dialect)
    if database == "mariadb+mysqldb":
        pytest.importorskip("MySQLdb")
    workload = WORKLOADS[name]

    assert outcome("dovetail", workload, database) == outcome("driver", workload, database)


def test_the_table_shows_times_ratios_and_what_is_wrong():
    scores = {
        "get_miss": {
            "driver": Score(title="driver", best=0.05),
            "dovetail": Score(title="dovetail", best=0.1),
            "sqlalchemy": Score(title="SQLAlchemy", best=0.5, wrong=True),
            "django": Score(title="Django"),
        }
    }

    (line,) = report.table(scores, scale=1.0)[1]

    assert line[1:] == ["10 us", "20 us (2.0x)", "100 us (10.0x) WRONG", "-", "5.0x"]


def test_a_markdown_table_has_a_row_for_each_workload():
    scores = {"memory": {"driver": Score(title="driver", best=250.0)}}

    assert report.markdown(scores, scale=1.0).splitlines() == [
        "| one operation | driver |",
        "| --- | ---: |",
        "| memory of a loaded object of 5 columns, per object | 250 B |",
    ]


def test_a_page_keeps_what_stands_above_its_mark(tmp_path):
    page = tmp_path / "page.md"
    mark = report.MARK.format("sqlite")
    page.write_text(f"# Title\n\n{mark}\n\nold figures\n\n{report.END}\n\nafter\n")
    scores = {"memory": {"driver": Score(title="driver", best=250.0)}}

    report.write_page(page, scores, 1.0, "sqlite")

    text = page.read_text()
    assert text.startswith(f"# Title\n\n{mark}\n\n| one operation | driver |")
    assert text.endswith(f"\n\n{report.END}\n\nafter\n")
    assert "old figures" not in text

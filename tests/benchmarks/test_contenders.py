"""The benchmarks compare like with like: every outcome is the bare driver's."""

import pytest

from benchmarks import report
from benchmarks.data import DATABASES, prepare
from benchmarks.runner import Score
from benchmarks.worker import Station
from benchmarks.workloads import WORKLOADS

SCALE = 0.005


@pytest.fixture(scope="module")
def databases(tmp_path_factory):
    folder = tmp_path_factory.mktemp("databases")
    for kind in DATABASES:
        prepare(kind, folder / f"{kind}.db", SCALE)
    return folder


@pytest.fixture
def outcome(databases):
    def outcome(contender, workload):
        station = Station(contender, workload, databases / f"{workload.data}.db", SCALE)
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
    page.write_text(f"# Title\n\n{report.MARK}\n\nold figures\n")
    scores = {"memory": {"driver": Score(title="driver", best=250.0)}}

    report.write_page(page, scores, scale=1.0)

    text = page.read_text()
    assert text.startswith(f"# Title\n\n{report.MARK}\n\n| one operation | driver |")
    assert "old figures" not in text

"""The random mappings have what mappings may have: what is never drawn is never compared."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.properties import comparing_schemas
from tests.properties.features import EVERY, features
from tests.properties.reducing import smallest
from tests.properties.schemas import Class, Schema, programs, reads, schemas

EXAMPLES = 300


@pytest.mark.filterwarnings("ignore")
def test_each_feature_is_drawn():
    seen: set[str] = set()

    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(schemas, programs, reads)
    def run(schema, program, reads):
        seen.update(features(schema, program, reads))

    run()

    assert sorted(EVERY - seen) == []


@settings(max_examples=10, phases=[Phase.generate])
@given(schemas, programs, reads)
def test_what_is_left_of_an_example_has_nothing_that_does_not_matter(schema, program, reads):
    def fails(example):
        schema, program, _ = example
        return any(step[0] == "make" for step in program) and any(
            one.layout.columns for one in schema.classes
        )

    if not fails((schema, program, reads)):
        return
    (left, steps, read) = smallest((schema, program, reads), fails)

    assert steps == [("make", 0, 0, [])]
    assert read == []
    assert isinstance(left, Schema)
    assert [type(one) for one in left.classes] == [Class]
    (column,) = left.classes[0].layout.columns
    assert (column.type, column.default, left.related) == ("integer", None, ())


def test_an_example_that_the_oracle_does_not_end_is_cut(monkeypatch):
    def without_end(*_):
        while True:
            pass

    monkeypatch.setattr(comparing_schemas, "of_the_oracle", without_end)
    monkeypatch.setattr(comparing_schemas, "PATIENCE", 0.1)
    tally = comparing_schemas.Tally()

    comparing_schemas.compare(None, [], [], tally)

    assert (tally.examples, len(tally.cut)) == (1, 1)

"""A random mapping whose tables were created: the database does not differ from it."""

import pytest
from hypothesis import given, settings

from tests.properties.comparing_schemas import PACKAGE
from tests.properties.schema_world import SchemaWorld
from tests.properties.schemas import schemas
from tests.servers import BACKENDS

SOME = settings(max_examples=min(settings().max_examples // 4, 40))
"""The tables of an example are made and dropped."""

ONE_EACH = [one for one in BACKENDS if one.driver in ("pysqlite", "psycopg", "pymysql")]

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("backend", ONE_EACH, ids=str)
def test_a_schema_that_was_created_does_not_differ(backend, databases, tmp_path):
    backend.require()
    url = databases.url(backend, tmp_path) if backend.server else "sqlite://"

    @SOME
    @given(schemas)
    def run(schema):
        world = SchemaWorld(PACKAGE, schema, url)
        try:
            assert world.Base.metadata.diff(world.engine) == []
        finally:
            world.close()

    run()

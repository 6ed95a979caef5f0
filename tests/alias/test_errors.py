"""Errors of drivers, as programs written for the other package look at them."""

import pytest

from tests.alias.program import run
from tests.servers import SERVERS, require


def test_an_error_of_asyncpg_is_the_cause_of_orig_which_has_the_state():
    require("postgresql")
    pytest.importorskip("asyncpg")
    url = SERVERS["postgresql"].url.replace("postgresql://", "postgresql+asyncpg://")

    assert run(
        f"""
        import asyncio

        import asyncpg
        import sqlalchemy as sa
        from sqlalchemy.ext.asyncio import create_async_engine

        told = []

        async def main():
            engine = create_async_engine({url!r})

            @sa.event.listens_for(engine.sync_engine, "handle_error")
            def hear(context):
                told.append(context.original_exception)

            async with engine.connect() as connection:
                await connection.exec_driver_sql("CREATE TEMPORARY TABLE one (id INT UNIQUE)")
                await connection.exec_driver_sql("INSERT INTO one VALUES (1)")
                try:
                    await connection.exec_driver_sql("INSERT INTO one VALUES (1)")
                except sa.exc.IntegrityError as error:
                    orig = error.orig
                    print(orig.pgcode, orig.sqlstate, type(orig.__cause__).__name__)
                    print(isinstance(orig.__cause__, asyncpg.UniqueViolationError))
                    print(orig.__cause__.constraint_name, error.constraint, orig.args[0])
                    print(error.__cause__ is orig, told == [orig])
            await engine.dispose()

        asyncio.run(main())
        """
    ) == [
        "23505 23505 UniqueViolationError",
        "True",
        'one_id_key one_id_key duplicate key value violates unique constraint "one_id_key"',
        "True True",
    ]

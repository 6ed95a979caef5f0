"""Tables of pandas, written to a database and read back."""

import pandas as pd
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, select, text
from sqlalchemy.types import Numeric

engine = create_engine("sqlite://")
prices = pd.DataFrame(
    {
        "item": ["tea", "milk", "rice"],
        "price": [2.5, 1.25, 3.0],
        "count": [4, 0, 12],
        "day": pd.to_datetime(["2026-01-01", "2026-01-02", None]),
    }
)

print(prices.to_sql("price", engine, index=False))
print(prices.to_sql("price", engine, index=False, if_exists="append", method="multi"))
print(prices.head(1).to_sql("typed", engine, index_label="place", dtype={"price": Numeric(8, 2)}))
try:
    prices.to_sql("price", engine)
except ValueError as error:
    print(error)

print(pd.read_sql_table("price", engine).to_string())
print(pd.read_sql_table("price", engine, columns=["item", "day"]).dtypes.to_string())
print(pd.read_sql("typed", engine, index_col="place").to_string())
print(
    pd.read_sql_query(
        text("SELECT item FROM price WHERE count > :least"), engine, params={"least": 3}
    )
)

people = Table(
    "people", MetaData(), Column("id", Integer, primary_key=True), Column("name", String)
)
people.create(engine)
with engine.begin() as connection:
    connection.execute(people.insert(), [{"name": "ada"}, {"name": "eve"}])
    print(pd.read_sql(select(people).where(people.c.name != "eve"), connection))
    for part in pd.read_sql_query(select(people), connection, chunksize=1):
        print(part.to_dict("records"))
print(prices.to_sql("price", engine, index=False, if_exists="replace"))
print(pd.read_sql_query("SELECT count(*) AS n FROM price", engine).iloc[0, 0])

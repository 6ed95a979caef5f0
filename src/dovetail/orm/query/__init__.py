"""Query: the older way to write a SELECT of entities, with the session that runs it."""

from dovetail.orm.query.changing import BulkDelete, BulkUD, BulkUpdate
from dovetail.orm.query.events import QueryEvents
from dovetail.orm.query.query import Query

RowReturningQuery = Query

__all__ = ["BulkDelete", "BulkUD", "BulkUpdate", "Query", "QueryEvents", "RowReturningQuery"]

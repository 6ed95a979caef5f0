"""SQL functions by their familiar path."""

# From tools/faces.toml, by tools/faces.py.
# fmt: off
# isort: off

from .expression.functions import (
    AggregateOrderBy as AggregateOrderBy, AnsiFunction as AnsiFunction,
    FieldOfFunction as FieldOfFunction, Function as Function, FunctionAsBinary as FunctionAsBinary,
    FunctionElement as FunctionElement, GenericFunction as GenericFunction,
    ReturnTypeFromArgs as ReturnTypeFromArgs, aggregate_order_by as aggregate_order_by,
    aggregate_strings as aggregate_strings, array_agg as array_agg, char_length as char_length,
    coalesce as coalesce, concat as concat, count as count, cube as cube, cume_dist as cume_dist,
    current_date as current_date, current_time as current_time,
    current_timestamp as current_timestamp, current_user as current_user, dense_rank as dense_rank,
    func as func, grouping_sets as grouping_sets, length as length, localtime as localtime,
    localtimestamp as localtimestamp, lower as lower, max as max, min as min, mode as mode,
    modifier as modifier, now as now, nullif as nullif, percent_rank as percent_rank,
    percentile_cont as percentile_cont, percentile_disc as percentile_disc, pow as pow,
    quoted_function as quoted_function, random as random, rank as rank,
    register_function as register_function, rollup as rollup, row_number as row_number,
    session_user as session_user, sum as sum, sysdate as sysdate, upper as upper, user as user,
)

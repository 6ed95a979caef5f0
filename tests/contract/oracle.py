"""Tests of the contract that the oracle does not pass: what is dovetail's own."""

NOT_OF_THE_ORACLE = {
    "test_violations_have_their_own_classes": "the oracle has one class for all violations",
    "test_a_constraint_is_named": "the oracle does not name it",
    "test_the_table_of_a_violated_constraint_is_told": "the oracle does not tell it",
    "test_a_failed_transaction_is_never_committed_in_silence": "the oracle commits nothing",
    "test_wrong_statements_say_what_to_do": "the oracle gives no hint",
    "test_what_is_no_bytes_is_kept_by_no_binary_column": "the oracle leaves it to the driver",
    "test_what_types_put_around_values_is_around_the_parts_of_tuples": "the oracle leaves it out",
    "test_values_beside_a_column_are_of_its_kind": "the oracle takes them as they are",
    "test_nulls_come_where_they_are_wanted": "the oracle writes the standard's words everywhere",
    "test_rows_written_into_the_statement": "the oracle writes them for PostgreSQL alone",
    "test_a_portable_upsert": "the oracle has none",
    "test_a_view_of_the_metadata": "the oracle has views in its newest version alone",
    "test_generated_keys_arrive_with_the_insert": "the oracle sends one statement for each",
    "test_an_upsert_goes_to_the_row_that_is_there": "the oracle has one for each server",
    "test_a_loop_over_a_collection_sends_few_statements": "the oracle sends one for each",
    "test_isolation_levels[sqlite+pysqlite-READ COMMITTED]": "the oracle has fewer",
    "test_isolation_levels[sqlite+aiosqlite-READ COMMITTED]": "the oracle has fewer",
    "test_a_sequence_numbers_one_and_many[postgresql+asyncpg]": "the oracle orders keys otherwise",
    "test_what_a_type_puts_around_a_value_is_around_each_of_a_list": "it fails for no value",
    "TestLoad": "the oracle has no session.load()",
    "TestAwaitedLoading": "the oracle speaks of greenlets",
    "TestFailures": "the oracle does not say which instance it was",
    "TestFeatures": "the features record is dovetail's own",
}
"""By the name of a test, or of the class that it stands in."""

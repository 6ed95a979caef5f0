"""Transactions that are run again: imported by the first ``run()`` or ``attempts()``."""

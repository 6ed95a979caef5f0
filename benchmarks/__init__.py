"""The same work on dovetail, its peers and the bare driver: ``python -m benchmarks``."""

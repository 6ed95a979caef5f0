"""How classes are mapped to tables."""

"""How rows become instances."""

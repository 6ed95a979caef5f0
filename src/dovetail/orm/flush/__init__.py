"""How changed instances become rows."""

"""INSERT, UPDATE and DELETE of entities as statements; many rows at once, without instances."""

"""Watching: the statements of a block, what is wrong with them, and where they come from."""

"""The main job: an index of the Python standard library, kept by one Session."""

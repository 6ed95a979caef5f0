"""What tries dialects and drivers: a contract of tests, and the fixtures that these run on.

It needs pytest (``pip install "dovetail-orm[testing]"``), and nothing else in dovetail imports it.
"""

"""The verbs of the command line, one a module; they need the extra ``cli``."""

"""Tables as they are declared, compared with those of a database."""

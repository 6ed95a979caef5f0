"""The contenders, and where each one's class is found."""

CONTENDERS = {
    "driver": "floor:Floor",
    "dovetail": "session_style:Dovetail",
    "sqlalchemy": "session_style:SQLAlchemy",
    "django": "django_models:Django",
    "peewee": "peewee_models:Peewee",
    "pony": "pony_models:Pony",
}
FLOOR = "driver"

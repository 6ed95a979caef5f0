"""The contenders, and where each one's class is found."""

CONTENDERS = {
    "driver": "floor:SqliteFloor",
    "dovetail": "session_contenders:Dovetail",
    "sqlalchemy": "session_contenders:SQLAlchemy",
    "django": "django_models:Django",
    "peewee": "peewee_models:Peewee",
    "pony": "pony_models:Pony",
    "yara": "yara_models:Yara",
}
FLOOR = "driver"
OWN = "dovetail"

_FLOORS = {"postgresql": "floor:PostgresqlFloor", "mariadb": "floor:MariadbFloor"}


def contenders_for(dialect: str) -> dict[str, str]:
    """The contenders on a database of this dialect; servers are left to those with sessions."""
    if dialect == "sqlite":
        return CONTENDERS
    sessions = {name: CONTENDERS[name] for name in ("dovetail", "sqlalchemy")}
    return {FLOOR: _FLOORS[dialect], **sessions}

"""The function that mapped classes before 2.0, and that still names all mappers to ``event``."""

from typing import Any, NoReturn
from warnings import warn

from dovetail.event import resolves
from dovetail.exc import DovetailDeprecationWarning, InvalidRequestError
from dovetail.orm.mapping.mapper import Mapper


class MapperFunction:
    """Refuses to map; listeners to its events hear of all mappers."""

    __name__ = "mapper"

    def __call__(self, *arguments: object, **keywords: object) -> NoReturn:
        """Raise InvalidRequestError: a registry maps classes."""
        raise InvalidRequestError(
            "mapper() is gone: a registry maps classes to tables",
            hint="registry().map_imperatively(User, table)",
        )

    def __repr__(self) -> str:
        return "<function mapper>"


mapper = MapperFunction()


@resolves(MapperFunction)
def _all_mappers(target: MapperFunction) -> Any:
    warn(
        "the function mapper() as a target of events stands for the class Mapper: name that",
        DovetailDeprecationWarning,
        stacklevel=5,
    )
    return Mapper

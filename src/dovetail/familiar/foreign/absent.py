"""The dialect of a database that dovetail does not speak to: it has a name and writes types."""

from __future__ import annotations

from typing import Any, NoReturn

from ...compiler.types import TypeCompiler
from ...dialects.dialect import Dialect
from ...dialects.features import Features
from ...exc import NoSuchModuleError
from ...types.contract import TypeEngine


class AbsentTypeCompiler(TypeCompiler):
    """Writes the types of the database by their names, with their lengths and precisions."""

    def write(self, type_: TypeEngine[Any], **keywords: Any) -> str:
        """Return the DDL of *type_*."""
        name = type_.__visit_name__
        if type(type_).__module__.rpartition(".")[0] != __package__:
            return super().write(type_, **keywords)
        written = getattr(type_, "written_arguments", None)
        if written is not None:
            return f"{name}({written})"
        for size in ("length", "precision"):
            given = getattr(type_, size, None)
            if given is not None:
                scale = getattr(type_, "scale", None) if size == "precision" else None
                return f"{name}({given})" if scale is None else f"{name}({given}, {scale})"
        return name


class AbsentDialect(Dialect):
    """Base of dialects that are there for their names, their types and their definitions alone."""

    type_compiler_class = AbsentTypeCompiler
    default_features = Features(supports_identity_columns=True, supports_sequences=True)
    server: str

    @classmethod
    def import_dbapi(cls) -> NoReturn:
        """Refuse: there is no driver.

        :raises NoSuchModuleError: always
        """
        raise NoSuchModuleError(
            f"dovetail has no dialect for {cls.server}",
            hint="its types are there so that programs for several databases can name them; "
            "to connect, run the program on SQLAlchemy",
        )

    dbapi = import_dbapi

    def connect(self, *arguments: object, **options: object) -> NoReturn:
        """Refuse: there is no driver."""
        self.import_dbapi()

"""What the index knows: packages, modules, definitions, imports, and names used on the way."""

import enum

from dovetail import Column, Enum, ForeignKey, Index, String, Table
from dovetail.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """The base of all models of the index."""


class Kind(enum.Enum):
    """What a ``class`` or ``def`` statement makes."""

    CLASS = "class"
    FUNCTION = "function"
    METHOD = "method"


definition_decorator = Table(
    "definition_decorator",
    Base.metadata,
    Column("definition_id", ForeignKey("definition.id"), primary_key=True),
    Column("name_id", ForeignKey("name.id"), primary_key=True),
)
definition_base = Table(
    "definition_base",
    Base.metadata,
    Column("definition_id", ForeignKey("definition.id"), primary_key=True),
    Column("name_id", ForeignKey("name.id"), primary_key=True),
)


class Package(Base):
    """A folder of modules; packages lie in packages."""

    __tablename__ = "package"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("package.id"))

    parent: Mapped["Package | None"] = relationship(
        back_populates="children", remote_side="Package.id"
    )
    children: Mapped[list["Package"]] = relationship(back_populates="parent")
    modules: Mapped[list["Module"]] = relationship(back_populates="package")


class Module(Base):
    """A module; one that is imported without having been read has no digest."""

    __tablename__ = "module"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    path: Mapped[str | None] = mapped_column(String(400))
    digest: Mapped[str | None] = mapped_column(String(64))
    lines: Mapped[int] = mapped_column(default=0)
    package_id: Mapped[int | None] = mapped_column(ForeignKey("package.id"), index=True)

    package: Mapped[Package | None] = relationship(back_populates="modules")
    definitions: Mapped[list["Definition"]] = relationship(
        back_populates="module", cascade="all, delete-orphan"
    )
    imports: Mapped[list["Import"]] = relationship(
        back_populates="importer",
        foreign_keys="Import.importer_id",
        cascade="all, delete-orphan",
    )
    imported_by: Mapped[list["Import"]] = relationship(
        back_populates="imported", foreign_keys="Import.imported_id"
    )


class Import(Base):
    """One module imports another, on a line: the association between the two."""

    __tablename__ = "import"

    importer_id: Mapped[int] = mapped_column(ForeignKey("module.id"), primary_key=True)
    imported_id: Mapped[int] = mapped_column(ForeignKey("module.id"), primary_key=True, index=True)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)

    importer: Mapped[Module] = relationship(back_populates="imports", foreign_keys=[importer_id])
    imported: Mapped[Module] = relationship(
        back_populates="imported_by", foreign_keys=[imported_id]
    )


class Definition(Base):
    """A class, a function or a method; definitions lie in definitions."""

    __tablename__ = "definition"
    __table_args__ = (Index("definition_in_module", "module_id", "first_line"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    module_id: Mapped[int] = mapped_column(ForeignKey("module.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("definition.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    path: Mapped[str] = mapped_column(String(400))
    kind: Mapped[Kind] = mapped_column(Enum(Kind))
    first_line: Mapped[int]
    last_line: Mapped[int]
    length: Mapped[int]
    docstring_length: Mapped[int | None]
    is_public: Mapped[bool]

    module: Mapped[Module] = relationship(back_populates="definitions")
    parent: Mapped["Definition | None"] = relationship(
        back_populates="members", remote_side="Definition.id"
    )
    members: Mapped[list["Definition"]] = relationship(back_populates="parent")
    decorators: Mapped[list["Name"]] = relationship(
        secondary=definition_decorator, back_populates="decorates"
    )
    bases: Mapped[list["Name"]] = relationship(secondary=definition_base, back_populates="base_of")


class Name(Base):
    """A name, dotted or not, that stands as a decorator or as a base class."""

    __tablename__ = "name"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(200), unique=True)

    decorates: Mapped[list[Definition]] = relationship(
        secondary=definition_decorator, back_populates="decorators"
    )
    base_of: Mapped[list[Definition]] = relationship(
        secondary=definition_base, back_populates="bases"
    )

"""What reflection gives: dictionaries, by the names of what they describe."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict


class ReflectedIdentity(TypedDict):
    """An identity: the arguments of :class:`Identity`."""

    always: bool
    on_null: bool
    start: int
    increment: int
    minvalue: int
    maxvalue: int
    nominvalue: bool
    nomaxvalue: bool
    cycle: bool
    cache: int | None
    order: bool


class ReflectedComputed(TypedDict):
    """How a column is computed."""

    sqltext: str
    persisted: NotRequired[bool]


class ReflectedColumn(TypedDict):
    """A column."""

    name: str
    type: Any
    nullable: bool
    default: str | None
    autoincrement: NotRequired[bool]
    comment: NotRequired[str | None]
    computed: NotRequired[ReflectedComputed]
    identity: NotRequired[ReflectedIdentity]
    dialect_options: NotRequired[dict[str, Any]]


class ReflectedConstraint(TypedDict):
    """What all constraints have."""

    name: str | None
    comment: NotRequired[str | None]


class ReflectedCheckConstraint(ReflectedConstraint):
    """A CHECK constraint."""

    sqltext: str
    dialect_options: NotRequired[dict[str, Any]]


class ReflectedUniqueConstraint(ReflectedConstraint):
    """A UNIQUE constraint; the index that it duplicates, where it is one."""

    column_names: list[str]
    duplicates_index: NotRequired[str | None]
    dialect_options: NotRequired[dict[str, Any]]


class ReflectedPrimaryKeyConstraint(ReflectedConstraint):
    """A primary key."""

    constrained_columns: list[str]
    dialect_options: NotRequired[dict[str, Any]]


class ReflectedForeignKeyConstraint(ReflectedConstraint):
    """A foreign key."""

    constrained_columns: list[str]
    referred_schema: str | None
    referred_table: str
    referred_columns: list[str]
    options: NotRequired[dict[str, Any]]


class ReflectedIndex(TypedDict):
    """An index; None among its names stands for an expression, which ``expressions`` has."""

    name: str | None
    column_names: list[str | None]
    expressions: NotRequired[list[str]]
    unique: bool
    duplicates_constraint: NotRequired[str | None]
    include_columns: NotRequired[list[str]]
    column_sorting: NotRequired[dict[str, tuple[str, ...]]]
    dialect_options: NotRequired[dict[str, Any]]


class ReflectedTableComment(TypedDict):
    """The comment of a table."""

    text: str | None

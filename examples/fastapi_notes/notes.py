"""What the applications keep, and what clients send and see."""

from pydantic import BaseModel, ConfigDict, Field

from dovetail import String, Text
from dovetail.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """All tables of the application."""


class Note(Base):
    """A note; no two have the same title."""

    __tablename__ = "note"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200), unique=True)
    body: Mapped[str] = mapped_column(Text, default="")


class NewNote(BaseModel):
    """A note to be kept."""

    title: str = Field(min_length=1, max_length=200)
    body: str = ""


class NoteChange(BaseModel):
    """What is to be changed."""

    title: str | None = Field(None, min_length=1, max_length=200)
    body: str | None = None


class ShownNote(BaseModel):
    """A note as it is shown: read from the attributes of the instance."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    body: str

"""What the application keeps: notes, each with a title of its own."""

from typing import Any

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

    def as_dict(self) -> dict[str, Any]:
        """The note as it is shown to clients."""
        return {"id": self.id, "title": self.title, "body": self.body}

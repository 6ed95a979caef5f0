"""sqladmin: the pages of an administration, fetched by a test client."""

import re

from sqladmin import Admin, ModelView
from sqlalchemy import ForeignKey, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import StaticPool
from starlette.applications import Starlette
from starlette.testclient import TestClient


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    books: Mapped[list["Book"]] = relationship(back_populates="author")

    def __str__(self):
        return f"author {self.name}"


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author | None] = relationship(back_populates="books")

    def __str__(self):
        return f"book {self.title}"


engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
Base.metadata.create_all(engine)
with Session(engine) as session:
    session.add(Author(name="Ada", books=[Book(title="Notes"), Book(title="Maps")]))
    session.commit()

app = Starlette()
admin = Admin(app, engine)


class AuthorAdmin(ModelView, model=Author):
    column_list = ("id", "name", "books")
    column_searchable_list = ("name",)
    column_sortable_list = ("name",)


class BookAdmin(ModelView, model=Book):
    column_list = "__all__"


admin.add_view(AuthorAdmin)
admin.add_view(BookAdmin)


def words(response):
    """The status of a page, and which of the words that matter it has."""
    text = re.sub(r"<[^>]*>", " ", response.text)
    found = [word for word in ("Ada", "Notes", "Maps", "Letters", "Eve") if word in text]
    return response.status_code, found


with TestClient(app) as client:
    for path in (
        "/admin/author/list", "/admin/author/list?search=Eve", "/admin/book/list",
        "/admin/author/details/1", "/admin/book/edit/1", "/admin/author/create",
    ):  # fmt: skip
        print(path, *words(client.get(path)))
    made = client.post("/admin/book/create", data={"title": "Letters", "author": "1"})
    print(*words(made))
    print(*words(client.post("/admin/author/edit/1", data={"name": "Eve", "books": ["1"]})))
    print(client.delete("/admin/book/delete?pks=2").status_code)

with Session(engine) as session:
    books = session.execute(select(Book.id, Book.title, Book.author_id).order_by(Book.id))
    print([tuple(row) for row in books], session.scalar(select(func.max(Author.name))))

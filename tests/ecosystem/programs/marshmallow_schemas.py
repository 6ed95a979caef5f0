"""marshmallow-sqlalchemy: schemas made from mapped classes, instances loaded from data."""

from marshmallow import ValidationError
from marshmallow_sqlalchemy import SQLAlchemyAutoSchema, SQLAlchemySchema, auto_field
from marshmallow_sqlalchemy.fields import Nested
from sqlalchemy import ForeignKey, String, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(10), info={"marshmallow": {}})
    note: Mapped[str | None]
    books: Mapped[list["Book"]] = relationship(back_populates="author")


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    price: Mapped[float] = mapped_column(default=1.5)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author | None] = relationship(back_populates="books")


engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
session = Session(engine)


class BookSchema(SQLAlchemyAutoSchema):
    class Meta:
        model = Book
        include_fk = True
        load_instance = True
        sqla_session = session


class AuthorSchema(SQLAlchemySchema):
    class Meta:
        model = Author
        load_instance = True
        sqla_session = session

    id = auto_field()
    name = auto_field()
    note = auto_field()
    books = Nested(BookSchema, many=True)


schema = AuthorSchema()
print({key: (type(one).__name__, one.required) for key, one in sorted(schema.fields.items())})
print({key: type(one).__name__ for key, one in sorted(BookSchema().fields.items())})
ada = schema.load({"name": "Ada", "books": [{"title": "Notes"}, {"title": "Maps", "price": 2}]})
session.add(ada)
session.commit()
print(type(ada).__name__, [book.author is ada for book in ada.books])
print(schema.dump(ada))
changed = schema.load({"id": ada.id, "name": "Eve"}, partial=True)
print(changed is ada, ada.name, len(ada.books))
try:
    schema.load({"name": "much too long a name", "note": 5})
except ValidationError as error:
    print(error.messages)
session.close()
engine.dispose()

"""Flask-SQLAlchemy: models, a page of rows, an application with a second database."""

from flask import Flask, jsonify
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


db = SQLAlchemy(model_class=Base)


class Author(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    books: Mapped[list["Book"]] = relationship(
        back_populates="author", cascade="all, delete-orphan"
    )


class Book(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship(back_populates="books")


class Visit(db.Model):
    __bind_key__ = "visits"
    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str]


app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
app.config["SQLALCHEMY_BINDS"] = {"visits": "sqlite://"}
db.init_app(app)


@app.route("/authors/<int:key>")
def author(key):
    db.session.add(Visit(path=f"/authors/{key}"))
    db.session.commit()
    found = db.get_or_404(Author, key)
    return jsonify(name=found.name, books=sorted(book.title for book in found.books))


@app.route("/books")
def books():
    page = db.paginate(select(Book).order_by(Book.title), per_page=2)
    return jsonify(titles=[book.title for book in page], total=page.total, pages=page.pages)


with app.app_context():
    db.create_all()
    ada = Author(name="Ada", books=[Book(title=title) for title in ("Notes", "Letters", "Maps")])
    db.session.add_all([ada, Author(name="Ben")])
    db.session.commit()

client = app.test_client()
print(client.get("/authors/1").json)
print(client.get("/authors/2").json)
print(client.get("/authors/3").status)
print(client.get("/books").json)
print(client.get("/books?page=2").json)

with app.app_context():
    print(db.session.scalar(select(func.count()).select_from(Visit)), sorted(db.metadatas, key=str))
    print(Author.query.filter_by(name="Ada").one().books[0].author.name, Author.__tablename__)
    db.session.delete(db.session.get(Author, 1))
    db.session.commit()
    print(
        db.session.scalar(select(func.count()).select_from(Book)), repr(db.session.get(Author, 2))
    )

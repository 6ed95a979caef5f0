"""A shop of books, declared and filled in either package."""

from types import SimpleNamespace


def library(w):
    """Authors with books, pages (of a composite key), tags, a tree of topics; three authors."""
    sa, orm = w.sa, w.orm
    column, relationship = orm.mapped_column, orm.relationship
    book_tag = sa.Table(
        "book_tag",
        w.Base.metadata,
        sa.Column("book_id", sa.ForeignKey("book.id"), primary_key=True),
        sa.Column("tag_id", sa.ForeignKey("tag.id"), primary_key=True),
    )

    class Author(w.Base):
        __tablename__ = "author"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(20))
        born = column(sa.Integer)
        notes = column(sa.String(20), deferred=True)
        portrait = column(sa.String(20), deferred=True, deferred_group="big")
        voice = column(sa.String(20), deferred=True, deferred_group="big")
        books = relationship("Book", back_populates="author", order_by="Book.id")

    class Book(w.Base):
        __tablename__ = "book"
        id = column(sa.Integer, primary_key=True)
        title = column(sa.String(20))
        author_id = column(sa.ForeignKey("author.id"))
        author = relationship("Author", back_populates="books")
        pages = relationship("Page", back_populates="book", order_by="Page.number")
        tags = relationship("Tag", secondary=book_tag, back_populates="books", order_by="Tag.id")

    class Page(w.Base):
        __tablename__ = "page"
        book_id = column(sa.ForeignKey("book.id"), primary_key=True)
        number = column(sa.Integer, primary_key=True)
        text = column(sa.String(20))
        book = relationship("Book", back_populates="pages")
        remarks = relationship("Remark", back_populates="page", order_by="Remark.id")

    class Remark(w.Base):
        __tablename__ = "remark"
        __table_args__ = (
            sa.ForeignKeyConstraint(["book_id", "number"], ["page.book_id", "page.number"]),
        )
        id = column(sa.Integer, primary_key=True)
        book_id = column(sa.Integer)
        number = column(sa.Integer)
        page = relationship("Page", back_populates="remarks")

    class Tag(w.Base):
        __tablename__ = "tag"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(20))
        books = relationship("Book", secondary=book_tag, back_populates="tags", order_by="Book.id")

    class Topic(w.Base):
        __tablename__ = "topic"
        id = column(sa.Integer, primary_key=True)
        parent_id = column(sa.ForeignKey("topic.id"))
        children = relationship("Topic", back_populates="parent", order_by="Topic.id")
        parent = relationship("Topic", back_populates="children", remote_side=[id])

    w.create()
    tags = [Tag(id=n, name=f"tag {n}") for n in (1, 2, 3)]
    for a in (1, 2, 3):
        author = Author(id=a, name=f"author {a}", born=1900 + a, notes=f"n{a}", portrait="p")
        for b in range(3 - a, 0, -1):
            book = Book(id=10 * a + b, title=f"book {a}.{b}", tags=tags[:b])
            book.pages = [Page(number=n, text=f"{n}", remarks=[Remark()]) for n in range(b)]
            author.books.append(book)
        w.s.add(author)
    w.s.add(Book(id=99, title="anonymous"))
    w.add(*(Topic(id=n, parent_id=n // 2 or None) for n in range(1, 16)))
    return SimpleNamespace(
        Author=Author, Book=Book, Page=Page, Remark=Remark, Tag=Tag, Topic=Topic, book_tag=book_tag
    )


def ids(instances):
    return [one.id for one in instances]


def shelves(authors):
    return [(a.id, ids(a.books)) for a in authors]

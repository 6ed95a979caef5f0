"""Collections that are dictionaries: the key is an attribute, columns, or what a function says.

python -m examples.dictionary_collections [database URL]
"""

import sys

from dovetail import ForeignKey, Select, String, create_engine, select
from dovetail.ext.associationproxy import AssociationProxy, association_proxy
from dovetail.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    attribute_keyed_dict,
    column_keyed_dict,
    keyfunc_mapping,
    mapped_column,
    relationship,
)


class Base(DeclarativeBase):
    """All tables of the example."""


class Translation(Base):
    """What a word is in another language."""

    __tablename__ = "translation"

    word_id: Mapped[int] = mapped_column(ForeignKey("word.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(5), primary_key=True)
    text: Mapped[str] = mapped_column(String(50))

    def __init__(self, language: str, text: str) -> None:
        super().__init__(language=language, text=text)


class Quotation(Base):
    """Who used the word, when, and how."""

    __tablename__ = "quotation"

    id: Mapped[int] = mapped_column(primary_key=True)
    word_id: Mapped[int] = mapped_column(ForeignKey("word.id"))
    author: Mapped[str] = mapped_column(String(50))
    year: Mapped[int]
    text: Mapped[str] = mapped_column(String(200))


class Spelling(Base):
    """A way to write the word."""

    __tablename__ = "spelling"

    id: Mapped[int] = mapped_column(primary_key=True)
    word_id: Mapped[int] = mapped_column(ForeignKey("word.id"))
    text: Mapped[str] = mapped_column(String(50))

    @staticmethod
    def folded(spelling: "Spelling") -> str:
        """The text without regard to case and hyphens."""
        return spelling.text.casefold().replace("-", "")


class Word(Base):
    """A word of a dictionary."""

    __tablename__ = "word"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)

    # By an attribute. The proxy leaves out what is between: word.texts["fr"] = "thé".
    translations: Mapped[dict[str, Translation]] = relationship(
        collection_class=attribute_keyed_dict("language"), cascade="all, delete-orphan"
    )
    texts: AssociationProxy[dict[str, str]] = association_proxy("translations", "text")

    # By columns: the key is a tuple, word.quotations["Mill", 1848].
    quotations: Mapped[dict[tuple[str, int], Quotation]] = relationship(
        collection_class=column_keyed_dict([Quotation.author, Quotation.year]),
        cascade="all, delete-orphan",
    )

    # By a function of the member. A member goes to its place by itself when it comes from the
    # other side, or by word.spellings.set(spelling).
    spellings: Mapped[dict[str, Spelling]] = relationship(
        collection_class=keyfunc_mapping(Spelling.folded), cascade="all, delete-orphan"
    )


def words_translated(language: str, text: str) -> Select[Word]:
    """The words that are *text* in *language*."""
    is_translated = Word.translations.any(
        (Translation.language == language) & (Translation.text == text)
    )
    return select(Word).where(is_translated).order_by(Word.name)


def write_dictionary(session: Session) -> None:
    """Words to look at."""
    tea = Word(name="tea", texts={"fr": "thé", "de": "Tee", "pt": "chá"})
    quotation = Quotation(author="Mill", year=1848, text="The consumption of tea…")
    tea.quotations["Mill", 1848] = quotation
    for text in ("Tea", "T-e-a", "tay"):
        spelling = Spelling(text=text)
        # Two members of one key: the later takes the place, and the other one is deleted.
        tea.spellings[Spelling.folded(spelling)] = spelling
    session.add_all([tea, Word(name="infusion", texts={"fr": "thé"})])


def main(url: str = "sqlite://") -> None:
    engine = create_engine(url)
    Base.metadata.create_all(engine)

    with Session(engine) as session, session.begin():
        write_dictionary(session)

    with Session(engine) as session, session.begin():
        tea = session.scalars(select(Word).where(Word.name == "tea")).one()
        print("tea:", dict(sorted(tea.texts.items())))
        print("quoted:", tea.quotations["Mill", 1848].text)
        print("spelt:", sorted(tea.spellings))

        tea.texts["it"] = "tè"
        tea.texts.update(pt="infusão")
        del tea.texts["de"]
        session.flush()
        print("after changes:", dict(sorted(tea.texts.items())))

        found = session.scalars(words_translated("fr", "thé"))
        print("thé is:", [word.name for word in found])
    engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])

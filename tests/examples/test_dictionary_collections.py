"""Dictionary collections: what is put in, taken out and found again under its key."""

import pytest

from dovetail import func, select
from dovetail.orm import Session, selectinload
from examples.dictionary_collections import (
    Base,
    Quotation,
    Spelling,
    Translation,
    Word,
    words_translated,
    write_dictionary,
)


@pytest.fixture
def session(engine):
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        write_dictionary(session)
        session.commit()
        session.expunge_all()
        yield session


@pytest.fixture
def tea(session):
    return session.scalars(select(Word).where(Word.name == "tea")).one()


def count(session, class_):
    return session.scalar(select(func.count()).select_from(class_))


def test_a_loaded_dictionary_has_its_members_under_their_keys(tea):
    assert {key: one.text for key, one in tea.translations.items()} == {
        "fr": "thé",
        "de": "Tee",
        "pt": "chá",
    }
    assert list(tea.quotations) == [("Mill", 1848)]
    assert {key: one.text for key, one in tea.spellings.items()} == {"tea": "T-e-a", "tay": "tay"}


def test_texts_are_changed_as_if_they_were_the_values(session, tea, sent):
    tea.texts["it"] = "tè"
    tea.texts["pt"] = "infusão"
    del tea.texts["de"]
    sent.clear()
    session.commit()

    assert sorted(statement.split()[0] for statement in sent) == ["DELETE", "INSERT", "UPDATE"]
    assert tea.texts == {"fr": "thé", "pt": "infusão", "it": "tè"}
    assert count(session, Translation) == 4


def test_all_texts_are_exchanged_at_once(session, tea):
    kept = tea.translations["fr"]

    tea.texts = {"fr": "thé vert", "nl": "thee"}
    session.commit()

    assert tea.texts == {"fr": "thé vert", "nl": "thee"}
    assert tea.translations["fr"] is kept


def test_a_member_goes_to_the_place_of_its_columns(session, tea):
    tea.quotations.set(Quotation(author="Pinero", year=1893, text="Where there's tea…"))
    session.commit()

    assert tea.quotations["Pinero", 1893].text == "Where there's tea…"
    del tea.quotations["Mill", 1848]
    session.commit()
    assert session.scalars(select(Quotation.author)).all() == ["Pinero"]


def test_a_member_takes_the_place_of_the_one_with_its_key(session, tea):
    tea.spellings.set(Spelling(text="TEA"))
    session.commit()

    assert sorted(session.scalars(select(Spelling.text))) == ["TEA", "tay"]
    assert tea.spellings["tea"].text == "TEA"


def test_words_are_found_by_key_and_value(session):
    def found(language, text):
        return [word.name for word in session.scalars(words_translated(language, text))]

    assert found("fr", "thé") == ["infusion", "tea"]
    assert found("de", "Tee") == ["tea"]
    assert found("de", "thé") == []


def test_the_dictionaries_of_many_take_one_statement(session, sent):
    words = select(Word).order_by(Word.name).options(selectinload(Word.translations))

    texts = [dict(word.texts) for word in session.scalars(words)]

    assert texts == [{"fr": "thé"}, {"fr": "thé", "de": "Tee", "pt": "chá"}]
    assert len(sent) == 2


def test_a_word_goes_with_all_that_belongs_to_it(session, tea):
    session.delete(tea)
    session.commit()

    assert [count(session, class_) for class_ in (Translation, Quotation, Spelling)] == [1, 0, 0]

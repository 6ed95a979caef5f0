"""Comments on anything, in three ways: the same behaviour, and what tells them apart."""

import pytest

from dovetail import func, inspect, select
from dovetail.exc import IntegrityError
from dovetail.orm import Session, selectinload
from examples.generic_associations import discriminator, table_per_association, table_per_owner

WAYS = [table_per_owner, table_per_association, discriminator]


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__.rpartition(".")[2])
def way(request):
    return request.param


@pytest.fixture
def session(engine, way):
    yield from opened(engine, way)


def opened(engine, way):
    way.Base.metadata.create_all(engine)
    with Session(engine) as session:
        way.publish(session)
        session.commit()
        session.expunge_all()
        yield session


def texts(owner):
    return [comment.text for comment in owner.comments]


def count(session, way):
    classes = [way.Article.Comment, way.Photo.Comment] if way is table_per_owner else [way.Comment]
    return sum(session.scalar(select(func.count(class_.id))) for class_ in classes)


def comment_class(way, owner):
    return getattr(owner, "Comment", None) or way.Comment


def test_owners_of_the_same_key_have_comments_of_their_own(session, way):
    article, photo = session.scalars(select(way.Article)).one(), session.get(way.Photo, 1)

    assert article.id == photo.id
    assert texts(article) == ["well cut"]
    assert texts(photo) == ["foggy", "where is it?"]


def test_the_comments_of_many_take_one_statement(session, way, sent):
    session.add_all([way.Photo(place=f"place {number}") for number in range(5)])
    session.commit()
    session.expunge_all()
    sent.clear()

    photos = session.scalars(select(way.Photo).options(selectinload(way.Photo.comments))).all()

    assert sorted(len(photo.comments) for photo in photos) == [0, 0, 0, 0, 0, 2]
    assert len(sent) == 2


def test_owners_are_found_by_their_comments(session, way):
    Comment = comment_class(way, way.Photo)
    foggy = select(way.Photo.place).join(way.Photo.comments).where(Comment.text == "foggy")
    well_cut = select(way.Photo.place).where(way.Photo.comments.any(Comment.text == "well cut"))

    assert session.scalars(foggy).all() == ["harbour"]
    assert session.scalars(well_cut).all() == []


def test_comments_are_added_and_taken_out(session, way):
    photo = session.get(way.Photo, 1)

    photo.comments.append(comment_class(way, way.Photo)(text="the old one"))
    photo.comments.remove(photo.comments[0])
    session.commit()

    assert texts(photo) == ["where is it?", "the old one"]
    assert count(session, way) == 3


def test_comments_go_with_what_they_are_on(session, way):
    session.delete(session.get(way.Photo, 1))
    session.commit()

    assert count(session, way) == 1
    assert texts(session.get(way.Article, 1)) == ["well cut"]


class TestTablePerOwner:
    @pytest.fixture
    def session(self, engine):
        yield from opened(engine, table_per_owner)

    def test_a_comment_knows_its_owner(self, session):
        comment = session.scalars(select(table_per_owner.Article.Comment)).one()

        assert comment.owner is session.get(table_per_owner.Article, 1)

    def test_there_are_tables_for_each(self, session, engine):
        assert sorted(inspect(engine).get_table_names()) == [
            "article",
            "article_comment",
            "photo",
            "photo_comment",
        ]


class TestTablePerAssociation:
    @pytest.fixture
    def session(self, engine):
        yield from opened(engine, table_per_association)

    def test_a_comment_knows_what_it_is_on_by_kind(self, session):
        comment = session.scalars(select(table_per_association.Comment).limit(1)).one()

        (article,) = comment.article
        assert (article.title, comment.photo) == ("Joints", [])

    def test_a_comment_is_on_one_thing(self, session):
        photo = table_per_association.Photo(place="pier")
        session.add(photo)
        session.flush()
        between = table_per_association.Base.metadata.tables["photo_comment"]
        taken = session.get(table_per_association.Photo, 1).comments[0].id

        with pytest.raises(IntegrityError):
            session.execute(between.insert().values(photo_id=photo.id, comment_id=taken))
        session.rollback()


class TestDiscriminator:
    @pytest.fixture
    def session(self, engine):
        yield from opened(engine, discriminator)

    def test_a_comment_knows_its_owner_from_either_side(self, session):
        article = session.get(discriminator.Article, 1)
        comment = discriminator.Comment(text="again")
        comment.on_article = article
        session.add(comment)
        session.commit()

        assert (comment.owner_kind, comment.owner_id, comment.owner) == ("article", 1, article)
        assert texts(article) == ["well cut", "again"]

    def test_the_owners_of_many_take_a_few_statements(self, session, sent):
        for number in range(50):
            comment = discriminator.Comment(text=f"comment {number}")
            session.add(discriminator.Photo(place=f"place {number}", comments=[comment]))
        session.commit()
        session.expunge_all()
        comments = session.scalars(select(discriminator.Comment)).all()
        sent.clear()

        assert len({comment.owner for comment in comments}) == 52
        assert len(sent) <= 4

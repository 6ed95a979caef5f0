"""Sets of related instances, and collection classes of the user's own."""

import pickle

import pytest

from dovetail import ForeignKey, select
from dovetail.orm import DeclarativeBase, Mapped, mapped_column, relationship
from dovetail.orm.attributes import get_history


class Base(DeclarativeBase):
    pass


class Ranked(list):
    """A list with a method of its own."""

    def best(self):
        return max(self, key=lambda track: track.name)


class Named(set):
    def names(self):
        return sorted(one.name for one in self)


class Album(Base):
    __tablename__ = "album"

    id: Mapped[int] = mapped_column(primary_key=True)
    tracks: Mapped[set["Track"]] = relationship(
        back_populates="album", foreign_keys="Track.album_id"
    )
    ranked: Mapped[list["Track"]] = relationship(
        collection_class=Ranked, foreign_keys="Track.ranked_id"
    )
    named: Mapped[set["Track"]] = relationship(
        collection_class=Named, foreign_keys="Track.named_id"
    )


class Track(Base):
    __tablename__ = "track"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    album_id: Mapped[int | None] = mapped_column(ForeignKey("album.id"))
    ranked_id: Mapped[int | None] = mapped_column(ForeignKey("album.id"))
    named_id: Mapped[int | None] = mapped_column(ForeignKey("album.id"))
    album: Mapped[Album | None] = relationship(back_populates="tracks", foreign_keys=album_id)


@pytest.fixture(autouse=True)
def tables(engine):
    Base.metadata.create_all(engine)


@pytest.fixture
def tracks():
    return [Track(name=letter) for letter in "abcdef"]


@pytest.fixture
def album(session, tracks):
    album = Album(tracks=set(tracks[:3]))
    session.add_all([album, *tracks])
    session.commit()
    assert names(album.tracks) == "abc"
    assert names(tracks) == "abcdef"
    return album


def names(items):
    return "".join(sorted(item.name for item in items))


MUTATIONS = [
    pytest.param(lambda held, t: held.add(t[3]), "abcd", id="add"),
    pytest.param(lambda held, t: held.add(t[0]), "abc", id="add again"),
    pytest.param(lambda held, t: held.discard(t[0]), "bc", id="discard"),
    pytest.param(lambda held, t: held.discard(t[5]), "abc", id="discard absent"),
    pytest.param(lambda held, t: held.remove(t[0]), "bc", id="remove"),
    pytest.param(lambda held, t: held.clear(), "", id="clear"),
    pytest.param(lambda held, t: held.update(t[3:5], [t[5]]), "abcdef", id="update"),
    pytest.param(lambda held, t: held.difference_update(t[:2], t[4:]), "c", id="difference_update"),
    pytest.param(lambda held, t: held.intersection_update(t[1:5]), "bc", id="intersection_update"),
    pytest.param(lambda held, t: held.symmetric_difference_update(t[2:4]), "abd", id="symmetric"),
    pytest.param(lambda held, t: held.__ior__(set(t[3:5])), "abcde", id="|="),
    pytest.param(lambda held, t: held.__isub__(set(t[:2])), "c", id="-="),
    pytest.param(lambda held, t: held.__iand__(set(t[1:5])), "bc", id="&="),
    pytest.param(lambda held, t: held.__ixor__(set(t[2:4])), "abd", id="^="),
]


@pytest.mark.parametrize(("change", "expected"), MUTATIONS)
def test_a_change_is_seen_by_the_other_side_and_by_the_flush(
    session, album, tracks, change, expected
):
    change(album.tracks, tracks)

    assert names(album.tracks) == expected
    history = get_history(album, "tracks")
    assert names(history.added) == "".join(sorted(set(expected) - set("abc")))
    assert names(history.deleted) == "".join(sorted(set("abc") - set(expected)))
    for track in tracks:
        assert track.album is (album if track.name in expected else None)
    session.commit()
    stored = session.scalars(select(Track.name).where(Track.album_id == album.id))
    assert set(stored) == set(expected)


def test_pop_takes_any(session, album, tracks):
    taken = album.tracks.pop()

    assert taken.album is None
    assert len(album.tracks) == 2
    album.tracks.clear()
    with pytest.raises(KeyError):
        album.tracks.pop()


def test_removing_what_is_absent_is_a_key_error(album, tracks):
    with pytest.raises(KeyError):
        album.tracks.remove(tracks[5])


def test_augmented_assignment_works_on_the_attribute(session, album, tracks):
    held = album.tracks

    album.tracks |= {tracks[3]}
    album.tracks -= {tracks[0]}

    assert album.tracks is held
    assert names(album.tracks) == "bcd"
    assert (tracks[0].album, tracks[3].album) == (None, album)


def test_plain_operators_give_plain_sets(album, tracks):
    assert names(album.tracks | {tracks[3]}) == "abcd"
    assert names(album.tracks & {tracks[0]}) == "a"
    assert tracks[3].album is None
    assert album.tracks == set(tracks[:3])


def test_assignment_replaces_all(session, album, tracks):
    album.tracks = {tracks[0], tracks[5]}

    assert (tracks[1].album, tracks[5].album) == (None, album)
    session.commit()
    assert names(album.tracks) == "af"


def test_a_set_is_pickled(session, album):
    copied = pickle.loads(pickle.dumps(album))

    assert names(copied.tracks) == "abc"
    assert isinstance(copied.tracks, set)
    copied.tracks.clear()
    assert names(album.tracks) == "abc"


def test_a_collection_class_of_ones_own_is_used(session, album, tracks):
    album.ranked.extend(tracks[:2])
    album.named.update(tracks[2:4])
    session.commit()

    assert isinstance(album.ranked, Ranked)
    assert album.ranked.best() is tracks[1]
    assert isinstance(album.named, Named)
    assert album.named.names() == ["c", "d"]


def test_a_collection_class_of_ones_own_is_made_for_new_instances(tracks):
    album = Album(ranked=tracks[:2])

    assert isinstance(album.ranked, Ranked)
    assert album.ranked.best() is tracks[1]
    assert isinstance(Album().named, Named)

"""Listeners on classes, instances and factories."""

import pytest

from dovetail.event import Events, contains, listen, listens_for, remove, resolves, root
from dovetail.exc import InvalidRequestError


class BellEvents(Events):
    options = frozenset(("loud",))

    def ring(self, bell, times):
        """Call when the bell rings."""

    def stop(self, bell):
        """Call when the bell stops."""


class Bell:
    def ring(self, times=1):
        for function in self.dispatch.ring:
            function(self, times)


class SmallBell(Bell):
    pass


root(BellEvents, Bell)


class BellMaker:
    makes = SmallBell


@resolves(BellMaker)
def what_it_makes(maker):
    return maker.makes


@pytest.fixture
def heard():
    calls = []

    def hear(bell, times):
        calls.append(times)

    hear.calls = calls
    yield hear
    for target in (Bell, SmallBell):
        if contains(target, "ring", hear):
            remove(target, "ring", hear)


def test_nobody_listening_is_false():
    assert not Bell().dispatch
    assert Bell().dispatch.ring == ()


def test_a_class_stands_for_all_its_instances(heard):
    before = SmallBell()
    listen(Bell, "ring", heard)

    before.ring(1)
    Bell().ring(2)

    assert heard.calls == [1, 2]


def test_a_subclass_stands_for_its_own(heard):
    listen(SmallBell, "ring", heard)

    Bell().ring(1)
    SmallBell().ring(2)

    assert heard.calls == [2]


def test_an_instance_stands_for_itself(heard):
    bell, other = Bell(), Bell()
    listen(bell, "ring", heard)

    bell.ring(1)
    other.ring(2)

    assert heard.calls == [1]


def test_an_instance_that_is_listened_to_hears_later_listeners_of_its_class(heard):
    bell = SmallBell()
    listen(bell, "ring", lambda bell, times: None)
    listen(SmallBell, "ring", heard)
    listen(Bell, "ring", heard)

    bell.ring(3)

    assert heard.calls == [3, 3]


def test_a_factory_stands_for_what_it_makes(heard):
    listen(BellMaker(), "ring", heard)

    SmallBell().ring(1)

    assert heard.calls == [1]


def test_remove_and_contains(heard):
    bell = Bell()
    listen(bell, "ring", heard)
    assert contains(bell, "ring", heard)

    remove(bell, "ring", heard)

    assert not contains(bell, "ring", heard)
    assert not bell.dispatch
    with pytest.raises(InvalidRequestError, match="does not listen"):
        remove(bell, "ring", heard)


def test_once_named_and_insert():
    bell, calls = Bell(), []
    listen(bell, "ring", lambda bell, times: calls.append("second"))
    listen(bell, "ring", lambda bell, times: calls.append("once"), once=True)

    @listens_for(bell, "ring", named=True, insert=True)
    def first(times, **_):
        calls.append(f"first {times}")

    bell.ring(1)
    bell.ring(2)

    assert calls == ["first 1", "second", "once", "first 2", "second"]


def test_a_listener_may_be_a_method():
    class Ear:
        def hear(self, bell, times):
            """Hear."""

    ear, bell = Ear(), Bell()
    listen(bell, "ring", ear.hear)

    assert contains(bell, "ring", ear.hear)
    remove(bell, "ring", ear.hear)
    assert not bell.dispatch.ring


def test_an_unknown_event_names_the_nearest():
    with pytest.raises(InvalidRequestError) as caught:
        listen(Bell, "rings", print)
    assert caught.value.hint == "did you mean 'ring'?"
    with pytest.raises(InvalidRequestError, match="no option"):
        listen(Bell, "ring", print, quiet=True)

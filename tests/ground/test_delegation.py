"""Members of faces: methods that are written when they are first asked for."""

from dovetail.delegation import Face, WrittenMethod


class Inside:
    def say(self, word, *others, end="!"):
        """Return what is said."""
        return " ".join((word, *others)) + end

    def close(self):
        return "closed"


face = Face(inside="self.inside")


class Outside:
    def __init__(self):
        self.inside = Inside()

    say = face.passed(Inside.say)
    close = face.passed(Inside.close)
    aclose = close


class Below(Outside):
    def say(self, word, *others, end="?"):
        return super().say(word, *others, end=end)


def test_a_method_is_written_once_when_it_is_first_asked_for_under_each_of_its_names():
    assert isinstance(vars(Outside)["close"], WrittenMethod)

    assert Outside().close() == "closed"

    assert vars(Outside)["close"] is vars(Outside)["aclose"]
    assert not isinstance(vars(Outside)["aclose"], WrittenMethod)


def test_arguments_and_documentation_are_those_of_the_member():
    assert Outside().say("a", "b", end=".") == "a b."
    assert Outside.say.__doc__ == "Return what is said."


def test_a_class_below_calls_it_by_super():
    assert Below().say("a") == "a?"
    assert Below().say("a") == "a?"


def test_what_a_program_puts_in_its_place_stays():
    class Patched(Outside):
        close = face.passed(Inside.close)

    written = vars(Patched)["close"]
    Patched.close = lambda self: "patched"

    assert written.__get__(Patched())() == "closed"
    assert Patched().close() == "patched"

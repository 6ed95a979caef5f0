"""Small tools of the other package, as programs use them."""

import copy
import pickle
import warnings

import pytest

from dovetail.exc import SADeprecationWarning
from dovetail.familiar.util import containers, language
from tests.alias.program import run


def test_an_immutable_dictionary_is_a_value():
    given = containers.immutabledict({"a": 1})

    assert given.union({"b": 2}, c=3) == {"a": 1, "b": 2, "c": 3}
    assert given | {"a": 2} == {"a": 2}
    assert {"a": 0, "z": 1} | given == {"a": 1, "z": 1}
    assert type(given | {}) is containers.immutabledict
    assert given.merge_with(None, {"b": 2}) == {"a": 1, "b": 2}
    assert copy.copy(given) == pickle.loads(pickle.dumps(given)) == given
    for change in (
        lambda: given.update(b=2),
        lambda: given.__setitem__("b", 2),
        lambda: given.pop("a"),
        given.clear,
    ):
        with pytest.raises(TypeError, match="immutable"):
            change()


def test_ordered_sets_keep_their_order_and_answer_as_sets():
    given = containers.OrderedSet(["b", "a", "b", "c"])

    given.add("a")
    given.discard("x")
    given.insert(0, "z")

    assert list(given) == ["z", "b", "a", "c"]
    assert given[1] == "b"
    assert list(given.difference(["b"])) == ["z", "a", "c"]
    assert list(given.intersection(["c", "b"])) == ["b", "c"]
    assert list(given.symmetric_difference(["a", "new"])) == ["z", "b", "c", "new"]
    assert given == {"a", "b", "c", "z"}
    assert given.issuperset(["a"])
    assert list(given | {"q"}) == ["z", "b", "a", "c", "q"]


def test_sets_by_identity_need_no_hash():
    one, same = [1], [1]
    given = containers.IdentitySet([one])

    assert one in given
    assert same not in given
    given.add(same)
    assert len(given.union([one, same])) == 2
    assert list(given.difference([one])) == [same]
    given.remove(one)
    with pytest.raises(KeyError):
        given.remove(one)


def test_lists_of_what_may_be_one_or_several():
    assert containers.to_list(None, []) == []
    assert containers.to_list("ab") == ["ab"]
    assert containers.to_list((1, 2)) == [1, 2]
    assert containers.unique_list([3, 1, 3, 2]) == [3, 1, 2]
    assert containers.unique_list(["a", "A", "b"], str.lower) == ["a", "b"]
    assert list(containers.flatten_iterator([1, [2, ["three"]]])) == [1, 2, "three"]


def test_properties_are_computed_once_or_are_of_the_class():
    class Thing:
        calls = 0

        @language.memoized_property
        def slow(self):
            self.calls += 1
            return self.calls

        @language.memoized_instancemethod
        def method(self):
            self.calls += 1
            return self.calls

        @language.classproperty
        def name(cls):
            return cls.__name__

        @language.hybridproperty
        def level(self):
            return "instance"

        @level.classlevel
        def level(cls):
            return "class"

        @language.hybridmethod
        def told(self, more):
            return type(self).__name__, more

    thing = Thing()

    assert (thing.slow, thing.slow) == (1, 1)
    assert (thing.method(), thing.method()) == (2, 2)
    assert Thing.name == thing.name == "Thing"
    assert (Thing.level, thing.level) == ("class", "instance")
    assert thing.told(1) == ("Thing", 1)
    assert Thing.told(2) == ("type", 2)


def test_a_symbol_is_one_object_for_one_name():
    assert language.symbol("A") is language.symbol("A")
    assert pickle.loads(pickle.dumps(language.symbol("A"))) is language.symbol("A")
    assert language.symbol("FLAG_4", canonical=4) == 4
    assert repr(language.symbol("A")) == "symbol('A')"
    with pytest.raises(TypeError):
        language.symbol("FLAG_4", canonical=5)


def test_texts_of_configurations_are_true_or_false():
    assert [language.asbool(text) for text in ("yes", "0", " True ", "off")] == [
        True,
        False,
        True,
        False,
    ]
    with pytest.raises(ValueError, match="maybe"):
        language.asbool("maybe")
    assert language.bool_or_str("debug")("debug") == "debug"


def test_what_a_collection_is_used_as():
    class Bag:
        def add(self, item): ...

    class Keyed:
        __emulates__ = None

        def append(self, item): ...

    assert language.duck_type_collection([]) is list
    assert language.duck_type_collection(set) is set
    assert language.duck_type_collection(Bag()) is set
    assert language.duck_type_collection(Keyed()) is None
    assert language.duck_type_collection(object(), dict) is dict


def test_a_repr_tells_what_differs_from_the_defaults():
    class Thing:
        def __init__(self, name, size=1, *, color="red"):
            self.name, self.size, self.color = name, size, color

    assert language.generic_repr(Thing("a")) == "Thing('a')"
    assert language.generic_repr(Thing("a", 2, color="blue")) == "Thing('a', size=2, color='blue')"


def test_a_deprecated_function_warns_each_time():
    @language.deprecated("1.4", "use new()")
    def old():
        return 5

    with pytest.warns(SADeprecationWarning, match="use new"):
        assert old() == 5


def test_the_exception_that_is_handled_is_raised_again_after_the_block():
    done = []
    with pytest.raises(ValueError, match="first"):
        try:
            raise ValueError("first")
        except ValueError:
            with language.safe_reraise():
                done.append("cleaned")

    assert done == ["cleaned"]


def test_arguments_of_functions_methods_and_classes():
    class Thing:
        def __init__(self, a, b=1, **more): ...

        def method(self, x): ...

    class Derived(Thing):
        def __init__(self, c, **more): ...

    assert language.get_callable_argspec(Thing, no_self=True).args == ["a", "b"]
    assert language.get_callable_argspec(Thing(1).method, no_self=True).args == ["x"]
    assert language.get_cls_kwargs(Derived) == {"a", "b", "c"}
    with pytest.raises(TypeError):
        language.get_callable_argspec(len)


def test_a_warning_names_the_line_that_called():
    def caller():
        language.warn_deprecated("old", "2.0")

    with warnings.catch_warnings(record=True) as met:
        warnings.simplefilter("always")
        caller()

    assert met[0].filename == __file__


def test_what_is_decorated_tells_its_parameters_to_who_does_not_follow_wrappers():
    assert run(
        """
        from inspect import getfullargspec
        from sqlalchemy import types, util

        @util.decorator
        def traced(function, *arguments, **keywords):
            return function(*arguments, **keywords)

        @traced
        def add(a, b=2, *, c=3):
            return a + b + c

        print(getfullargspec(add).args, getfullargspec(add).kwonlyargs, add(1, c=4))
        print(dict(types.Integer._variant_mapping), dict(types.Integer()._variant_mapping))
        """
    ) == ["['a', 'b'] ['c'] 7", "{} {}"]


def test_a_type_has_those_that_reach_into_it():
    assert run(
        """
        from sqlalchemy import types
        from sqlalchemy.dialects import postgresql
        from sqlalchemy.sql import sqltypes

        class Path(sqltypes.JSON.JSONPathType):
            pass

        print(types.JSON.JSONIndexType is sqltypes.JSON.JSONIndexType)
        print(issubclass(postgresql.JSONB.JSONStrIndexType, sqltypes.JSON.JSONIndexType))
        """
    ) == ["True", "True"]

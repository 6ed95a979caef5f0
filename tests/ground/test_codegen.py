"""Generated functions: text in, function out, and the text can be found again."""

import gc
import sys
import traceback

import pytest

from dovetail.codegen import Source, compile_function, dump, source_text


def made(title="half"):
    source = Source(title)
    source.use("divisor", 2)
    with source.block("def half(number):"):
        source.line("return number / divisor")
    return compile_function(source, "half")


def test_text_becomes_a_function():
    assert made()(6) == 3


def test_a_traceback_shows_the_text():
    half = made()

    try:
        half("six")
    except TypeError as error:
        shown = "".join(traceback.format_exception(error))

    assert "return number / divisor" in shown
    assert "<dovetail half #" in shown


def test_the_text_can_be_dumped_while_the_function_lives():
    half = made("a telling title")

    assert source_text(half) == "def half(number):\n    return number / divisor\n"
    assert [text for _, text in dump("a telling title")] == [source_text(half)]


@pytest.mark.skipif(
    sys.version_info < (3, 14) and not getattr(sys, "_is_gil_enabled", lambda: True)(),
    reason="before 3.14, an interpreter without the global lock never frees a function",
)
def test_the_text_goes_with_the_function():
    half = made("a passing title")
    del half
    gc.collect()

    assert list(dump("a passing title")) == []


def test_a_name_stands_for_one_object():
    source = Source("names")
    first, second = object(), object()

    assert source.use("it", first) == "it"
    assert source.use("it", first) == "it"
    assert source.use_unique("it", second) == "it_2"
    with pytest.raises(ValueError, match="already names"):
        source.use("it", second)


def test_other_functions_have_no_generated_text():
    assert source_text(made.__get__) is None
    assert source_text(made) is None


def test_the_same_text_makes_functions_of_their_own():
    def made(value):
        source = Source("twice")
        source.use("value", value)
        with source.block("def give():"):
            source.line("return [value for _ in 'ab']")
        return compile_function(source, "give")

    first, second = made(1), made(2)

    assert (first(), second()) == ([1, 1], [2, 2])
    assert first.__code__.co_filename != second.__code__.co_filename
    assert source_text(first) == source_text(second)
    del second
    gc.collect()
    assert source_text(first).startswith("def give():")

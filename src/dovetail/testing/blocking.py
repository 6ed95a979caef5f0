"""Blocking calls that reach a driver which awaits: the test waits for each request.

What Core does with a connection is the same for drivers of both kinds, so that one set of tests,
which blocks, tries both.
"""

from __future__ import annotations

from asyncio import Runner, get_running_loop
from contextlib import contextmanager
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from ..steps import bridging

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def waiting(function: Callable[..., Any], runner: Runner) -> Callable[..., Any]:
    """Return *function* so that it waits in the event loop of *runner* for its answer."""

    def call(*arguments: object, **options: object) -> Any:
        async def answer() -> Any:
            found = function(*arguments, **options)
            return await found if isawaitable(found) else found

        return runner.run(answer())

    return call


@contextmanager
def blocking_calls(runner: Runner | None) -> Iterator[None]:
    """Let blocking calls wait in the event loop of *runner*, if there is one."""
    if runner is None:
        yield
        return
    usual = bridging.find, bridging.loop

    def wait(answer: object) -> Any:
        return waiting(lambda: answer, runner)()

    def find() -> Callable[[Any], Any] | None:
        # Within the loop there is a bridge only where run_sync() has built one.
        return usual[0]() if _is_in_loop() else wait

    bridging.find, bridging.loop = find, runner.get_loop
    try:
        yield
    finally:
        bridging.find, bridging.loop = usual


def _is_in_loop() -> bool:
    try:
        get_running_loop()
    except RuntimeError:
        return False
    return True

"""Steps: requests are performed, answers and errors arrive where they were asked for."""

import asyncio

import pytest

from dovetail.exc import MissingGreenlet
from dovetail.steps import no_steps, run_async, run_sync


def double(number):
    return 2 * number


async def double_later(number):
    await asyncio.sleep(0)
    return 2 * number


def fail():
    raise ValueError("no")


async def fail_later():
    raise ValueError("no")


def adding(function, *numbers):
    total = 0
    for number in numbers:
        total += yield function, number
    return total


def recovering(function, other):
    try:
        yield (function,)
    except ValueError as error:
        return (yield other, len(str(error)))


def test_the_same_steps_run_blocking_and_awaiting():
    assert run_sync(adding(double, 1, 2, 3)) == 12
    assert asyncio.run(run_async(adding(double_later, 1, 2, 3))) == 12


def test_an_error_is_raised_at_its_request():
    assert run_sync(recovering(fail, double)) == 4
    assert asyncio.run(run_async(recovering(fail_later, double_later))) == 4


def test_an_error_that_nobody_catches_reaches_the_caller():
    with pytest.raises(ValueError, match="no"):
        run_sync(adding(fail_with_number, 1))


def fail_with_number(number):
    raise ValueError("no")


def test_several_errors_in_a_row_are_all_thrown():
    def stubborn():
        for _ in range(3):
            try:
                yield (fail,)
            except ValueError:
                pass
        return (yield double, 4)

    assert run_sync(stubborn()) == 8


def test_a_blocking_run_of_awaiting_requests_says_so():
    with pytest.raises(MissingGreenlet) as caught:
        run_sync(adding(double_later, 1))

    assert "awaiting interface" in caught.value.hint


def test_after_a_refusal_the_steps_may_go_on():
    def careful():
        try:
            yield double_later, 1
        except MissingGreenlet:
            return (yield double, 5)

    assert run_sync(careful()) == 10


def test_steps_may_request_nothing():
    assert run_sync(no_steps(5)) == 5
    assert asyncio.run(run_async(no_steps(5))) == 5


def test_cancelling_reaches_the_steps():
    seen = []

    def waiting():
        try:
            yield asyncio.sleep, 10
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    async def main():
        task = asyncio.create_task(run_async(waiting()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert seen == ["cancelled"]

"""Errors that repeat themselves are counted, and each kind is still seen."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import structlog

from services_stub.logs.repetition import WINDOW_SECONDS, Repetition


def error_of(raising: Any) -> BaseException:
    """The exception that a function raises."""
    with pytest.raises((ArithmeticError, ValueError)) as found:
        raising()
    return found.value


def test_of_many_lines_of_a_kind_few_are_written_with_their_number() -> None:
    repetition = Repetition()
    assert [n for n in (repetition.number("a") for _ in range(100_000)) if n] == [
        *range(1, 6), 10, 100, 1000, 10_000, 100_000
    ]  # fmt: skip
    assert repetition.number("b") == 1


def test_after_a_while_they_are_written_again() -> None:
    now = 0.0
    repetition = Repetition(lambda: now)
    assert [repetition.number("a") for _ in range(6)][-1] == 0
    now = WINDOW_SECONDS
    assert repetition.number("a") == 1


def test_ever_new_kinds_take_no_more_memory() -> None:
    repetition = Repetition()
    for number in range(5000):
        repetition.number(str(number))
    assert len(repetition._seen) <= 1000


def test_structured_lines_and_those_of_libraries_are_counted_and_information_is_not() -> None:
    repetition = Repetition()

    def failing() -> None:
        raise ValueError

    failed = error_of(failing)
    for _ in range(5):
        repetition(None, "error", {"event": "failed", "exc_info": failed})
    with pytest.raises(structlog.DropEvent):
        repetition(None, "error", {"event": "failed", "exc_info": failed})
    assert repetition(None, "error", {"event": "failed", "exc_info": error_of(lambda: 1 // 0)})
    assert all(repetition(None, "info", {"event": "told"}) for _ in range(20))
    records = [logging.LogRecord("x", logging.ERROR, "", 1, "%s broke", ("it",), None) for _ in range(10)]
    assert [repetition.filter(record) for record in records] == [True] * 5 + [False] * 4 + [True]
    assert records[-1].getMessage() == "it broke (10 occurrences)"

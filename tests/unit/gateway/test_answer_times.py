"""The answer times of services: the nearest rank of the last minute, of at most so many answers."""

from __future__ import annotations

from services_stub.gateway.answer_times import MOST_KEPT, WINDOW_SECONDS, AnswerTimes


def test_the_percentile_is_the_nearest_rank_and_belongs_to_one_service() -> None:
    times = AnswerTimes()
    for milliseconds in range(1, 101):
        times.note("order", milliseconds / 1000)
    assert times.p99_ms("order") == 99.0
    assert times.p99_ms("auth") is None


def test_what_is_older_than_the_window_does_not_count() -> None:
    now = 0.0
    times = AnswerTimes(lambda: now)
    times.note("order", 5.0)
    now = WINDOW_SECONDS
    times.note("order", 0.25)
    assert times.p99_ms("order") == 5000.0
    now += 1
    assert times.p99_ms("order") == 250.0
    now += WINDOW_SECONDS
    assert times.p99_ms("order") is None


def test_only_the_newest_answers_are_kept() -> None:
    times = AnswerTimes()
    for _ in range(100):
        times.note("order", 9.0)
    for _ in range(MOST_KEPT):
        times.note("order", 0.5)
    assert times.p99_ms("order") == 500.0

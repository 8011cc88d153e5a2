"""The list of foreign tests that do not pass on the embedded broker: how a run differs from it, and its length."""

from __future__ import annotations

import os

import pytest

from tests.broker_suites import expected, table
from tests.broker_suites.expected import differences

MOST = {"librdkafka": 39, "franz-go": 14}
"""So many tests are listed. A smaller number is the only one that may take the place of one of these."""


@pytest.fixture
def _one_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expected, "listed", lambda suite: {"known": "reason", "unsteady": "reason"})
    monkeypatch.setattr(expected, "unsteady", lambda: {"unsteady"})


@pytest.mark.usefixtures("_one_listed")
@pytest.mark.parametrize(
    ("results", "said"),
    [
        ({"known": "failed", "other": "passed"}, []),
        ({"known": "failed", "known/part": "failed"}, []),
        ({"known": "failed", "unsteady": "passed"}, []),
        ({"known": "failed", "other": "failed"}, ["other is not listed: failed"]),
        ({"known": "failed", "known2": "left out"}, ["known2 is not listed: left out"]),
        ({"known": "passed"}, ["known is listed, and passed"]),
        ({"other": "passed"}, ["known is listed, and there is no such test"]),
    ],
)
def test_a_run_differs_from_the_list_both_by_new_failures_and_by_those_that_are_gone(
    results: dict[str, str], said: list[str]
) -> None:
    assert differences("suite", {"unsteady": "failed"} | results) == said


@pytest.mark.parametrize("suite", table.SUITES)
def test_the_list_only_becomes_shorter(suite: str) -> None:
    assert len(expected.listed(suite)) <= MOST[suite]


@pytest.mark.parametrize("suite", table.SUITES)
def test_every_test_is_listed_for_a_reason_that_is_there(suite: str) -> None:
    assert set(expected.listed(suite).values()) <= expected.reasons().keys()


def test_a_test_that_passes_now_and_then_is_listed() -> None:
    assert expected.unsteady() <= {test for suite in table.SUITES for test in expected.listed(suite)}


def test_the_document_has_the_numbers_of_the_list() -> None:
    if os.environ.get("UPDATE_GOLDENS") == "1":
        table.keep()
    assert table.kept() == table.made(), "UPDATE_GOLDENS=1 writes it anew"

"""The marketplace that the tests of this folder share: one for all that do not break it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.marketplace import Marketplace, running_marketplace

_FOLDER = Path(__file__).parent
_OF_STAND_INS = {f"test_infra_{part}.py" for part in ("broker", "control", "processes", "refusals")}
"""The tests that start stand-ins of the services, by themselves (`infra_run.py`)."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests that share a marketplace in one process of a parallel run, and those of stand-ins in another."""
    for item in items:
        if item.path.is_relative_to(_FOLDER):
            item.add_marker(pytest.mark.xdist_group("stand-ins" if item.path.name in _OF_STAND_INS else "system"))


@pytest.fixture(scope="session")
def marketplace() -> Iterator[Marketplace]:
    """A marketplace on the embedded broker, shared by all tests of the session."""
    with running_marketplace() as running:
        yield running


@pytest.fixture(scope="session", params=["embedded", pytest.param("apache", marks=pytest.mark.slow)])
def any_kafka(request: pytest.FixtureRequest) -> Iterator[Marketplace]:
    """A marketplace on each Kafka that it can start."""
    if request.param == "embedded":
        yield request.getfixturevalue("marketplace")
    else:
        with running_marketplace("--kafka", request.param) as running:
            yield running

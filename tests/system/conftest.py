"""The marketplace that the tests of this folder share: one for all that do not break it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.marketplace import Marketplace, running_marketplace

_FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the system tests in one process of a parallel run: each of them needs the machine for itself."""
    for item in items:
        if item.path.is_relative_to(_FOLDER):
            item.add_marker(pytest.mark.xdist_group("system"))


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

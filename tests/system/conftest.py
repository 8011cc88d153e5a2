"""The marketplace that the tests of this folder share: one for all that do not break it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.system.marketplace import Marketplace, running_marketplace


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

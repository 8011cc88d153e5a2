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

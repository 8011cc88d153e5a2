"""A seller service over a database of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services_stub.seller.service import SERVICE
from tests.databases import each_database as each_database
from tests.unit.serving import Serving, serving


@pytest.fixture
def seller(tmp_path: Path) -> Iterator[Serving]:
    with serving(SERVICE, tmp_path) as running:
        yield running

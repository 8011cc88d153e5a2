"""A large index under live queries: every answer is right, before, while and after a rebuild. The bench measures it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from services_stub.contracts.http.product import ProductStates
from services_stub.search.service import search_service
from tests.bench.search_data import catalogue, queries
from tests.unit.runtime.sample_service import record_of
from tests.unit.search.test_rebuild import FakeLog, Shop
from tests.unit.serving import serving

PRODUCTS, QUERIES = 10_000, 60

pytestmark = pytest.mark.slow


class WholeLog(FakeLog):
    """A log that is read as fast as it can be."""

    def read(self, most: int, timeout: float) -> list[Any]:
        taken, self.records = self.records[:most], self.records[most:]
        return taken


def test_a_rebuild_of_a_large_index_under_live_queries_gives_no_wrong_and_no_empty_answer(tmp_path: Path) -> None:
    events = list(catalogue(PRODUCTS, 3))
    logs: list[FakeLog] = []
    with serving(search_service(lambda _settings: logs[-1]), tmp_path) as search:
        shop = Shop(search, logs)
        search.consume_records([record_of(event, offset=offset) for offset, event in enumerate(events)])
        path = "GET product /internal/products?after=&limit=1"
        search.peers.answers[path] = lambda _body: ProductStates(items=[], total=PRODUCTS)
        asked = [f"/api/search?{query.text}" for query in queries(QUERIES, 3)]
        expected = [search.request("GET", each).json() for each in asked]
        assert sum(bool(answer["items"]) for answer in expected) > QUERIES / 2
        wrong: list[str] = []
        rebuilt = threading.Event()

        def ask() -> None:
            while not rebuilt.is_set():
                for each, answer in zip(asked, expected, strict=True):
                    if search.request("GET", each).json() != answer:
                        wrong.append(each)

        asking = threading.Thread(target=ask)
        asking.start()
        # In another order than the first time, as the partitions of a log are read.
        ended = shop.rebuild(WholeLog(events[::2] + events[1::2]))
        rebuilt.set()
        asking.join()
        assert (ended["state"], ended["recordsRead"], wrong) == ("done", PRODUCTS, [])
        assert [search.request("GET", each).json() for each in asked] == expected

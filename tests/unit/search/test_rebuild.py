"""A rebuild: the old index answers until the new one has everything, and nothing that happens meanwhile is missed."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from services_stub.contracts.base import Event
from services_stub.contracts.events.product import ProductDeleted, ProductStatus, ProductUpdated
from services_stub.contracts.http.product import ProductState, ProductStates
from services_stub.contracts.money import money
from services_stub.runtime.errors import Unavailable
from services_stub.runtime.kafka.records import Record
from services_stub.search.service import search_service
from tests.unit.runtime.sample_service import record_of
from tests.unit.search.conftest import created
from tests.unit.serving import Serving, serving
from tests.waiting import wait_for

KETTLE, TEAPOT, CUP = created("p1", "Kettle"), created("p2", "Teapot"), created("p3", "Cup")


class FakeLog:
    """A log that is read one record at a time, and only as far as it is let."""

    def __init__(self, events: Sequence[Event], dropped: int = 0) -> None:
        self.records = [record_of(event, offset=offset) for offset, event in enumerate(events)]
        self.total, self.dropped = len(self.records), dropped
        self.allowed = threading.Semaphore(0)
        self.failure: Exception | None = None

    def let_through(self, count: int = 1000) -> None:
        """Let so many more reads go on."""
        self.allowed.release(count)

    @property
    def finished(self) -> bool:
        return not self.records

    def read(self, most: int, timeout: float) -> list[Record]:
        if not self.allowed.acquire(timeout=timeout):
            return []
        if self.failure is not None:
            raise self.failure
        taken, self.records = self.records[:1], self.records[1:]
        return taken

    def close(self) -> None:
        """Nothing is open."""


class Shop:
    """A search service whose rebuilds read logs that the test makes, beside a product service that it scripts."""

    def __init__(self, search: Serving, logs: list[FakeLog]) -> None:
        self.search, self._logs = search, logs

    def begin(self, log: FakeLog) -> None:
        self._logs.append(log)
        assert self.search.internal("POST", "/internal/rebuilds").status_code == 202

    def latest(self) -> dict[str, Any]:
        latest: dict[str, Any] = self.search.internal("GET", "/internal/rebuilds/latest").json()
        return latest

    def ended(self) -> dict[str, Any]:
        wait_for(lambda: self.latest()["state"] in ("done", "failed"))
        return self.latest()

    def rebuild(self, log: FakeLog) -> dict[str, Any]:
        self.begin(log)
        log.let_through()
        return self.ended()

    def found(self, query: str = "") -> list[str]:
        items = self.search.request("GET", f"/api/search?sort=name&q={query}").json()["items"]
        return [item["name"] for item in items]

    def product_knows(self, *states: ProductState, total: int | None = None) -> None:
        """Product answers with these products, two a page, and says that there are so many."""
        count = len(states) if total is None else total
        pages = [states[place : place + 2] for place in range(0, len(states), 2)]
        last = ""
        for page in [*pages, ()]:
            answer = ProductStates(items=list(page), total=count)
            for limit in (1, 500):
                path = f"GET product /internal/products?after={last}&limit={limit}"
                self.search.peers.answers[path] = lambda _body, answer=answer: answer  # type: ignore[misc]
            last = page[-1].product_id if page else last


@contextmanager
def shop_in(directory: Path) -> Iterator[Shop]:
    logs: list[FakeLog] = []
    with serving(search_service(lambda _settings: logs[-1]), directory) as running:
        yield Shop(running, logs)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with shop_in(tmp_path) as running:
        yield running


def state(product_id: str, name: str, *, version: int = 1, deleted: bool = False) -> ProductState:
    return ProductState(
        product_id=product_id,
        seller_id="s1",
        name=name,
        category="Things",
        description="",
        price=money("1.00"),
        currency="USD",
        quantity=1,
        status=ProductStatus.ACTIVE,
        version=version,
        deleted=deleted,
    )


def test_the_new_index_has_what_the_log_has_and_what_happened_meanwhile(shop: Shop) -> None:
    shop.search.consume(KETTLE, TEAPOT)
    shop.product_knows(total=3)
    log = FakeLog([KETTLE, TEAPOT, created("p2", "Teapot XL", version=2, kind=ProductUpdated)])
    shop.begin(log)
    log.let_through(1)
    wait_for(lambda: shop.latest()["recordsRead"] == 1)
    assert shop.found() == ["Kettle", "Teapot"]  # the old index, complete
    shop.search.consume(CUP, ProductDeleted(product_id="p1", seller_id="s1", version=2))
    assert shop.found() == ["Cup", "Teapot"]
    log.let_through()
    ended = shop.ended()
    assert (ended["state"], ended["records"], ended["recordsRead"], ended["products"]) == ("done", 3, 3, 2)
    assert shop.found() == ["Cup", "Teapot XL"]
    shop.search.consume(created("p2", "Teapot XXL", version=3, kind=ProductUpdated))
    assert shop.found("teapot") == ["Teapot XXL"]


def test_a_page_goes_on_in_the_new_index(shop: Shop) -> None:
    shop.search.consume(KETTLE, TEAPOT, CUP)
    shop.product_knows(total=3)
    path = "/api/search?q=things&limit=2"
    first = shop.search.request("GET", path).json()
    assert shop.rebuild(FakeLog([CUP, TEAPOT, KETTLE]))["state"] == "done"
    second = shop.search.request("GET", f"{path}&cursor={first['nextCursor']}").json()
    assert [item["name"] for item in first["items"] + second["items"]] == ["Cup", "Teapot", "Kettle"]


def test_what_the_broker_dropped_comes_from_product(shop: Shop) -> None:
    shop.search.consume(KETTLE)
    shop.product_knows(
        state("p1", "Kettle"), state("p2", "Teapot", version=7), state("p4", "", version=3, deleted=True)
    )
    log = FakeLog([created("p2", "Pot", version=6, kind=ProductUpdated), created("p4", "Old", version=2)], dropped=5)
    ended = shop.rebuild(log)
    assert (ended["state"], ended["recordsDropped"], ended["fromProduct"]) == ("done", 5, 3)
    assert shop.found() == ["Kettle", "Teapot"]
    shop.search.consume(created("p4", "Old", version=2))
    assert shop.found("old") == []


def test_a_log_that_tells_of_too_few_products_is_noticed(shop: Shop) -> None:
    """A broker that lost its log begins at its first offset again."""
    shop.product_knows(state("p1", "Kettle"), state("p2", "Teapot"))
    ended = shop.rebuild(FakeLog([TEAPOT]))
    assert (ended["state"], ended["recordsDropped"], ended["fromProduct"]) == ("done", 0, 2)
    assert shop.found() == ["Kettle", "Teapot"]


def test_without_product_a_complete_log_will_do(shop: Shop) -> None:
    shop.search.consume(KETTLE)
    ended = shop.rebuild(FakeLog([KETTLE]))
    assert (ended["state"], "not compared" in ended["detail"], shop.found()) == ("done", True, ["Kettle"])


@pytest.mark.parametrize(
    "log", [FakeLog([KETTLE, TEAPOT], dropped=1), FakeLog([KETTLE])], ids=["records dropped", "a product unheard of"]
)
def test_without_product_nothing_is_lost(shop: Shop, log: FakeLog) -> None:
    shop.search.consume(KETTLE, TEAPOT)
    ended = shop.rebuild(log)
    assert (ended["state"], "product cannot be asked" in ended["detail"]) == ("failed", True)
    assert shop.found() == ["Kettle", "Teapot"]
    shop.search.consume(CUP)
    assert shop.found() == ["Cup", "Kettle", "Teapot"]


def test_after_a_failure_the_old_index_answers_and_the_next_rebuild_works(shop: Shop) -> None:
    shop.search.consume(KETTLE)
    shop.product_knows(total=1)
    log = FakeLog([KETTLE, TEAPOT])
    log.failure = Unavailable("Kafka: away")
    ended = shop.rebuild(log)
    assert (ended["state"], ended["detail"], shop.found()) == ("failed", "Kafka: away", ["Kettle"])
    assert shop.rebuild(FakeLog([KETTLE]))["state"] == "done"
    assert shop.found() == ["Kettle"]


def test_a_rebuild_that_ended_with_its_process_is_given_up(tmp_path: Path) -> None:
    with shop_in(tmp_path) as shop:
        shop.search.consume(KETTLE)
        log = FakeLog([KETTLE, created("p1", "Kettle", version=2, kind=ProductUpdated)])
        shop.begin(log)
        log.let_through(1)
        wait_for(lambda: shop.latest()["recordsRead"] == 1)
    with shop_in(tmp_path) as shop:
        assert shop.search.internal("GET", "/internal/rebuilds/latest").status_code == 404
        assert shop.found() == ["Kettle"]
        shop.search.consume(TEAPOT)
        shop.product_knows(total=2)
        assert shop.rebuild(FakeLog([KETTLE, TEAPOT]))["state"] == "done"
        assert shop.found() == ["Kettle", "Teapot"]


def test_one_rebuild_at_a_time(shop: Shop) -> None:
    shop.product_knows(total=0)
    log = FakeLog([KETTLE])
    shop.begin(log)
    refused = shop.search.internal("POST", "/internal/rebuilds")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/rebuild-under-way")
    log.let_through()
    assert shop.ended()["state"] == "done"


def test_a_record_that_cannot_be_read_is_skipped_and_counted(shop: Shop) -> None:
    shop.product_knows(total=1)
    log = FakeLog([KETTLE, TEAPOT, created("p3", "Cup", quantity=2**64)])
    log.records[1] = Record("product-created", 0, 1, b"p2", b"{", [], 0)
    ended = shop.rebuild(log)
    assert (ended["state"], ended["skipped"], shop.found()) == ("done", 2, ["Kettle"])

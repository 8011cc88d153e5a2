"""A seller's products, sales and notices in memory, which change as the marketplace's do."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

import httpx
import msgspec

from services_stub.contracts.events.order import OrderItem, OrderPart, OrderStatus
from services_stub.contracts.events.product import ProductStatus
from services_stub.contracts.http.bulk import BulkChange, BulkLine, ChangePrices, TakeInStock
from services_stub.contracts.http.order import EndParts, Order
from services_stub.contracts.http.product import ChangeProduct, CreateProduct, Product
from services_stub.contracts.http.seller import (
    Dashboard,
    Sale,
    SaleCounts,
    SalesPage,
    SalesPoint,
    SellerSettings,
    StockNotice,
    StockNotices,
)
from services_stub.contracts.problem import problem
from services_stub.contracts.times import rfc3339
from services_stub.runtime import errors
from services_stub.runtime.http import decode_body
from tests.tui.fake_marketplace import FakeMarketplace, Refused, page_of
from tests.tui.running import NOW
from tests.tui.seller.samples import SELLER, notice, product, sale

Sent = TypeVar("Sent")

_PRODUCTS, _ORDERS, _SELLER = "/product-service/api/products", "/order-service/api/orders", "/seller-service/api"
_SOLD = (OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.DELIVERED)


def body_of(request: httpx.Request, kind: type[Sent]) -> Sent:
    """The body of a request; refused as by a service where it is not what the contract has."""
    try:
        body: Sent = decode_body(request.content, kind)
    except errors.Refused as refused:
        raise Refused(refused.problem) from refused
    return body


@dataclass
class SellerOfTests:
    """The products by id, the sales newest first, the notices by id, the threshold. `staleness` is in seconds."""

    products: dict[str, Product] = field(default_factory=dict)
    sales: list[Sale] = field(default_factory=list)
    notices: dict[str, StockNotice] = field(default_factory=dict)
    threshold: int = 3
    staleness: float | None = 0.0
    reasons: list[str] = field(default_factory=list)

    def answer(self, fake: FakeMarketplace) -> None:
        """Answer the requests of a seller."""
        self._answer_products(fake)
        fake.on("GET", f"{_SELLER}/dashboard", lambda request, _: self.dashboard(request.url.params["interval"]))
        fake.on("GET", "/order-service/api/seller/orders", lambda request, _: self._orders(request))
        fake.on("POST", f"{_ORDERS}/(.+)/ship", lambda _, match: self._move(match[1], OrderStatus.SHIPPED))
        fake.on("POST", f"{_ORDERS}/(.+)/deliver", lambda _, match: self._move(match[1], OrderStatus.DELIVERED))
        fake.on("POST", f"{_ORDERS}/(.+)/refund", lambda request, match: self._refund(match[1], request))
        fake.on("GET", f"{_SELLER}/notices", lambda _request, _match: self._notices())
        fake.on("POST", f"{_SELLER}/notices/(.+)/read", lambda _, match: self._read(match[1]))
        fake.on("POST", f"{_SELLER}/notices/read-all", lambda _request, _match: self._read_all())
        fake.on("GET", f"{_SELLER}/settings", lambda *_: SellerSettings(low_stock_threshold=self.threshold))
        fake.on("PUT", f"{_SELLER}/settings", lambda request, _match: self._set(request))
        fake.on("GET", "/notification-service/api/notifications", {"items": [], "unread": 3, "nextCursor": None})

    def _answer_products(self, fake: FakeMarketplace) -> None:
        fake.on("GET", "/product-service/api/seller/products", lambda request, _match: self._search(request))
        fake.on("POST", _PRODUCTS, lambda request, _match: self._create(request))
        fake.on("GET", f"{_PRODUCTS}/([^/]+)", lambda _request, match: self.products[match[1]])
        fake.on("PATCH", f"{_PRODUCTS}/([^/]+)", lambda request, match: self._change(match[1], request))
        fake.on("DELETE", f"{_PRODUCTS}/([^/]+)", lambda _request, match: self.products.pop(match[1]) and None)
        fake.on("POST", f"{_PRODUCTS}/bulk/prices", lambda request, _match: self._prices(request))
        fake.on("POST", f"{_PRODUCTS}/bulk/stock", lambda request, _match: self._stock(request))

    def edit(self, product_id: str, **fields: object) -> Product:
        """Change a product, as a person elsewhere or a sale does."""
        before = self.products[product_id]
        self.products[product_id] = msgspec.structs.replace(before, version=before.version + 1, **fields)
        return self.products[product_id]

    def dashboard(self, interval: str) -> Dashboard:
        """The sales in numbers."""
        by_status = {status: [one for one in self.sales if one.status == status] for status in OrderStatus}
        counts = SaleCounts(
            all=len(self.sales),
            open=len(by_status[OrderStatus.PENDING]),
            to_ship=len(by_status[OrderStatus.PAID]),
            **{status.lower(): len(found) for status, found in by_status.items() if status not in ("PENDING", "PAID")},
        )
        sold = [one for one in self.sales if one.status in _SOLD]
        start = slice(0, 10) if interval == "day" else slice(0, 13)
        rest = "T00:00:00Z" if interval == "day" else ":00:00Z"
        steps: dict[str, Decimal] = {}
        for one in sold:
            key = one.placed_at[start] + rest
            steps[key] = steps.get(key, Decimal(0)) + one.amount
        return Dashboard(
            seller_id=SELLER,
            currency="USD",
            revenue=sum((one.amount for one in sold), Decimal("0.00")),
            units=sum(one.units for one in sold),
            refunded=Decimal(0),
            counts=counts,
            series=[
                SalesPoint(start=key, sales=1, revenue=revenue, units=1, refunded=Decimal(0))
                for key, revenue in sorted(steps.items())
            ],
            top_products=[],
            sales=SalesPage(items=list(self.sales), position=1),
            read_up_to=rfc3339(NOW) if self.sales else None,
            staleness_seconds=self.staleness,
        )

    def order(self, order_id: str) -> Order:
        """A sale as the order service has it."""
        one = next(one for one in self.sales if one.order_id == order_id)
        items = [
            OrderItem(
                product_id=item.product_id,
                seller_id=SELLER,
                name=item.name,
                quantity=item.units,
                unit_price=item.amount / item.units,
            )
            for item in one.items
        ]
        return Order(
            order_id=order_id,
            user_id="u-ana",
            status=one.status,
            reason=one.status.lower(),
            items=items,
            amount=one.amount,
            currency="USD",
            payment_method="pm_card_visa",
            created_at=one.placed_at,
            updated_at=one.changed_at,
            parts=[OrderPart(seller_id=SELLER, status=one.status, amount=one.amount)],
        )

    def _orders(self, request: httpx.Request) -> object:
        status = request.url.params.get("status", "")
        return page_of([self.order(one.order_id) for one in self.sales if status in ("", one.status)])

    def _move(self, order_id: str, status: OrderStatus) -> Order:
        self.sales = [
            msgspec.structs.replace(one, status=status) if one.order_id == order_id else one for one in self.sales
        ]
        return self.order(order_id)

    def _refund(self, order_id: str, request: httpx.Request) -> Order:
        self.reasons.append(body_of(request, EndParts).reason)
        return self._move(order_id, OrderStatus.REFUNDING)

    def _search(self, request: httpx.Request) -> object:
        words = request.url.params.get("q", "").casefold()
        return page_of([one for one in self.products.values() if words in one.name.casefold()])

    def _create(self, request: httpx.Request) -> Product:
        body = body_of(request, CreateProduct)
        made = product(len(self.products) + 1, body.name, str(body.price), body.quantity)
        self.products = {made.product_id: made, **self.products}
        return made

    def _change(self, product_id: str, request: httpx.Request) -> Product:
        body = body_of(request, ChangeProduct)
        given = {name: value for name, value in msgspec.structs.asdict(body).items() if value is not msgspec.UNSET}
        version = given.pop("version", None)
        if version not in (None, self.products[product_id].version):
            raise Refused(problem(409, "version-conflict", "the product has another version by now"))
        return self.edit(product_id, **given)

    def _prices(self, request: httpx.Request) -> BulkChange:
        body = body_of(request, ChangePrices)
        if any(line.version not in (msgspec.UNSET, self.products[line.product_id].version) for line in body.lines):
            raise Refused(problem(409, "lines-refused", "1 of 2 lines cannot be carried out"))
        return self._bulk([(line.product_id, {"price": line.price}) for line in body.lines], dry_run=body.dry_run)

    def _stock(self, request: httpx.Request) -> BulkChange:
        body = body_of(request, TakeInStock)
        changes: list[tuple[str, dict[str, object]]] = [
            (line.product_id, {"quantity": self.products[line.product_id].quantity + line.units}) for line in body.lines
        ]
        return self._bulk(changes, dry_run=body.dry_run)

    def _bulk(self, changes: list[tuple[str, dict[str, object]]], *, dry_run: bool) -> BulkChange:
        lines = []
        for product_id, fields in changes:
            old = self.products[product_id]
            new = msgspec.structs.replace(old, version=old.version + 1, **fields)
            if not dry_run:
                self.products[product_id] = new
            lines.append(
                BulkLine(
                    product_id=product_id,
                    name=old.name,
                    old_price=old.price,
                    price=new.price,
                    old_quantity=old.quantity,
                    quantity=new.quantity,
                    version=new.version,
                )
            )
        return BulkChange(dry_run=dry_run, lines=lines)

    def _notices(self) -> StockNotices:
        found = list(self.notices.values())
        return StockNotices(items=found, unread=sum(not one.read for one in found))

    def _read(self, notice_id: str) -> StockNotice:
        self.notices[notice_id] = msgspec.structs.replace(self.notices[notice_id], read=True)
        return self.notices[notice_id]

    def _read_all(self) -> StockNotices:
        for notice_id in self.notices:
            self._read(notice_id)
        return self._notices()

    def _set(self, request: httpx.Request) -> SellerSettings:
        settings = body_of(request, SellerSettings)
        self.threshold = settings.low_stock_threshold
        return settings


def mara() -> SellerOfTests:
    """A seller with products, sales and notices."""
    hour, day = 60, 60 * 24
    products = [
        product(1, "Stoneware bowl", "18.50", 10, reserved=2),
        product(2, "Teapot", "47.00", 1),
        product(3, "Ramen bowl set of two", "31.90", 0),
        product(4, "Fake watch", "9.00", 5, ProductStatus.BLOCKED),
    ]
    sales = [
        sale(1, OrderStatus.PENDING, "Teapot", "47.00", 1),
        sale(2, OrderStatus.PAID, "Stoneware bowl", "37.00", 4, units=2),
        sale(3, OrderStatus.SHIPPED, "Ramen bowl set of two", "31.90", 2 * hour),
        sale(4, OrderStatus.PAID, "Teapot", "47.00", 9 * hour),
        sale(5, OrderStatus.DELIVERED, "Stoneware bowl", "74.00", 2 * day, units=4),
        sale(6, OrderStatus.FAILED, "Teapot", "47.00", 3 * day),
        sale(7, OrderStatus.DELIVERED, "Stoneware bowl", "18.50", 9 * day),
        sale(8, OrderStatus.DELIVERED, "Stoneware bowl", "185.00", 28 * day, units=10),
    ]
    notices = [
        notice(3, "Ramen bowl set of two", 0, 30),
        notice(2, "Teapot", 1, 2 * hour),
        notice(1, "Stoneware bowl", 3, 3 * day, read=True),
    ]
    return SellerOfTests(
        products={one.product_id: one for one in products},
        sales=sales,
        notices={one.notice_id: one for one in notices},
    )


def market_of(seller: SellerOfTests) -> FakeMarketplace:
    """A marketplace with this seller."""
    fake = FakeMarketplace()
    seller.answer(fake)
    return fake

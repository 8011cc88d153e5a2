"""A small catalogue, a cart and what else the screens of tests show."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import httpx
import msgspec

from services_stub.contracts.http.auth import SellerName
from services_stub.contracts.http.cart import AddToCart, Cart, CartLine, ChangeQuantity
from services_stub.contracts.http.search import (
    CategoryFacet,
    Facets,
    FoundProduct,
    Highlights,
    PriceFacet,
    SearchPage,
    SellerFacet,
    StockFacet,
    TextRange,
)
from tests.tui.fake_marketplace import FakeMarketplace

_TEXTS = {
    "Stoneware bowl": ("Kitchen", "18.50", 10, "Thrown by hand, 16 cm, dishwasher safe."),
    "Salad bowl, oak": ("Kitchen", "24.00", 3, "Oiled oak from one piece."),
    "Ramen bowl set of two": ("Kitchen", "31.90", 0, "Two bowls with two pairs of chopsticks."),
    "Desk lamp": ("Office", "49.00", 120, "Warm light, three joints."),
    "Garden hose": ("Garden", "1249.00", 7, "A very long one."),
}

PRODUCTS = [
    FoundProduct(
        product_id=f"p-{number}",
        seller_id="s-mara",
        name=name,
        category=category,
        description=description,
        price=Decimal(price),
        currency="USD",
        quantity=quantity,
        version=1,
        highlights=Highlights(name=[], description=[]),
    )
    for number, (name, (category, price, quantity, description)) in enumerate(_TEXTS.items(), 1)
]


def search_page(products: list[FoundProduct]) -> SearchPage:
    """A page with these products, and facets that fit them."""
    categories = Counter(product.category for product in products)
    facets = Facets(
        categories=[CategoryFacet(category=name, products=number) for name, number in categories.most_common()],
        sellers=[SellerFacet(seller_id="s-mara", products=len(products))],
        prices=[PriceFacet(min_price=Decimal(0), max_price=Decimal(25), products=2)] if products else [],
        stock=[StockFacet(in_stock=True, products=sum(product.quantity > 0 for product in products))],
    )
    return SearchPage(items=products, facets=facets, next_cursor=None)


def found(products: list[FoundProduct], text: str) -> list[FoundProduct]:
    """The products whose name contains a text, with it highlighted."""
    result = []
    for product in products:
        at = product.name.casefold().find(text.casefold())
        if at >= 0:
            ranges = [TextRange(start=at, end=at + len(text))] if text else []
            result.append(msgspec.structs.replace(product, highlights=Highlights(name=ranges, description=[])))
    return result


class CartOfTests:
    """A cart service in memory."""

    def __init__(self, products: list[FoundProduct]) -> None:
        self.quantities: dict[str, int] = {}
        self.prices = {product.product_id: product.price for product in products}
        self._products = {product.product_id: product for product in products}

    def cart(self) -> Cart:
        """The cart now."""
        lines = [self._line(self._products[key], quantity) for key, quantity in self.quantities.items() if quantity]
        return Cart(
            owner="ana", lines=lines, amount=sum((line.line_total for line in lines), Decimal(0)), currency="USD"
        )

    def answer(self, fake: FakeMarketplace) -> None:
        """Answer the requests of the cart."""
        base = "/cart-service/api/cart/public"
        fake.on("GET", base, lambda _request, _match: self.cart())
        fake.on("POST", f"{base}/add", lambda request, _match: self._add(request))
        fake.on("PUT", f"{base}/items/(.+)", lambda request, match: self._set(match[1], request))
        fake.on("DELETE", f"{base}/items/(.+)", lambda _request, match: self._set(match[1], None))

    def _add(self, request: httpx.Request) -> Cart:
        body = msgspec.json.decode(request.content, type=AddToCart)
        self.quantities[body.product_id] = self.quantities.get(body.product_id, 0) + body.quantity
        return self.cart()

    def _set(self, product_id: str, request: httpx.Request | None) -> Cart:
        quantity = 0 if request is None else msgspec.json.decode(request.content, type=ChangeQuantity).quantity
        self.quantities[product_id] = quantity
        return self.cart()

    def _line(self, product: FoundProduct, quantity: int) -> CartLine:
        return CartLine(
            product_id=product.product_id,
            seller_id=product.seller_id,
            name=product.name,
            quantity=quantity,
            unit_price=self.prices[product.product_id],
            available=product.quantity > 0,
            line_total=self.prices[product.product_id] * quantity,
        )


def shop(products: list[FoundProduct] | None = None) -> FakeMarketplace:
    """A marketplace with a catalogue, a cart and an empty inbox."""
    fake = FakeMarketplace()
    offered = PRODUCTS if products is None else products

    def search(request: httpx.Request, _match: object) -> SearchPage:
        text, category = request.url.params.get("q", ""), request.url.params.get("category", "")
        return search_page([one for one in found(offered, text) if category in ("", one.category)])

    fake.on("GET", "/search-service/api/search", search)
    CartOfTests(offered).answer(fake)
    fake.on("GET", "/auth-service/api/auth/sellers", [SellerName(seller_id="s-mara", name="Mara's pots")])
    fake.on("GET", "/notification-service/api/notifications", {"items": [], "unread": 1, "nextCursor": None})
    return fake

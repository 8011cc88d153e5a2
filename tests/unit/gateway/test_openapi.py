"""The merged OpenAPI document says what the gateway offers, and nothing else."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Annotated, Any

import msgspec
import pytest
from litestar import delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter
from openapi_spec_validator import validate

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.events.order import OrderStatus
from services_stub.contracts.http.order import Order, PlaceOrder
from services_stub.contracts.http.page import Page
from services_stub.contracts.money import LARGEST_AMOUNT
from services_stub.gateway.openapi import contract_schemas, merge
from services_stub.runtime.http import REFUSED, allow, allow_anyone, allow_internal
from services_stub.runtime.http_application import build_app

COMPONENTS = "#/components/schemas/"


class Local(msgspec.Struct):
    """A body that is no contract."""

    within: Order


@get("/api/orders", **allow("user", "admin"))
async def list_orders(
    limit: int = 20,
    min_price: Annotated[Decimal | None, Parameter(schema_extra={"type": "number", "maximum": 5})] = None,
    status: OrderStatus | None = None,
) -> Page[Order]:
    """The own orders.

    The newest first.
    """
    raise NotImplementedError


@post("/api/orders", summary="Order it", responses={409: REFUSED}, **allow("user"))
async def place_order(data: PlaceOrder, key: Annotated[str, Parameter(header="Idempotency-Key")]) -> Order:
    """Order it."""
    raise NotImplementedError


@delete("/api/orders/{order_id:str}", **allow_anyone())
async def forget(order_id: str) -> None:
    raise NotImplementedError


@get("/api/local", **allow_anyone())
async def local() -> Local:
    raise NotImplementedError


@get("/internal/secrets", **allow_internal())
async def secrets() -> Local:
    raise NotImplementedError


def _described(*routes: HTTPRouteHandler) -> dict[str, Any]:
    document: dict[str, Any] = build_app("x", routes).openapi_schema.to_schema()
    return document


@pytest.fixture(scope="module")
def merged() -> dict[str, Any]:
    every = (list_orders, place_order, forget, local, secrets)
    found: dict[str, Any] = json.loads(
        encode_json(merge({"order": _described(*every), "copy": _described(local), "gateway": _described(local)}))
    )
    return found


def test_it_is_valid(merged: dict[str, Any]) -> None:
    validate(merged)


def test_paths_are_those_of_the_gateway_and_internal_ones_are_left_out(merged: dict[str, Any]) -> None:
    assert list(merged["paths"]) == [
        "/api/local",
        "/copy-service/api/local",
        "/order-service/api/local",
        "/order-service/api/orders",
        "/order-service/api/orders/{orderId}",
    ]
    assert merged["paths"]["/order-service/api/orders/{orderId}"]["delete"]["parameters"][0]["name"] == "orderId"


def test_operations_are_named_after_their_service_and_handler(merged: dict[str, Any]) -> None:
    operations = [operation for path in merged["paths"].values() for operation in path.values()]
    assert [operation["operationId"] for operation in operations] == [
        "gatewayLocal",
        "copyLocal",
        "orderLocal",
        "orderListOrders",
        "orderPlaceOrder",
        "orderForget",
    ]
    assert {operation["tags"][0] for operation in operations} == {"gateway", "copy", "order"}


def test_operations_are_described_in_the_words_of_their_handler(merged: dict[str, Any]) -> None:
    listing = merged["paths"]["/order-service/api/orders"]["get"]
    placing = merged["paths"]["/order-service/api/orders"]["post"]
    forgetting = merged["paths"]["/order-service/api/orders/{orderId}"]["delete"]
    assert (listing["summary"], listing["description"]) == (
        "The own orders",
        "The own orders.\n\nThe newest first.",
    )
    assert (placing["summary"], placing.get("description")) == ("Order it", None)
    assert forgetting["summary"] == "Forget"


def test_who_may_call_is_said(merged: dict[str, Any]) -> None:
    orders = merged["paths"]["/order-service/api/orders"]
    assert orders["get"]["security"] == [{"bearer": ["admin", "user"]}]
    assert merged["paths"]["/api/local"]["get"]["security"] == [{}, {"bearer": []}]
    assert merged["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_every_refusal_is_a_problem_document_under_its_status(merged: dict[str, Any]) -> None:
    for path in merged["paths"].values():
        for operation in path.values():
            assert "default" not in operation["responses"]
            refusals = {status: each for status, each in operation["responses"].items() if status >= "4"}
            assert {"400", "401", "403", "429", "500", "503"} <= refusals.keys()
            assert all(each == {"$ref": "#/components/responses/Problem"} for each in refusals.values())
    orders = merged["paths"]["/order-service/api/orders"]
    assert {"409", "413"} <= orders["post"]["responses"].keys()
    assert {"409", "413"}.isdisjoint(orders["get"]["responses"])


def test_a_path_with_a_parameter_may_lead_nowhere(merged: dict[str, Any]) -> None:
    paths = {path: operations for path, operations in merged["paths"].items() if "{" in path}
    assert paths
    for path, operations in paths.items():
        assert [method for method, each in operations.items() if "404" not in each["responses"]] == [], path


def test_a_parameter_is_never_null(merged: dict[str, Any]) -> None:
    (limit, price, status) = merged["paths"]["/order-service/api/orders"]["get"]["parameters"]
    assert limit["schema"]["type"] == "integer"
    assert price["schema"] == {"type": "number", "maximum": 5}
    assert status["schema"] == {"$ref": COMPONENTS + "OrderStatus"}


def test_bodies_are_described_by_the_contracts(merged: dict[str, Any]) -> None:
    orders = merged["paths"]["/order-service/api/orders"]
    schemas = merged["components"]["schemas"]
    assert _schema(orders["get"]["responses"]["200"]) == COMPONENTS + "OrderPage"
    assert _schema(orders["post"]["requestBody"]) == COMPONENTS + "PlaceOrder"
    assert schemas["Order"]["properties"]["amount"] == {"type": "number"}
    assert schemas["PlaceOrder"]["properties"]["expectedAmount"]["maximum"] == LARGEST_AMOUNT
    assert schemas["PlaceOrder"]["additionalProperties"] is False
    assert schemas["OrderPage"]["properties"]["items"]["items"] == {"$ref": COMPONENTS + "Order"}


def test_a_body_that_is_no_contract_is_named_after_its_service(merged: dict[str, Any]) -> None:
    schemas = merged["components"]["schemas"]
    assert {"order_Local", "copy_Local", "gateway_Local"} <= set(schemas)
    assert schemas["order_Local"]["properties"]["within"] == {"$ref": COMPONENTS + "Order"}


def test_only_what_is_used_is_described(merged: dict[str, Any]) -> None:
    assert "Cart" in contract_schemas()
    assert "Cart" not in merged["components"]["schemas"]


def test_merging_again_changes_nothing() -> None:
    documents = {"order": _described(list_orders, place_order)}
    assert merge(documents) == merge(documents)


def _schema(holder: dict[str, Any]) -> str:
    reference: str = holder["content"]["application/json"]["schema"]["$ref"]
    return reference

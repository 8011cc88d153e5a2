"""The part of a request that goes on to a service."""

from __future__ import annotations

import itertools
from urllib.parse import unquote

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as some

from services_stub.contracts.envelope import is_sampled, is_traceparent
from services_stub.gateway.forwarding import (
    BadHeader,
    forwarded_headers,
    forwarded_path,
    is_own_path,
    returned_headers,
    service_of,
)

TRACEPARENT = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    ("path", "forwarded"),
    [
        ("/order-service/api/orders", "/api/orders"),
        ("/order-service/api/orders/0199-ab", "/api/orders/0199-ab"),
        ("/order-service/api/orders/", "/api/orders"),
        ("/cart-service/api/cart/public/add", "/api/cart/public/add"),
        ("/product-service/api/products/a.b..c", "/api/products/a.b..c"),
        ("/product-service/api/products/caf%C3%A9%20x%25", "/api/products/caf%C3%A9%20x%25"),
    ],
)
def test_api_paths_are_passed_on(path: str, forwarded: str) -> None:
    assert service_of(path.encode()) == path.encode().split(b"-")[0][1:]
    assert forwarded_path(path.encode()) == forwarded


@pytest.mark.parametrize(
    "path",
    [
        "/order-service",
        "/order-service/",
        "/order-service/api",
        "/order-service/api/",
        "/order-service/health/ready",
        "/order-service/internal/orders/known",
        "/order-service//api/orders",
        "/order-service/api//orders",
        "/order-service/apix/orders",
        "/order-service/API/orders",
        "/order-service/api/../internal/orders/known",
        "/order-service/api/./orders",
        "/order-service/api/..",
        "/order-service/api/orders/..",
        "/order-service/api/%2e%2e/internal/orders/known",
        "/order-service/api/%2E./internal/orders/known",
        "/order-service/api/.%2e/internal/orders/known",
        "/order-service/api/..%2finternal/orders/known",
        "/order-service/api/..%5cinternal",
        "/order-service/api/..\\internal",
        "/order-service/api\\..\\internal",
        "/order-service/api/orders%2fx",
        "/order-service/api/orders%00",
        "/order-service/api/orders%0d%0aX-Internal-Token:x",
        "/order-service/api/orders%7f",
        "/order-service/api/orders%",
        "/order-service/api/orders%zz",
        "/order-service/api/orders?x",
        "/order-service/api/orders#x",
        "/order-service/api/orders\t/x",
        "/order-service/api/or ders",
        "/order-service/api/ördërs",
        "//order-service/api/orders",
        "/x/order-service/api/orders",
    ],
)
def test_everything_else_is_not(path: str) -> None:
    assert forwarded_path(path.encode()) is None


def test_other_paths_are_the_gateways_own() -> None:
    for path in (b"/", b"/health/ready", b"/api/stream", b"/order-services/api", b"/order/api", b"/order-servicex"):
        assert service_of(path) is None


_PARTS = ["a", "..", ".", "%2e", "%2E%2e", "%2f", "%5C", "\\", ";x", "%", "%25", "%252f", "", "..a", "\t", "@", "\r"]


@given(some.lists(some.sampled_from(_PARTS) | some.text(max_size=4), min_size=1, max_size=6).map("/".join))
def test_a_path_that_is_passed_on_means_the_same_to_the_server(rest: str) -> None:
    path = forwarded_path(f"/order-service/api/{rest}".encode())
    assert path is None or httptools.parse_url(path.encode()).path == path.encode()


def test_no_short_combination_of_tricks_leaves_the_api() -> None:
    for tricks in itertools.product(_PARTS, repeat=3):
        path = forwarded_path(f"/order-service/api/{'/'.join(tricks)}".encode())
        assert path is None or httptools.parse_url(path.encode()).path.startswith(b"/api/")


def _forwarded(*headers: tuple[bytes, bytes], sampled: bool = True) -> dict[str, str]:
    forwarded = forwarded_headers(headers, sampled=sampled)
    assert len(dict(forwarded)) == len(forwarded)
    return {name.decode(): value.decode() for name, value in forwarded}


def test_headers_of_the_caller_are_passed_on() -> None:
    forwarded = _forwarded(
        (b"authorization", b"Bearer token"),
        (b"idempotency-key", b"k"),
        (b"x-session-id", b"s"),
        (b"x-request-id", b"r"),
        (b"traceparent", TRACEPARENT),
        sampled=False,
    )
    assert forwarded == {
        "authorization": "Bearer token",
        "idempotency-key": "k",
        "x-session-id": "s",
        "x-request-id": "r",
        "traceparent": TRACEPARENT.decode(),
    }


def test_headers_of_the_connection_and_of_the_inside_are_not() -> None:
    dropped = (
        b"connection keep-alive proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade host "
        b"content-length expect x-internal-token x-gateway-token x-correlation-id"
    )
    forwarded = _forwarded(*((name, b"1") for name in dropped.split()))
    assert set(forwarded) == {"x-request-id", "traceparent"}


def test_headers_that_the_connection_nominates_are_dropped() -> None:
    headers = [(b"x-secret", b"1"), (b"x-other", b"2"), (b"connection", b"close, X-Secret")]
    assert set(_forwarded(*headers)) == {"x-other", "x-request-id", "traceparent"}


@pytest.mark.parametrize("value", [b"", b"x" * 129, b"with space", "ü".encode(), b"\x01"])
def test_a_request_id_that_is_none_is_replaced(value: bytes) -> None:
    request_id = _forwarded((b"x-request-id", value))["x-request-id"]
    assert len(request_id) == 36
    assert request_id != _forwarded((b"x-request-id", value))["x-request-id"]


@pytest.mark.parametrize("value", [None, b"garbage", b"00-" + b"0" * 32 + TRACEPARENT[35:], "ü".encode()])
@pytest.mark.parametrize("sampled", [True, False])
def test_a_trace_starts_here_where_none_came_in(value: bytes | None, sampled: bool) -> None:
    headers = [] if value is None else [(b"traceparent", value)]
    traceparent = _forwarded(*headers, sampled=sampled)["traceparent"]
    assert is_traceparent(traceparent)
    assert is_sampled(traceparent) is sampled


@pytest.mark.parametrize("path", ["/", "/docs", "/docs/docs.js", "/api/orders/a%20b/overview"])
def test_the_gateways_own_paths_are_plain(path: str) -> None:
    assert is_own_path(path.encode(), unquote(path))


@pytest.mark.parametrize(
    "path",
    [
        *("/internal", "/internal/openapi.json", "//internal/openapi.json", "/%2finternal/x", "/%69nternal/x"),
        *("/internal%2fx", "/docs//docs.js", "/docs/%2e%2e/internal", "/docs/%5cx", "/%00", "", "docs", "/docs/%zz"),
    ],
)
def test_nothing_inside_is_reached_by_another_spelling(path: str) -> None:
    assert not is_own_path(path.encode(), unquote(path))


def test_a_header_that_is_not_plain_text_is_named() -> None:
    with pytest.raises(BadHeader) as refused:
        _forwarded((b"idempotency-key", "ключ".encode()))
    assert refused.value.name == "idempotency-key"


def test_the_answer_loses_what_belongs_to_its_connection() -> None:
    headers = [(b"content-type", b"a/b"), (b"connection", b"close"), (b"content-length", b"9"), (b"set-cookie", b"a=1")]
    assert returned_headers([*headers, (b"transfer-encoding", b"chunked"), (b"set-cookie", b"b=2")], 3) == [
        (b"content-type", b"a/b"),
        (b"set-cookie", b"a=1"),
        (b"set-cookie", b"b=2"),
        (b"content-length", b"3"),
    ]

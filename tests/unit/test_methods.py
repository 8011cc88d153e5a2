"""No method on any path of any service is a failure of the server; a refused one says which methods there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from litestar import Litestar, get
from litestar.routes import HTTPRoute

from services_stub.infra.config.services import SERVICES
from services_stub.runtime.http import allow
from services_stub.runtime.http_application import build_app
from services_stub.runtime.settings import INTERNAL_TOKEN
from tests.unit.every_service import at_work, declared
from tests.unit.serving import THE_INTERNAL_TOKEN, Serving

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND")
INSIDE = {INTERNAL_TOKEN: THE_INTERNAL_TOKEN}
MADE_BY_LITESTAR = ["/internal/openapi.json", "/internal/docs", "/internal/docs/openapi.json", "/internal/docs/x"]


def methods_by_path(name: str) -> dict[str, set[str]]:
    """The declared methods of every path, with its parameters filled in."""
    found: dict[str, set[str]] = {"/health/live": {"GET"}, "/health/ready": {"GET"}, "/nothing": set()}
    found |= {path: {"GET"} for path in MADE_BY_LITESTAR}
    for route in declared(name).routes:
        for path in route.paths:
            filled = re.sub(r"\{\w+:int\}", "1", re.sub(r"\{\w+:str\}", "x", path))
            found.setdefault(filled, set()).update(route.http_methods)
    return found


def walk(running: Serving, path: str, allowed: set[str], headers: dict[str, str]) -> None:
    """Ask for `path` by every method: those that it has not are refused by their names."""
    for method in METHODS:
        response = running.request(method, path, headers=headers)
        asked = f"{method} {path}: {response.status_code} {response.text}"
        # 503: an answer that is composed of services needs one of them, and here there is none.
        assert response.status_code < 500 or response.status_code == 503, asked
        told = allowed | {"OPTIONS"} | ({"HEAD"} if "GET" in allowed else set())
        if method == "OPTIONS" and response.status_code == 204:
            # Litestar answers for its own path itself, and does not know that the server answers HEAD.
            unknown = {"HEAD"} if path.startswith("/internal/docs") else set()
            assert told - unknown <= set(response.headers["allow"].split(", ")) <= told, asked
        if response.status_code == 405:
            assert method not in allowed, asked
            assert set(response.headers["allow"].split(", ")) == told, asked
            assert response.headers["content-type"] == "application/problem+json", asked


@pytest.mark.slow
@pytest.mark.parametrize("name", SERVICES)
def test_no_method_on_any_path_is_a_failure_of_the_server(name: str, tmp_path: Path) -> None:
    with at_work(declared(name), tmp_path) as running:
        for path, allowed in methods_by_path(name).items():
            for asked in (path, f"{path}/" if path != "/" else path):
                walk(running, asked, allowed, {})
                walk(running, asked, allowed, INSIDE)


@pytest.mark.parametrize("name", SERVICES)
def test_options_tell_the_methods_and_show_internal_paths_to_services_alone(name: str, tmp_path: Path) -> None:
    with at_work(declared(name), tmp_path) as running:
        for path in methods_by_path(name):
            internal = path.startswith("/internal/")
            if name == "gateway" and internal:
                continue
            expected = 404 if path == "/nothing" else 204
            assert running.request("OPTIONS", path, headers=INSIDE).status_code == expected, path
            assert running.request("OPTIONS", path).status_code == (404 if internal else expected), path


@pytest.mark.parametrize("name", SERVICES)
def test_every_route_declares_who_may_call_it(name: str) -> None:
    app: Litestar = build_app(name, declared(name).routes)
    for route in app.routes:
        assert isinstance(route, HTTPRoute)
        for handler in route.route_handlers:
            assert handler.opt.get("access"), f"{sorted(handler.http_methods)} {route.path}"


def test_a_service_with_a_route_that_does_not_is_refused() -> None:
    @get("/api/open", **allow("user"))
    async def declaring() -> None:
        """Says who may call it."""

    @get("/api/forgotten")
    async def forgetful() -> None:
        """Does not."""

    build_app("test", [declaring])
    with pytest.raises(ValueError, match="test: no access is declared for /api/forgotten"):
        build_app("test", [declaring, forgetful])

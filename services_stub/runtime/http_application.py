"""The Litestar application of a service: its routes, those for OPTIONS, and none whose access is not declared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, Router, get, route
from litestar.datastructures import State
from litestar.enums import HttpMethod
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig

from services_stub.runtime import http


def build_app(service: str, routes: Sequence[HTTPRouteHandler], scope: http.RequestScope | None = None) -> Litestar:
    """The Litestar application of a service. Until `scope` is bound it only describes itself (OpenAPI).

    Raises:
        ValueError: a route does not declare who may call it.
    """
    undeclared = [path for route in routes if "access" not in route.opt for path in route.paths]
    if undeclared:
        raise ValueError(f"{service}: no access is declared for {', '.join(sorted(undeclared))}")
    request_scope = http.RequestScope() if scope is None else scope
    served = [*routes, openapi_document]
    return Litestar(
        # Those for OPTIONS come first: Litestar makes its own for a path whose first route is another.
        route_handlers=[*_options_routes(served), *served],
        before_request=request_scope.authorize,
        request_class=http.JsonRequest,
        response_class=http.JsonResponse,
        request_max_body_size=http.LARGEST_BODY,
        dependencies=request_scope.dependencies(),
        exception_handlers={HTTPException: http.on_http, Exception: http.on_error},
        openapi_config=OpenAPIConfig(
            title=service,
            version="1",
            # Litestar adds routes of its own below this path; no more of them than it must, and for no one outside.
            openapi_router=Router("/internal/docs", route_handlers=[], opt=http.allow_internal()["opt"]),
            enabled_endpoints=set(),
            use_handler_docstrings=True,
        ),
        logging_config=None,
    )


def _options_routes(routes: Sequence[HTTPRouteHandler]) -> list[HTTPRouteHandler]:
    """A route for OPTIONS on every path. Litestar would make its own, for which no access is declared."""
    by_path: dict[str, list[HTTPRouteHandler]] = {}
    for handler in routes:
        for path in handler.paths:
            by_path.setdefault(path, []).append(handler)
    return [_options_route(path, handlers) for path, handlers in by_path.items()]


def _options_route(path: str, handlers: Sequence[HTTPRouteHandler]) -> HTTPRouteHandler:
    """204 with the methods of `path`, for anyone; where all of them are internal, for other services alone."""
    methods = http.with_head({"OPTIONS"}.union(*(handler.http_methods for handler in handlers)))
    internal = all(http.INTERNAL in http.access_of(handler) for handler in handlers)
    access = http.allow_internal() if internal else http.allow_anyone()

    @route(path, http_method=[HttpMethod.OPTIONS], status_code=204, include_in_schema=False, **access)
    async def allowed_methods() -> Response[None]:
        """The methods that this path has, in the header Allow."""
        return Response(None, headers={"Allow": methods})

    return allowed_methods


@get("/internal/openapi.json", include_in_schema=False, **http.allow_internal())
async def openapi_document(request: Request[Any, Any, State]) -> Response[bytes]:
    """The OpenAPI document of this service alone."""
    return Response(msgspec.json.encode(request.app.openapi_schema.to_schema()), media_type="application/json")

"""Reports of requests: a handler says which flow a request is part of, and the application around it when it was asked.

What names no flow is not reported, so that reading the catalogue costs nothing.
"""

from __future__ import annotations

from contextvars import ContextVar

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from services_stub.contracts.envelope import Cause, is_sampled
from services_stub.contracts.events.trace import LONGEST_REQUEST_ID, RequestHop
from services_stub.runtime.clock import microseconds
from services_stub.runtime.hops import HopReporter

HOP_HEADER = "x-request-hop"
"""Of an answer, for the gateway: the correlation id, the request id and the path template of a sampled request."""

_causes: ContextVar[list[Cause] | None] = ContextVar("causes_of_the_request", default=None)


def belongs_to(cause: Cause) -> None:
    """Say that the request under way is part of the flow of `cause`: if its trace is sampled, it is reported."""
    causes = _causes.get()
    if causes is not None and is_sampled(cause.traceparent):
        causes.append(cause)


class ReportedRequests:
    """The application of `service` around `app` that reports the requests of flows."""

    def __init__(self, app: ASGIApp, service: str, hops: HopReporter) -> None:
        self._app, self._service, self._hops = app, service, hops

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, and report it to each flow that it named before its answer began."""
        causes: list[Cause] = []
        _causes.set(causes)
        started_at = microseconds()

        async def sending(message: Message) -> None:
            if causes and message["type"] == "http.response.start":
                path = scope.get("path_template", "")
                for cause in causes:
                    self._report(cause, scope["method"], path, message["status"], started_at)  # type: ignore[typeddict-item] # of HTTP
                header = f"{causes[0].correlation_id} {causes[0].causation_id[:LONGEST_REQUEST_ID]} {path}"
                if header.isascii() and header.isprintable():
                    message["headers"] = [*message["headers"], (HOP_HEADER.encode(), header.encode())]
            await send(message)

        await self._app(scope, receive, sending)

    def _report(self, cause: Cause, method: str, path: str, status: int, started_at: int) -> None:
        request = RequestHop(
            request_id=cause.causation_id[:LONGEST_REQUEST_ID],
            correlation_id=cause.correlation_id,
            method=method,
            path=path,
            status=status,
            caller="",
            callee=self._service,
            started_at=started_at,
            answered_at=microseconds(),
        )
        self._hops.report_request(request)

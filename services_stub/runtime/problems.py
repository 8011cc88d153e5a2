"""Errors as the answers that a caller gets: problem documents, for Litestar and for plain ASGI applications."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from litestar import Response

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.problem import MEDIA_TYPE, Problem, problem
from services_stub.runtime.errors import Refused, Unavailable
from services_stub.runtime.identifiers import new_id


def problem_response(refusal: Problem) -> Response[bytes]:
    """A problem document as a response."""
    headers = {"WWW-Authenticate": "Bearer"} if refusal.status == HTTPStatus.UNAUTHORIZED else {}
    if refusal.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = "1"
    return Response(encode_json(refusal.document()), status_code=refusal.status, media_type=MEDIA_TYPE, headers=headers)


def problem_for(error: Exception) -> Problem:
    """The problem document that tells the caller of a refusal, of something unavailable, or of a bug (both logged).

    The member `bug` is the number of a bug, under which it is in the log.
    """
    if isinstance(error, Refused):
        return error.problem
    if isinstance(error, Unavailable):
        structlog.get_logger().warning("unavailable", reason=str(error))
        return problem(503, "unavailable", "a part of the marketplace is away: try again in a moment")
    number = new_id()
    structlog.get_logger().error("a request failed by a bug", bug=number, exc_info=error)
    return problem(500, "internal-error", f"this is a bug: the log says more under {number}", bug=number)


def as_response(error: Exception) -> Response[bytes]:
    """The response to a request that failed by `error`."""
    return problem_response(problem_for(error))


def raw_answer(error: Exception) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
    """The same for a plain ASGI application: status, body and headers."""
    response = as_response(error)
    headers = {"content-type": str(response.media_type), **response.headers}
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return response.status_code or 500, response.content, [*pairs, length_of(response.content)]


def length_of(content: bytes) -> tuple[bytes, bytes]:
    """The header that tells the length of a body."""
    return b"content-length", str(len(content)).encode()

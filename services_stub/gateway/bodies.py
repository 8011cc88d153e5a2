"""The bodies of requests that are passed on: whole, and bounded."""

from __future__ import annotations

from litestar.types import HTTPScope, Receive

from services_stub.contracts.problem import Problem, problem
from services_stub.runtime.http import LARGEST_BODY


class NotPassedOn(Exception):
    """The request is refused here."""

    def __init__(self, refusal: Problem) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


TOO_LARGE = problem(413, "body-too-large", f"a body has at most {LARGEST_BODY} bytes")


async def whole_body(scope: HTTPScope, receive: Receive) -> bytes | None:
    """The whole body; None where the caller has gone.

    Raises:
        NotPassedOn: it is larger than `LARGEST_BODY`, or says that it will be.
    """
    for name, value in scope["headers"]:
        if name == b"content-length" and int(value) > LARGEST_BODY:
            raise NotPassedOn(TOO_LARGE)
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        return _checked(message.get("body", b""))
    collected = bytearray()
    while message["type"] == "http.request":
        collected += message.get("body", b"")
        if len(collected) > LARGEST_BODY:
            raise NotPassedOn(TOO_LARGE)
        if not message.get("more_body", False):
            return bytes(collected)
        message = await receive()
    return None


def _checked(body: bytes) -> bytes:
    if len(body) > LARGEST_BODY:
        raise NotPassedOn(TOO_LARGE)
    return body

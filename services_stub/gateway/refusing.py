"""Refusals of the gateway itself, as plain ASGI messages."""

from __future__ import annotations

from litestar.types import Message, Send

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.problem import MEDIA_TYPE, Problem
from services_stub.gateway.caching import NO_STORE

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""The methods that are passed on."""

RETRY_AFTER_SECONDS = 1


async def refuse(refusal: Problem, send: Send) -> None:
    """Answer with `refusal`; one that holds for a moment says for how long."""
    body = encode_json(refusal.document())
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", b"%d" % len(body)), NO_STORE]
    if refusal.status == 503 or refusal.code == "too-many-streams":
        headers.append((b"retry-after", b"%d" % RETRY_AFTER_SECONDS))
    if refusal.status == 405:
        headers.append((b"allow", ", ".join(sorted(METHODS)).encode()))
    start: Message = {"type": "http.response.start", "status": refusal.status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": body, "more_body": False})

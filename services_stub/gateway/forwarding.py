"""Decides what of a request goes on to a service: which path, which headers. Pure, and on the hottest path there is.

Only `/<name>-service/api/...` is passed on. A path is refused rather than repaired: what a service would read
differently than the gateway (dot segments, encoded slashes, backslashes, empty segments) could name a route that is
not for the outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from services_stub.contracts.envelope import is_traceparent, new_traceparent
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.request_hops import HOP_HEADER

RawHeaders = Sequence[tuple[bytes, bytes]]

LONGEST_REQUEST_ID = 128

_SEGMENT = rb"/[A-Za-z0-9_~!$&'()*+,;=:@%-][A-Za-z0-9_~!$&'()*+,;=:@%.-]*"
_PATH = re.compile(rb"/([a-z]+)-service(/api(?:" + _SEGMENT + rb")+)/?")
_OWN_PATH = re.compile(rb"/|(?:" + _SEGMENT + rb")+/?")
_SERVICE = re.compile(rb"/([a-z]+)-service(?:/|$)")
_ESCAPES = re.compile(rb"%(?:([0-9A-Fa-f]{2})|)")
_FORBIDDEN_ESCAPES = frozenset(b"/\\.\x7f") | frozenset(range(32))
_REQUEST_ID = re.compile(rb"[\x21-\x7e]{1,%d}" % LONGEST_REQUEST_ID)

_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_NOT_FORWARDED = _HOP_BY_HOP | {
    b"host",
    b"content-length",
    b"expect",
    # Only services may name the flow, and only they have the tokens.
    b"x-internal-token",
    b"x-gateway-token",
    b"x-correlation-id",
    # Written anew below.
    b"x-request-id",
    b"traceparent",
}
_NOT_RETURNED = _HOP_BY_HOP | {
    b"content-length",
    b"date",
    b"server",
    b"x-content-type-options",
    HOP_HEADER.encode(),
}


class BadHeader(ValueError):
    """A header cannot be passed on."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


def service_of(raw_path: bytes) -> bytes | None:
    """The name in front of `-service`, or None where the path is the gateway's own."""
    match = _SERVICE.match(raw_path)
    return match[1] if match else None


def is_own_path(raw_path: bytes, path: str) -> bool:
    """Whether a path may be one of the gateway's own routes that are for the outside; `path` is the decoded one."""
    if path.startswith("/internal") or _OWN_PATH.fullmatch(raw_path) is None:
        return False
    return b"%" not in raw_path or all(_is_harmless(escape) for escape in _ESCAPES.finditer(raw_path))


def forwarded_path(raw_path: bytes) -> str | None:
    """The path at the service, or None where the path must not be passed on."""
    match = _PATH.fullmatch(raw_path)
    if match is None:
        return None
    path = match[2]
    if b"%" in path and not all(_is_harmless(escape) for escape in _ESCAPES.finditer(path)):
        return None
    return path.decode("ascii")


def forwarded_headers(headers: RawHeaders, *, sampled: bool) -> list[tuple[bytes, bytes]]:
    """The headers for the service, with a request id and a trace context where the caller gave no valid ones.

    Raises:
        BadHeader: a header is not plain text.
    """
    forwarded: list[tuple[bytes, bytes]] = []
    request_id = b""
    traceparent = ""
    nominated: set[bytes] = set()
    for name, value in headers:
        if name not in _NOT_FORWARDED:
            if not value.isascii():
                raise BadHeader(name.decode("latin-1"), "not plain text")
            forwarded.append((name, value))
        elif name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            request_id = value
        elif name == b"traceparent":
            traceparent = value.decode("latin-1")
        elif name == b"connection" and value.lower() not in (b"keep-alive", b"close"):
            nominated.update(token.strip().lower() for token in value.split(b","))
    if nominated:
        forwarded = [(name, value) for name, value in forwarded if name not in nominated]
    if not is_traceparent(traceparent):
        traceparent = new_traceparent(sampled=sampled)
    forwarded.append((b"x-request-id", request_id or new_id().encode()))
    forwarded.append((b"traceparent", traceparent.encode()))
    return forwarded


def returned_headers(headers: Iterable[tuple[bytes, bytes]], length: int) -> list[tuple[bytes, bytes]]:
    """The headers of the answer for the caller."""
    returned = [header for header in headers if header[0] not in _NOT_RETURNED]
    returned.append((b"content-length", b"%d" % length))
    return returned


def _is_harmless(escape: re.Match[bytes]) -> bool:
    digits = escape[1]
    return digits is not None and int(digits, 16) not in _FORBIDDEN_ESCAPES

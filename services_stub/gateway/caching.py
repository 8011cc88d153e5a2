"""Caching of answers: catalogue reads carry an ETag and are answered with 304 where a client has them, all else is not.

The tag is the hash of the content, so that it is right whichever way a product changed. A cache asks each time, because
prices and stock change at any moment.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b

RawHeaders = Sequence[tuple[bytes, bytes]]

NO_STORE = (b"cache-control", b"no-store")

_CATALOGUE = {
    b"product": re.compile(r"/api/(?:products(?:/[^/]+)?|categories)"),
    b"search": re.compile(r"/api/search"),
}
_TAG = re.compile(rb'(?:W/)?("[^"]*")')


def is_catalogue(service: bytes, method: str, path: str) -> bool:
    """Whether a request reads what all shoppers see alike."""
    pattern = _CATALOGUE.get(service)
    return pattern is not None and method == "GET" and pattern.fullmatch(path) is not None


def caching_headers(request_headers: RawHeaders, content: bytes) -> tuple[list[tuple[bytes, bytes]], bool]:
    """The headers of a catalogue read that was answered with `content`, and whether the client has it already.

    A product that is not for sale is shown to its seller, so an answer to a token is for its sender alone.
    """
    tag = b'"%s"' % blake2b(content, digest_size=12).hexdigest().encode()
    wanted, signed = [], False
    for name, value in request_headers:
        if name == b"if-none-match":
            wanted.append(value)
        elif name == b"authorization":
            signed = True
    scope = b"private, no-cache" if signed else b"public, no-cache"
    headers = [(b"etag", tag), (b"cache-control", scope), (b"vary", b"Authorization")]
    known = any(value.strip() == b"*" or tag in _TAG.findall(value) for value in wanted)
    return headers, known

"""A script of the store, and its calls as they go over the wire."""

from __future__ import annotations

import hashlib


class Script:
    """A script under the name that the server gives it, and its calls in the wire's form (RESP 2)."""

    def __init__(self, source: str) -> None:
        self.source = source.encode()
        name = hashlib.sha1(self.source, usedforsecurity=False).hexdigest()
        self._head = f"$7\r\nEVALSHA\r\n${len(name)}\r\n{name}\r\n"

    def call(self, keys: tuple[str, ...], *arguments: str) -> bytes:
        """The call, ready to be sent."""
        words = [f"*{3 + len(keys) + len(arguments)}\r\n{self._head}$1\r\n{len(keys)}\r\n"]
        for word in (*keys, *arguments):
            words.append(f"${len(word) if word.isascii() else len(word.encode())}\r\n{word}\r\n")
        return "".join(words).encode()

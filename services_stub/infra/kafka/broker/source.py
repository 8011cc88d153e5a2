"""The text of a function while it is made from a message definition."""

from __future__ import annotations

import struct
from typing import Any

from services_stub.infra.kafka.broker.definitions import Definition, Field, within

FORMATS = {"bool": "?", "int8": "b", "int16": "h", "int32": "i", "int64": "q", "uuid": "16s"}


class Source:
    """Lines at their indentation, names that are used once, and the run of fixed fields that is still open.

    A run becomes one call of `struct`; it ends wherever the place of the next field depends on a length.
    """

    def __init__(self, definition: Definition, version: int, head: str) -> None:
        self.version = version
        self.flexible = version >= definition.flexible
        self.constants: dict[str, Any] = {}
        self.run: list[tuple[str, str]] = []
        self._lines = [head]
        self._depth = 1
        self._names = 0

    def name(self) -> str:
        """A new name."""
        self._names += 1
        return f"v{self._names}"

    def line(self, text: str) -> None:
        """Add a line."""
        self._lines.append("    " * self._depth + text)

    def begin(self, text: str) -> None:
        """Add a line that opens a block."""
        self.line(text)
        self._depth += 1

    def end(self) -> None:
        """Close the block."""
        self._depth -= 1

    def structure(self, formats: str, method: str) -> str:
        """The name of a method of a `struct.Struct` (pack, unpack_from)."""
        name = f"{method}_{formats.replace('?', '_')}"
        self.constants[name] = getattr(struct.Struct(f">{formats}"), method)
        return name

    def text(self) -> tuple[str, dict[str, Any]]:
        """The whole text, and what it needs."""
        return "\n".join(self._lines) + "\n", self.constants

    def present(self, fields: tuple[Field, ...]) -> list[Field]:
        """The fields that this version has.

        Tagged ones (KIP-482) are passed over and never written: nothing that the broker has is in them.
        """
        return [
            field for field in fields if within(self.version, field.versions) and not within(self.version, field.tagged)
        ]

    def nullable(self, field: Field) -> bool:
        """Whether a field may be null in this version."""
        return within(self.version, field.nullable)

"""The text of a function while it is made from a message definition."""

from __future__ import annotations

import struct
from typing import Any

from services_stub.infra.kafka.broker.definitions import Definition, Field, within

FORMATS = {
    "bool": "?",
    "int8": "b",
    "int16": "h",
    "uint16": "H",
    "int32": "i",
    "uint32": "I",
    "int64": "q",
    "float64": "d",
}
FORMATS["uuid"] = "16s"


class Source:
    """Lines at their indentation, names that are used once, and the run of fixed fields that is still open.

    A run becomes one call of `struct`; it ends wherever the place of the next field depends on a length.
    """

    def __init__(self, definition: Definition, version: int, head: str) -> None:
        self.version = version
        self.flexible = version >= definition.flexible
        self.constants: dict[str, Any] = {}
        self._lines = [head]
        self._depth = 1
        self._names = 0
        self.run: list[tuple[str, str]] = []

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

    def structure(self, formats: str, method: str) -> tuple[str, int]:
        """The name of a method of a `struct.Struct` (pack, unpack_from), and how many bytes it takes."""
        made = struct.Struct(f">{formats}")
        name = f"{method}_{formats.replace('?', '_')}"
        self.constants[name] = getattr(made, method)
        return name, made.size

    def text(self) -> tuple[str, dict[str, Any]]:
        """The whole text, and what it needs."""
        return "\n".join(self._lines) + "\n", self.constants

    def present(self, fields: tuple[Field, ...]) -> tuple[list[Field], list[Field]]:
        """The fields that this version has: those in their order, and the tagged ones."""
        here = [field for field in fields if within(self.version, field.versions)]
        tagged = [field for field in here if within(self.version, field.tagged)]
        return [field for field in here if field not in tagged], sorted(tagged, key=lambda field: field.tag)

    def nullable(self, field: Field) -> bool:
        """Whether a field may be null in this version."""
        return within(self.version, field.nullable)

"""The text of a function that reads one message: `decode(d, p, e)` reads `d` from `p`, and must end at `e` at most."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from services_stub.infra.kafka.broker.definitions import Definition, Field
from services_stub.infra.kafka.broker.source import FORMATS, Source

LONGEST_ARRAY = 100_000
"""Elements. An element can be a single byte on the wire and hundreds in memory."""


_REMEMBERED = 512
_LONG = 100
"""As many elements are not remembered, so that memory is bounded."""


def decoder_source(definition: Definition, version: int) -> tuple[str, dict[str, Any]]:
    """The text, and the constants that it needs."""
    made = _Decoder(definition, version, "def decode(d, p, e):")
    value = made.structure_of(definition.fields)
    made.line("if p > e: raise Malformed('the message ends too early')")
    made.line(f"return {value}, p")
    return made.text()


class _Decoder(Source):
    """Lengths are read with the fixed fields before them; bytes beyond the end are found by the reads that follow."""

    def structure_of(self, fields: tuple[Field, ...]) -> str:
        """Read a structure; the name that then has it as a dict."""
        values = [f"{field.name!r}: {self._value(field)}" for field in self.present(fields)]
        self._flush()
        if self.flexible:
            self.line("p = skip_tags(d, p) if d[p] else p + 1")
        name = self.name()
        self.line(f"{name} = {{{', '.join(values)}}}")
        return name

    def _value(self, field: Field) -> str:
        """Read a field; the name that has it once the run is flushed."""
        if field.type.startswith("[]"):
            return self._array(field)
        name = self.name()
        if field.type in FORMATS:
            self.run.append((name, FORMATS[field.type]))
            return name
        size, end = self._length("h" if field.type == "string" else "i"), self.name()
        taken = {"string": f"d[p:{end}].decode()", "bytes": f"d[p:{end}]", "records": f"memoryview(d)[p:{end}]"}
        self._otherwise_null(field, name, size)
        self.line(f"{end} = p + {size}")
        self.line(f"{name} = {taken[field.type]}")
        self.line(f"p = {end}")
        self.end()
        return name

    def _array(self, field: Field) -> str:
        name, size = self.name(), self._length("i")
        self._otherwise_null(field, name, size)
        self.line(f"if {size} > {LONGEST_ARRAY}: _wrong({field.name!r})")
        kind = field.type[2:]
        if kind in FORMATS:
            self.line(f"{name} = list(struct.unpack_from(f'>{{{size}}}{FORMATS[kind]}', d, p))")
            self.line(f"p += {struct.calcsize('>' + FORMATS[kind])} * {size}")
        elif formats := self._fixed(field.fields):
            width, rows = struct.calcsize(">" + "".join(formats.values())), self.name()
            self.constants[rows] = _rows(formats)
            self.line(f"{name} = ({rows} if {size} < {_LONG} else {rows}.__wrapped__)(d[p : p + {width} * {size}])")
            self.line(f"p += {width} * {size}")
        else:
            self.line(f"{name} = []")
            self.begin(f"for _ in range({size}):")
            inner = Field(field.name, kind, field.versions)
            element = self.structure_of(field.fields) if kind == "struct" else self._value(inner)
            self.line(f"{name}.append({element})")
            self.end()
        self.end()
        return name

    def _fixed(self, fields: tuple[Field, ...]) -> dict[str, str]:
        """The formats of the fields of a structure that always has the same length (Fetch's partitions), or nothing."""
        formats = {field.name: FORMATS.get(field.type, "") for field in self.present(fields)}
        return formats if all(formats.values()) and not self.flexible else {}

    def _length(self, width: str) -> str:
        name = self.name()
        if not self.flexible:
            self.run.append((name, width))
            self._flush()
            return name
        self._flush()
        self.line(f"{name} = d[p]")
        self.line(f"if {name} < 128: p += 1")
        self.line(f"else: {name}, p = read_uvarint(d, p)")
        self.line(f"{name} -= 1")
        return name

    def _otherwise_null(self, field: Field, name: str, size: str) -> None:
        """Open the block for a value that is there; before it stands what is done with one that is null."""
        self.line(f"if {size} < 0: {name} = " + ("None" if self.nullable(field) else f"_wrong({field.name!r})"))
        self.begin("else:")

    def _flush(self) -> None:
        if self.run:
            formats = "".join(width for _, width in self.run)
            unpack = self.structure(formats, "unpack_from")
            self.line(f"{', '.join(name for name, _ in self.run)}, = {unpack}(d, p)")
            self.line(f"p += {struct.calcsize('>' + formats)}")
            self.run.clear()


def _rows(formats: dict[str, str]) -> Callable[[bytes], list[dict[str, Any]]]:
    """A function that reads structures of one length. Nothing that it gives may be changed.

    A consumer asks with nearly the same bytes again and again (Fetch), so what was read last is kept; `__wrapped__`
    keeps nothing.
    """
    read = struct.Struct(">" + "".join(formats.values())).iter_unpack
    made = ", ".join(f"{name!r}: {name}" for name in formats)
    return lru_cache(_REMEMBERED)(eval(f"lambda d: [{{{made}}} for {', '.join(formats)}, in read(d)]", {"read": read}))

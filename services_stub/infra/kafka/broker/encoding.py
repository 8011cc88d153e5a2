"""The text of a function that writes one message: `encode(m, out)` calls `out` with the parts of `m` in their order."""

from __future__ import annotations

from typing import Any

from services_stub.infra.kafka.broker.definitions import Definition, Field
from services_stub.infra.kafka.broker.source import FORMATS, Source


def encoder_source(definition: Definition, version: int) -> tuple[str, dict[str, Any]]:
    """The text, and the constants that it needs."""
    made = _Encoder(definition, version, "def encode(m, out):")
    made.structure_of(definition.fields, "m")
    made.flush()
    return made.text()


class _Encoder(Source):
    """Lengths are written with the fixed fields before them."""

    def structure_of(self, fields: tuple[Field, ...], value: str) -> None:
        """Write a dict that has this name."""
        get = self.name()
        self.line(f"{get} = {value}.get")
        for field in self.present(fields):
            self._value(field, f"{get}({field.name!r}, {field.value_when_absent()!r})")
        if self.flexible:
            self.run.append(("0", "b"))  # tagged fields: none

    def flush(self) -> None:
        """Write the run."""
        if self.run:
            pack = self.structure("".join(width for _, width in self.run), "pack")
            self.line(f"out({pack}({', '.join(value for value, _ in self.run)}))")
            self.run.clear()

    def _value(self, field: Field, expression: str) -> None:
        if field.type in FORMATS:
            self.run.append((expression, FORMATS[field.type]))
            return
        name = self.name()
        self.line(f"{name} = {expression}")
        if field.type.startswith("[]"):
            self._array(field, name)
        elif field.type == "records":
            self._records(name)
        else:
            self._text(field, name)

    def _text(self, field: Field, name: str) -> None:
        if field.type == "string":
            unless = f"None if {name} is None else " if self.nullable(field) else ""
            self.line(f"{name} = {unless}{name}.encode()")
        self._length(field, name, "h" if field.type == "string" else "i")
        self.line(f"if {name}: out({name})")

    def _records(self, name: str) -> None:
        """Records are bytes, a view of them, or a list of both; null is written as zero bytes of records."""
        parts, size = self.name(), self.name()
        self.line(f"{parts} = {name} if {name}.__class__ is list else (({name},) if {name} else ())")
        self.line(f"{size} = sum(map(len, {parts}))")
        self._count(size, "i")
        self.line(f"for {name} in {parts}: out({name})")

    def _array(self, field: Field, name: str) -> None:
        self._length(field, name, "i")
        kind = field.type[2:]
        if kind in FORMATS:
            self.line(f"if {name}: out(struct.pack(f'>{{len({name})}}{FORMATS[kind]}', *{name}))")
            return
        element = self.name()
        self.begin(f"for {element} in {name} or ():")
        if kind == "struct":
            self.structure_of(field.fields, element)
        else:
            self._value(Field(field.name, kind, field.versions), element)
        self.flush()
        self.end()

    def _length(self, field: Field, name: str, width: str) -> None:
        self._count(f"(-1 if {name} is None else len({name}))" if self.nullable(field) else f"len({name})", width)

    def _count(self, size: str, width: str) -> None:
        if self.flexible:
            self.flush()
            self.line(f"out(uvarint({size} + 1))")
        else:
            self.run.append((size, width))
            self.flush()

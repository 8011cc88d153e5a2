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
        plain, tagged = self.present(fields)
        get = self.name()
        self.line(f"{get} = {value}.get")
        for field in plain:
            self._value(field, f"{get}({field.name!r}, {field.value_when_absent()!r})")
        if not self.flexible:
            return
        self.flush()
        if tagged:
            self._tags(tagged, get)
        else:
            self.line("out(b'\\0')")

    def _tags(self, tagged: list[Field], get: str) -> None:
        """Write the tagged fields that differ from what they are when they are absent."""
        parts, written, before = self.name(), self.name(), self.name()
        self.line(f"{parts}, {before} = [], out")
        for field in tagged:
            value = self.name()
            self.line(f"{value} = {get}({field.name!r}, {field.value_when_absent()!r})")
            self.begin(f"if {value} != {field.value_when_absent()!r}:")
            self.line(f"{written} = []")
            self.line(f"out = {written}.append")
            self._value(field, value)
            self.flush()
            self.line(f"{written} = b''.join({written})")
            self.line(f"{parts} += (uvarint({field.tag}), uvarint(len({written})), {written})")
            self.end()
        self.line(f"out = {before}")
        self.line(f"out(uvarint(len({parts}) // 3))")
        self.line(f"out(b''.join({parts}))")

    def _value(self, field: Field, expression: str) -> None:
        if field.type in FORMATS:
            self.run.append((expression, FORMATS[field.type]))
            return
        name = self.name()
        self.line(f"{name} = {expression}")
        if field.type.startswith("[]"):
            self._array(field, name)
        elif field.type == "struct":
            self._structure(field, name)
        elif field.type == "records":
            self._records(name)
        else:
            self._text(field, name)

    def _text(self, field: Field, name: str) -> None:
        if field.type == "string":
            encoded = f"{name}.encode()"
            self.line(
                f"{name} = None if {name} is None else {encoded}" if self.nullable(field) else f"{name} = {encoded}"
            )
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
        if kind in FORMATS and kind != "uuid":
            self.line(f"if {name}: out(pack(f'>{{len({name})}}{FORMATS[kind]}', *{name}))")
            return
        element = self.name()
        self.begin(f"for {element} in {name} or ():")
        if kind == "struct":
            self.structure_of(field.fields, element)
        else:
            self._value(Field(field.name, kind, field.versions), element)
        self.flush()
        self.end()

    def _structure(self, field: Field, name: str) -> None:
        if not self.nullable(field):
            self.structure_of(field.fields, f"({name} or {{}})")
            return
        self.flush()
        self.begin(f"if {name} is None:")
        self.line("out(b'\\xff')")
        self.end()
        self.begin("else:")
        self.line("out(b'\\1')")
        self.structure_of(field.fields, name)
        self.flush()
        self.end()

    def _length(self, field: Field, name: str, width: str) -> None:
        if self.nullable(field):
            size = self.name()
            self.line(f"{size} = -1 if {name} is None else len({name})")
            self._count(size, width)
        else:
            self._count(f"len({name})", width)

    def _count(self, size: str, width: str) -> None:
        if self.flexible:
            self.flush()
            self.line(f"out(uvarint({size} + 1))")
        else:
            self.run.append((size, width))
            self.flush()

    def flush(self) -> None:
        """Write the run."""
        if self.run:
            packing, _ = self.structure("".join(width for _, width in self.run), "pack")
            self.line(f"out({packing}({', '.join(value for value, _ in self.run)}))")
            self.run.clear()

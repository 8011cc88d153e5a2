"""The fields of a message of Kafka's protocol one by one, with their places: the walk of `kafka_frames`."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

from services_stub.infra.kafka.broker import records
from services_stub.infra.kafka.broker.codec import Malformed, read_uvarint
from services_stub.infra.kafka.broker.decoding import LONGEST_ARRAY
from services_stub.infra.kafka.broker.definitions import Field, within
from services_stub.infra.kafka.broker.source import FORMATS

_SHOWN_BYTES = 8
_SHOWN_TEXT = 200


class Line(NamedTuple):
    """A field: where its bytes begin, the first of them, how deep it lies, and its name and value.

    A wrong one says what was expected.
    """

    offset: int
    data: bytes
    depth: int
    text: str
    wrong: bool = False

    def __str__(self) -> str:
        shown = self.data[:_SHOWN_BYTES].hex(" ") + (".." if len(self.data) > _SHOWN_BYTES else "")
        return f"{'!' if self.wrong else ' '} {self.offset:>6}  {shown:<25}  {'  ' * self.depth}{self.text}"


class Wrong(Exception):
    """Bytes with which no field can go on; where they begin, and what was expected."""

    def __init__(self, offset: int, expected: str) -> None:
        super().__init__(expected)
        self.offset = offset


class Walk:
    """The bytes, and how far they are read. Every method yields lines and moves on, or raises Wrong.

    `value` is that of the field of fixed size that was read last. The last batch of records may be cut in a response.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.version = 0
        self.flexible = False
        self.cut_allowed = False
        self.value: Any = None

    def fields(self, fields: tuple[Field, ...], depth: int) -> Iterator[Line]:
        """The fields of a structure, those with tags (KIP-482) at its end."""
        here = [field for field in fields if within(self.version, field.versions)]
        tagged = [field for field in here if self.flexible and within(self.version, field.tagged)]
        for field in here:
            if not within(self.version, field.tagged):
                yield from self.field(field, depth)
        if self.flexible:
            yield from self.tags(tagged, depth)

    def tags(self, tagged: list[Field], depth: int) -> Iterator[Line]:
        """The fields with tags, each with its size; of those that are not known, no more."""
        begin, known = self.at, {field.tag: field for field in tagged}
        count = self._uvarint("tagged fields")
        yield self.line(begin, depth, f"tagged fields: {count}")
        for _ in range(count):
            begin = self.at
            tag, size = self._uvarint("tag"), self._uvarint("size of a tagged field")
            self._check_left(size, begin, f"tag {tag}")
            end = self.at + size
            yield self.line(begin, depth + 1, f"tag {tag}, {size} bytes")
            if tag in known:
                yield from self.field(known[tag], depth + 2)
                if self.at != end:
                    raise Wrong(begin, f"tag {tag}: expected the size {self.at - end + size}, found {size}")
            self.at = end

    def field(self, field: Field, depth: int) -> Iterator[Line]:
        """A field of any type, with all that is in it."""
        begin, name = self.at, field.name
        if field.type in FORMATS:
            (self.value,) = self._numbers(field.type, 1, name)
            yield self.line(begin, depth, f"{name}: {self._shown(field, self.value)}")
        elif field.type == "struct":
            yield from self._structure(field, depth)
        elif (size := self._length(field)) is None:
            yield self.line(begin, depth, f"{name}: null")
        elif field.type.startswith("[]"):
            yield from self._array(field, begin, size, depth)
        else:
            data, text = self.data[self.at : self.at + size], field.type == "string"
            self.at += size
            yield self.line(begin, depth, f"{name}: {self._text(data, name) if text else f'{size} bytes'}")
            if field.type == "records":
                yield from self._batches(self.at - size, self.at, depth + 1)

    def _structure(self, field: Field, depth: int) -> Iterator[Line]:
        begin = self.at
        present = self._numbers("int8", 1, field.name)[0] if within(self.version, field.nullable) else 0
        yield self.line(begin, depth, f"{field.name}: null" if present < 0 else field.name)
        if present >= 0:
            yield from self.fields(field.fields, depth + 1)

    def _array(self, field: Field, begin: int, count: int, depth: int) -> Iterator[Line]:
        kind = field.type[2:]
        if kind in FORMATS:
            values = self._numbers(kind, count, field.name)
            shown = ", ".join(str(self._shown(field, value)) for value in values[:_SHOWN_TEXT])
            yield self.line(begin, depth, f"{field.name}: [{shown[:_SHOWN_TEXT]}] ({count})")
            return
        yield self.line(begin, depth, f"{field.name}: {count}")
        for number in range(count):
            if kind == "struct":
                yield self.line(self.at, depth + 1, f"[{number}]")
                yield from self.fields(field.fields, depth + 2)
            else:
                yield from self.field(Field(f"[{number}]", kind, field.versions), depth + 1)

    def _batches(self, begin: int, end: int, depth: int) -> Iterator[Line]:
        """Batches of records; the last one of a response may be cut."""
        at = begin
        while at < end:
            header = records.HEADER.unpack_from(self.data, at) if end - at >= records.HEADER.size else None
            size = header[1] + records.LENGTH_END if header else records.HEADER.size
            if header and header[3] != records.MAGIC:
                yield self.line(at + 16, depth, f"magic: expected {records.MAGIC}, found {header[3]}", 1, wrong=True)
                return
            if not header or not records.HEADER.size <= size <= end - at:
                wrong = size < records.HEADER.size or not self.cut_allowed
                yield self.line(at, depth, f"expected a batch of {size} bytes, found {end - at}", end - at, wrong=wrong)
                return
            facts = f"{header[12]} records, attributes {header[5]}, producer {header[9]}, sequence {header[11]}"
            yield self.line(at, depth, f"batch at offset {header[0]}: {size} bytes, {facts}", size)
            if not records.is_intact(self.data[at : at + size], header[4]):
                yield self.line(at + 17, depth + 1, "crc: expected that of the bytes behind it", 4, wrong=True)
            at += size

    def line(self, offset: int, depth: int, text: str, size: int | None = None, *, wrong: bool = False) -> Line:
        """A line about bytes that begin at an offset; they end where the walk is, if no size is given."""
        end = self.at if size is None else offset + size
        return Line(offset, self.data[offset : min(end, offset + _SHOWN_BYTES + 1)], depth, text, wrong)

    def _numbers(self, kind: str, count: int, name: str) -> tuple[Any, ...]:
        """Values of fixed size, one behind the other."""
        made = struct.Struct(f">{FORMATS[kind] * count}")
        self._check_left(made.size, self.at, name)
        self.at += made.size
        return made.unpack_from(self.data, self.at - made.size)

    def _length(self, field: Field) -> int | None:
        """The length of a text or the number of elements; None for null."""
        begin = self.at
        if self.flexible:
            size = self._uvarint(field.name) - 1
        else:
            (size,) = self._numbers("int16" if field.type == "string" else "int32", 1, field.name)
        if size < 0:
            if not within(self.version, field.nullable):
                raise Wrong(begin, f"{field.name}: expected a length, found null")
            return None
        if field.type.startswith("[]") and size > LONGEST_ARRAY:
            raise Wrong(begin, f"{field.name}: expected at most {LONGEST_ARRAY} elements, found {size}")
        self._check_left(size, begin, field.name)
        return int(size)

    def _check_left(self, size: int, begin: int, name: str) -> None:
        if size > (left := len(self.data) - self.at):
            raise Wrong(begin, f"{name}: expected {size} bytes, found {left}")

    def _uvarint(self, name: str) -> int:
        begin = self.at
        try:
            value, self.at = read_uvarint(self.data, self.at)
        except (IndexError, Malformed):
            raise Wrong(begin, f"{name}: expected a varint of at most 5 bytes") from None
        return value

    def _text(self, data: bytes, name: str) -> str:
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            raise Wrong(self.at - len(data) + error.start, f"{name}: expected UTF-8") from None
        return repr(text[:_SHOWN_TEXT]) + (".." if len(text) > _SHOWN_TEXT else "")

    def _shown(self, field: Field, value: Any) -> object:
        return UUID(bytes=value) if field.type.endswith("uuid") else value

"""A record in full: its key, headers and value as they are, a value that is JSON with an entry a line."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import msgspec
from rich.cells import cell_len

from marketplace_tui.text.lines import Line, Span, cut_line, spans, wrapped
from marketplace_tui.text.shown import shown, shown_lines
from simulator.trace.drawings.states import as_text

_LONGEST_JSON = 20_000
"""Bytes; a longer value is shown as it is."""


def record_lines(
    key: bytes | None, headers: Iterable[tuple[str, bytes | None]], value: bytes | None, width: int
) -> list[Line]:
    """The lines of a record."""
    lines = [line for name, each in (("key", key), *headers) for line in _named(name, each, width)]
    return [*lines, (), *(cut_line(spans(line), width) for line in _value_lines(value))]


def _named(name: str, value: bytes | None, width: int) -> list[Line]:
    """A name with its value, which stands below where it has no room beside it."""
    text = shown(as_text(value))
    if len(name) + 1 + cell_len(text) <= width:
        return [(Span(f"{shown(name)} ", "dim"), Span(text))]
    return [(Span(shown(name), "dim"),), *((Span(f"  {line}"),) for line in wrapped(text, max(width - 2, 1)))]


def _value_lines(value: bytes | None) -> list[str]:
    text = as_text(value)
    if value and len(value) <= _LONGEST_JSON:
        with suppress(ValueError, RecursionError):
            text = msgspec.json.format(value, indent=2).decode()
    return shown_lines(text)

"""The line of a TOML file that a key stands in; the parser of the standard library does not tell."""

from __future__ import annotations

import re
from collections.abc import Sequence

_LONG_TEXT = re.compile(r'("""|\'\'\')(.*?)\1', re.DOTALL)
_HEADER = re.compile(r"\s*\[{1,2}([^\[\]]+)\]{1,2}\s*(?:#|$)")
_KEY = re.compile(r"\s*([\w\-.\"' ]+?)\s*=")


def line_of(text: str, keys: Sequence[str]) -> int:
    """The line, from 1, of the key that `keys` lead to, or of the table around it."""
    wanted, found, line = tuple(keys), 0, 1
    table: tuple[str, ...] = ()
    for number, content in enumerate(_LONG_TEXT.sub(_blank, text).split("\n"), 1):
        if header := _HEADER.match(content):
            place = table = _names(header[1])
        elif key := _KEY.match(content):
            place = (*table, *_names(key[1]))
        else:
            continue
        if len(place) > found and place == wanted[: len(place)]:
            found, line = len(place), number
    return line


def _names(dotted: str) -> tuple[str, ...]:
    return tuple(name.strip(" \"'") for name in dotted.split("."))


def _blank(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")

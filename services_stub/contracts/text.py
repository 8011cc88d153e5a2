"""Text of people: which characters it may have, and how it is trimmed and shown.

Control characters are those of Unicode's category Cc, the separators that end a line, and the formats that cannot be
seen and make a text look like another one: marks of direction, and characters without width. Everything else is text,
also what the Unicode tables of this Python do not know yet. The joiners (U+200C, U+200D) are text: emoji and several
scripts are spelt with them.

The patterns are of the dialect that OpenAPI and Python share, so that what is declared is what is enforced.
"""

from __future__ import annotations

import re

import msgspec

_FORMATS = r"\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
CONTROLS = rf"\x00-\x1f\x7f-\x9f{_FORMATS}"
"""The control characters, as the inside of a character class."""

_BUT_LINE_ENDS = rf"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{_FORMATS}"

UNSEEN = r"\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200c\u200d\u2800\u3164\ufe00-\ufe0f\uffa0"
"""Fillers, joiners and the like: parts of a text that show nothing by themselves."""

# Python alone takes `$` for a place in front of a last line break, too.
_END = r"$(?!\n)"

LINE = rf"^[^{CONTROLS}]*{_END}"
"""Text on one line, or none."""

WRITTEN_LINE = rf"^[^{CONTROLS}]*[^{CONTROLS}{UNSEEN}\s][^{CONTROLS}]*{_END}"
"""Text on one line of which something can be seen."""

TEXT = rf"^[^{_BUT_LINE_ENDS}]*{_END}"
"""Text that may have line breaks and tabs, or none."""

WRITTEN_TEXT = rf"^[^{_BUT_LINE_ENDS}]*[^{_BUT_LINE_ENDS}{UNSEEN}\s][^{_BUT_LINE_ENDS}]*{_END}"
"""The same, and something of it can be seen."""

PHONE = r"^ *(\+?[ ()-]*[0-9]([ ()-]*[0-9]){4,14}[ ()-]*)?$(?!\n)"
"""A telephone number of five to fifteen digits, or nothing but spaces."""

E164 = r"^(\+[1-9][0-9]{6,14})?$(?!\n)"
"""A telephone number with its country, or none."""

# A half of a surrogate pair is no character, and no encoding has it.
_control = re.compile(rf"[{CONTROLS}\ud800-\udfff]")


_not_of_logs = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f{_FORMATS}\ud800-\udfff]")


def escaped(text: str) -> str:
    """`text` for a log or a terminal: all control characters but tabs and line feeds as JSON escapes them."""
    return _not_of_logs.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def without_controls(text: str) -> str:
    """`text` on one line, with a space in the place of each control character."""
    return _control.sub(" ", text)


def has_controls(text: str) -> bool:
    """Whether `text` has a control character, also a line break."""
    return _control.search(text) is not None


def is_blank(text: str) -> bool:
    """Whether a query asks for nothing: it is empty, or white space as people type it."""
    return not text.strip() and not has_controls(text)


def trim(body: msgspec.Struct, *fields: str) -> None:
    """Take the white space off both ends of those of the `fields` of a new body that are texts.

    Texts that are the same without it are the same.
    """
    for field in fields:
        value = getattr(body, field)
        if isinstance(value, str) and (trimmed := value.strip()) != value:
            msgspec.structs.force_setattr(body, field, trimmed)

"""The rules of searching: how texts are cut into words, which words are alike, and where they stand. Pure."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from enum import Enum, auto
from functools import cache
from typing import NamedTuple

LONGEST_WORD = 40
"""Longer words are cut off, in texts and in queries: their beginning tells them apart, and an index has room for it."""

MOST_WORDS = 10
SHORTEST_CORRECTED = 4
SORT_KEY_LENGTH = 200

PRICE_BOUNDS = (0, 1000, 2500, 5000, 10_000, 25_000)
"""The lowest price of each price band, in cents."""

_CHUNK = re.compile(r"[0-9A-Za-z\x80-\U0010ffff]+")
"""The text between characters that part words in any surroundings."""
_PLAIN_WORD = re.compile(r"[0-9a-z]+")

_SYMBOLS = frozenset({"So", "Co", "Cn"})
"""Categories of characters that are words by themselves: emoji and other symbols, also those that Unicode has named
since this Python was made, and those of private use."""

# Characters with a stroke and ligatures, which Unicode does not take apart; and the selectors of how an emoji is drawn.
_STROKES = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
) | dict.fromkeys(range(0xFE00, 0xFE10), "")


class _Kind(Enum):
    """The part that a character has in a word."""

    NONE = auto()
    ALPHANUMERIC = auto()
    MARK = auto()
    SYMBOL = auto()


class Word(NamedTuple):
    """A word of a text, folded, and its place there in characters: from `start` up to but without `end`."""

    text: str
    start: int
    end: int


def folded(text: str) -> str:
    """`text` without case, diacritics and Unicode forms: texts that are folded alike find each other.

    Each character by itself, so that a place in the folded text can be traced back.
    """
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(each for each in apart if not unicodedata.combining(each)).translate(_STROKES)


def sort_key(text: str) -> str:
    """The place of `text` in a list; no longer than an index and a cursor have room for."""
    return folded(text.strip())[:SORT_KEY_LENGTH]


def words(text: str) -> Iterator[Word]:
    """The words of `text`, in order: the longest runs of alphanumeric characters, and each symbol, with their marks."""
    for chunk in _CHUNK.finditer(text):
        if chunk[0].isascii():
            yield Word(chunk[0].lower()[:LONGEST_WORD], *chunk.span())
        else:
            yield from _words_of_chunk(chunk[0], chunk.start())


def _words_of_chunk(chunk: str, offset: int) -> Iterator[Word]:
    current, start, end, is_symbol = "", 0, 0, False
    for place, character in enumerate(chunk, offset):
        parts = folded(character)
        if not parts and current:  # a mark that is folded away belongs to the word before it
            end = place + 1
        for part in parts:
            kind = _kind_of(part)
            if current and (kind in (_Kind.SYMBOL, _Kind.NONE) or (is_symbol and kind is not _Kind.MARK)):
                yield Word(current[:LONGEST_WORD], start, end)
                current = ""
            if kind is not _Kind.NONE:
                start, is_symbol = (start, is_symbol) if current else (place, kind is _Kind.SYMBOL)
                current, end = current + part, place + 1
    if current:
        yield Word(current[:LONGEST_WORD], start, end)


def query_words(query: str) -> list[str]:
    """The words that a product must contain, each once; those beyond `MOST_WORDS` are left out."""
    return list(dict.fromkeys(word.text for word in words(query)))[:MOST_WORDS]


def index_terms(*texts: str) -> str:
    """The words of `texts` as the full-text index takes them: each once, separated by spaces."""
    together = folded("\n".join(texts))
    # Most texts are plain once they are folded, and there are thousands a second of them.
    found = _PLAIN_WORD.findall(together) if together.isascii() else [word.text for word in words(together)]
    if len(max(found, key=len, default="")) > LONGEST_WORD:
        found = [word[:LONGEST_WORD] for word in found]
    return " ".join(dict.fromkeys(found))


def price_band(cents: int) -> int:
    """The number of the price band that a price belongs to: its place in `PRICE_BOUNDS`."""
    return bisect_right(PRICE_BOUNDS, cents) - 1


def can_be_corrected(word: str) -> bool:
    """Whether a word of a query may be misspelt. Numbers are meant as they are."""
    return len(word) >= SHORTEST_CORRECTED and _has_no_digit(word)


def can_correct(word: str) -> bool:
    """Whether a word of a text may be the one that a misspelt word of a query meant."""
    return len(word) >= SHORTEST_CORRECTED - 1 and _has_no_digit(word)


def spellings(word: str) -> set[str]:
    """The word, and all that is left of it without one of its characters.

    Two words within one edit of each other have a spelling in common, so that an index finds them by equality.
    """
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


def within_one_edit(one: str, other: str) -> bool:
    """Whether a character added, left out or replaced, or two neighbours exchanged, makes one word the other."""
    if len(one) > len(other):
        one, other = other, one
    same = 0
    while same < len(one) and one[same] == other[same]:
        same += 1
    if len(one) < len(other):
        return one[same:] == other[same + 1 :]
    exchanged = one[same : same + 2] == other[same : same + 2][::-1] and one[same + 2 :] == other[same + 2 :]
    return exchanged or one[same + 1 :] == other[same + 1 :]


def is_hit(word: str, wanted: str) -> bool:
    """Whether a word of a text is found by a word of a query: begins with it, or is one edit away."""
    if word.startswith(wanted):
        return True
    alike = abs(len(word) - len(wanted)) <= 1
    return alike and can_be_corrected(wanted) and can_correct(word) and within_one_edit(word, wanted)


def highlighter(wanted: Sequence[str]) -> Callable[[str], list[tuple[int, int]]]:
    """A function from a text to the places of those of its words that are found by one of `wanted`.

    A place is the start and the end, in characters. Texts have most words in common, so each is looked at once.
    """
    is_found = cache(lambda word: any(is_hit(word, each) for each in wanted))

    def highlights(text: str) -> list[tuple[int, int]]:
        return [(word.start, word.end) for word in words(text) if is_found(word.text)] if wanted else []

    return highlights


def _kind_of(character: str) -> _Kind:
    if character.isalnum():
        return _Kind.ALPHANUMERIC
    category = unicodedata.category(character)
    if category in _SYMBOLS:
        return _Kind.SYMBOL
    return _Kind.MARK if category.startswith("M") else _Kind.NONE


def _has_no_digit(word: str) -> bool:
    return word.isalpha() or not any(character.isdigit() for character in word)

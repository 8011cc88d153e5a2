"""The parts that all lists of an admin share, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from marketplace_tui.model.admin.listing import Listing, Query
from marketplace_tui.text.lines import MOST_OF_ERROR, Line, Span, apart, spans, wrapped
from marketplace_tui.text.shown import shown
from marketplace_tui.text.signs import ELLIPSIS, FAILED, SEPARATOR
from marketplace_tui.text.values import ago, moment
from services_stub.client.errors import MarketplaceError

NARROWEST = 78
"""Cells in which a text fits the narrowest terminal."""


def filter_line(listing: Listing[Any], words: str, noun: str, width: int) -> Line:
    """Which of them are shown, all where there are no words for it, and how many there are so far."""
    more = "+" if listing.pages.has_more else ""
    number = f"{len(listing.pages.items):,}{more}" if listing.pages.value else ELLIPSIS
    left = (Span(f" {words}", "accent") if words else Span(f" all {noun}", "dim"),)
    return apart(left, (Span(number, "dim"),), width)


def empty(listing: Listing[Any], noun: str) -> Sequence[Line]:
    """Instead of items: the reason that there are none, and the key that helps."""
    if listing.pages.value is None:
        return unavailable(listing.pages.error, noun)
    if listing.query != Query():
        words = f"None of the {noun} fit “{shown(listing.query.text)}”." if listing.query.text else f"No such {noun}."
        return [(Span(words),), (Span("esc", "key", "app.back"), Span(f" shows all {noun}."))]
    return [(Span(f"There are no {noun} yet."),)]


def unavailable(error: MarketplaceError | None, noun: str) -> Sequence[Line]:
    """Instead of something that was not read: the error and the key that tries again, or that it is being read."""
    if error is None:
        return [(Span(f"Loading the {noun}{ELLIPSIS}", "dim"),)]
    words = f"{FAILED} The {noun} cannot be read: {error}"
    return [
        *(spans(line, "bad") for line in wrapped(words, NARROWEST, MOST_OF_ERROR)),
        (Span("f5", "key", "app.refresh"), Span(" tries again.")),
    ]


def since(time: str, now: datetime) -> Line:
    """A time of the contract as its distance from now."""
    return (Span(ago(moment(time), now), "dim"),)


def exactly(words: str, time: str) -> Line:
    """A time of the contract as it is."""
    return pair(words, f"{moment(time):%Y-%m-%d %H:%M:%S} UTC")


def pair(words: str, value: str, width: int = 12) -> Line:
    """A value with its name before it."""
    return (Span(f"{words:<{width}}", "dim"), *spans(value))


def paragraph(text: str, width: int) -> Iterator[Line]:
    """Text of others, wrapped."""
    return (spans(line) for line in wrapped(text, width))


def joined(*parts: str) -> Line:
    """Several short texts in one line, the empty ones left out."""
    return spans(f" {SEPARATOR} ".join(part for part in parts if part), "dim")

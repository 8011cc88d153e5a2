"""Lines instead of a list: it is loading, it cannot be read, or there is nothing, each with the next step."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace_tui.text.lines import Line, Span, spans
from marketplace_tui.text.signs import ELLIPSIS, FAILED


def missing(subject: str, error: Exception | None, loaded: bool, empty: Sequence[Line]) -> Sequence[Line]:
    """The state of something that has nothing to show. `subject` is its name within a sentence: `your cart`."""
    if loaded:
        return empty
    if error is None:
        return [(Span(f"Loading {subject}{ELLIPSIS}", "dim"),)]
    return [
        (Span(f"{FAILED} {subject[:1].upper()}{subject[1:]} cannot be shown: ", "bad"), *spans(str(error))),
        (Span("f5", "key", "app.refresh"), Span(" tries again.")),
    ]


def hint(key: str, words: str, action: str = "") -> Line:
    """The next step: a key and what it does."""
    return (Span(key, "key", action), Span(f" {words}"))

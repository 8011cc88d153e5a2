"""Lines about the state of what is shown: it is loading, cannot be read, is old, or empty, each with the next step."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace_tui.text.lines import Line, Span, apart, spans, width_of, wrapped
from marketplace_tui.text.signs import ELLIPSIS, FAILED, WARNING
from marketplace_tui.text.values import duration

_MOST_LINES = 2
"""Of the reason that there is nothing newer."""


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


def outdated(age: float, error: Exception, width: int) -> Sequence[Line]:
    """Below something that is as it was `age` seconds ago: the reason that there is nothing newer, the next step."""
    key: Line = (Span("f5", "key", "app.refresh"), Span(" tries again"))
    found = wrapped(f"{WARNING} as it was {duration(age)} ago: {error}", max(width - width_of(key) - 1, 1), _MOST_LINES)
    lines = [(Span(line, "warning"),) for line in found]
    return [*lines[:-1], apart(lines[-1], key, width)]


def hint(key: str, words: str, action: str = "") -> Line:
    """The next step: a key and what it does."""
    return (Span(key, "key", action), Span(f" {words}"))

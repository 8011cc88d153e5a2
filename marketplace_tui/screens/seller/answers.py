"""The state of an answer as lines: it is awaited, there is none, it is empty, it is old."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marketplace_tui.model.resource import Resource
from marketplace_tui.text.lines import Line, Span, spans
from marketplace_tui.text.signs import WARNING
from marketplace_tui.text.states import hint, missing
from marketplace_tui.text.values import duration


def instead(resource: Resource[Any], what: str, empty: Sequence[Line]) -> Sequence[Line]:
    """Instead of rows: the reason that there are none, and the key that helps. `what` is a name in a sentence."""
    return missing(what, resource.error, resource.value is not None, empty)


def outdated(resource: Resource[Any], clock: float) -> list[Line]:
    """A line where the last answer is kept because there was no newer one: its age, and the reason."""
    if resource.error is None or resource.age_from is None:
        return []
    age = duration(clock - resource.age_from)
    return [
        (
            Span(f"{WARNING} as it was {age} ago: ", "warning"),
            *spans(str(resource.error)),
            Span(" "),
            *hint("f5", "tries again.", "app.refresh"),
        )
    ]

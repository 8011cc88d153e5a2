"""The state of an answer as lines: it is awaited, there is none, or it is empty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marketplace_tui.model.resource import Resource
from marketplace_tui.text.lines import Line
from marketplace_tui.text.states import missing


def instead(resource: Resource[Any], what: str, empty: Sequence[Line]) -> Sequence[Line]:
    """Instead of rows: the reason that there are none, and the key that helps. `what` is a name in a sentence."""
    return missing(what, resource.error, resource.value is not None, empty)

"""Jump mode: a key on everything that can be focused; typing it goes there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import events
from textual.app import ComposeResult
from textual.geometry import Offset
from textual.widget import Widget
from textual.widgets import Label

from marketplace_tui.screens.dialog import Dialog

KEYS = "asdfghjklqwertzuiopyxcvbnm"


def keys_for(widgets: Sequence[Widget]) -> dict[str, Widget]:
    """A key for each widget that can be seen, in their order."""
    seen = [widget for widget in widgets if widget.region.width and widget.region.height]
    return dict(zip(KEYS, seen, strict=False))


class Jump(Dialog[Widget | None]):
    """Answers with the widget whose key was typed; None for any other key."""

    def __init__(self, targets: Mapping[str, Widget]) -> None:
        super().__init__(classes="jump")
        self._targets = targets

    def compose(self) -> ComposeResult:
        """A label on each target."""
        for key, widget in self._targets.items():
            label = Label(f" {key} ", classes="jump-letter", markup=False)
            label.absolute_offset = Offset(widget.region.x, widget.region.y)
            yield label

    def on_key(self, event: events.Key) -> None:
        """Go there, or nowhere."""
        event.stop()
        self.answer(self._targets.get(event.key))

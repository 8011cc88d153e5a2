"""The base of all dialogs: each answers once, whatever keys come in one piece with the one that closes it."""

from __future__ import annotations

from typing import Generic, TypeVar

from textual.screen import ModalScreen

from marketplace_tui.widgets.looks import CLASSES

Result = TypeVar("Result")


class Dialog(ModalScreen[Result], Generic[Result]):
    """A dialog over a screen."""

    COMPONENT_CLASSES = CLASSES

    def leave_field(self) -> bool:
        """Go from a field, in which Enter was pressed, to where further keys belong; False where the field decides."""
        return False

    def answer(self, result: Result) -> None:
        """Close with an answer; nothing, where it is closed or something lies over it."""
        if self.is_current:
            self.dismiss(result)

"""A field of one line: what a person types, and what was typed elsewhere and is changed here.

It takes no more than the marketplace does: of a longer text, as much as fits.
"""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text
from textual.widgets import Input

from marketplace_tui.text.shown import shown_in_place

LONGEST_SEARCH = 200
"""Characters of a text that is searched for."""

LONGEST_FIELD = 4000
"""Characters of the longest field of the contract, a product's description."""


class Entry(Input):
    """An input with a greatest length, beyond which nothing is typed or pasted.

    It shows line breaks and control codes of its value as signs: Textual's own hands them to the terminal.
    """

    def __init__(
        self,
        value: str = "",
        *,
        longest: int,
        placeholder: str = "",
        password: bool = False,
        select_on_focus: bool = True,
        id: str,
    ) -> None:
        super().__init__(
            value, placeholder=placeholder, password=password, select_on_focus=select_on_focus, id=id, compact=True
        )
        self._longest = longest

    def replace(self, text: str, start: int, end: int) -> None:
        """Put as much of a text as fits in the place of a part of the value."""
        fits = max(self._longest - len(self.value) + abs(end - start), 0)
        if len(text) > fits:
            self.restricted()
        super().replace(text[:fits], start, end)

    @property
    def _value(self) -> Text:
        if self.password:
            return super()._value
        return Text(shown_in_place(self.value), no_wrap=True, overflow="ignore", end="")

    def _position_to_cell(self, position: int) -> int:
        """The cell at which a character of the value is drawn."""
        return cell_len(self._value.plain[:position])

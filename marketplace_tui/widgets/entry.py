"""A field of one line that takes no more than the marketplace does: of a longer text, as much as fits."""

from __future__ import annotations

from textual.widgets import Input

LONGEST_SEARCH = 200
"""Characters of a text that is searched for."""

LONGEST_FIELD = 4000
"""Characters of the longest field of the contract, a product's description."""


class Entry(Input):
    """An input with a greatest length, beyond which nothing is typed or pasted."""

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

"""Keys as people call them."""

from __future__ import annotations

from marketplace_tui.text.signs import DOWN, UP

_NAMES = {
    "question_mark": "?",
    "slash": "/",
    "plus": "+",
    "minus": "-",
    "equals_sign": "=",
    "percent_sign": "%",
    "escape": "esc",
    "pageup": "page up",
    "pagedown": "page down",
    "colon": ":",
    "at": "@",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "up": UP,
    "down": DOWN,
}


def key_name(key: str) -> str:
    """A key's name on the screen: `ctrl+p`, `?`, `enter`."""
    return _NAMES.get(key, key)

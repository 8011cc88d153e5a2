"""The signs on the screen, and what stands for them in ASCII. A sign never stands alone: a word says the same."""

from __future__ import annotations

from collections.abc import Sequence

STATUS = {
    "PENDING": "◐",
    "PAID": "●",
    "SHIPPED": "✈",
    "DELIVERED": "✓",
    "FAILED": "✗",
    "CANCELLED": "⊘",
    "REFUNDING": "↻",
    "REFUNDED": "↩",
    "CHARGED": "●",
    "VOIDED": "⊘",
    "ACTIVE": "●",
    "BLOCKED": "⊘",
    "DISABLED": "○",
}
"""The sign of each status of an order, a payment or a product."""

CURSOR, MARKED, WARNING, MAIL, FAILED = "▸", "✔", "⚠", "✉", "✗"
RULE, SEPARATOR, PATH, ELLIPSIS, NONE = "─", "·", "›", "…", "–"
DONE, AHEAD, ARROW, UP, DOWN = "●", "○", "→", "▲", "▼"
BARS = "▁▂▃▄▅▆▇█"

ASCII = str.maketrans(
    dict(zip(BARS, "._-=+*%#", strict=True))
    | {
        "◐": "~",
        "●": "*",
        "○": "o",
        "✈": ">",
        "✓": "+",
        "✔": "+",
        "✗": "x",
        "⊘": "-",
        "↻": "<",
        "↩": "<",
        "▸": ">",
        "▴": "^",
        "▾": "v",
        "▲": "^",
        "▼": "v",
        "⚠": "!",
        "✉": "@",
        "─": "-",
        "═": "=",
        "┄": ".",
        "▶": ">",
        "│": "|",
        "·": "-",
        "›": ">",
        "…": "~",
        "–": "-",
        "→": ">",
        "×": "x",
        "“": '"',
        "”": '"',
    }
)
"""One ASCII character for each sign, for `str.translate`."""


def of_status(status: str) -> str:
    """A status as sign and word."""
    return f"{STATUS.get(status, SEPARATOR)} {status}"


def sparkline(values: Sequence[float], width: int) -> str:
    """The last `width` values as bars, the largest one at full height; empty steps are the lowest bar."""
    last = values[-width:]
    largest = max(last, default=0)
    if largest <= 0:
        return BARS[0] * len(last)
    top = len(BARS) - 1
    return "".join(BARS[round(max(value, 0) / largest * top)] for value in last)

"""The signs on the screen, in Unicode or in ASCII. A sign never stands alone: a word says the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_STATUS = {
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
_STATUS_ASCII = {
    "PENDING": "~",
    "PAID": "*",
    "SHIPPED": ">",
    "DELIVERED": "+",
    "FAILED": "x",
    "CANCELLED": "-",
    "REFUNDING": "<",
    "REFUNDED": "<",
    "CHARGED": "*",
    "VOIDED": "-",
    "ACTIVE": "*",
    "BLOCKED": "-",
    "DISABLED": "o",
}


@dataclass(frozen=True)
class Signs:
    """The signs of one set of characters."""

    cursor: str = "▸"
    marked: str = "✔"
    changed: str = "•"
    warning: str = "⚠"
    mail: str = "✉"
    rule: str = "─"
    column: str = "│"
    separator: str = "·"
    path: str = "›"
    ellipsis: str = "…"
    none: str = "–"
    bars: str = "▁▂▃▄▅▆▇█"
    done: str = "●"
    ahead: str = "○"
    arrow: str = "→"
    up: str = "▲"
    down: str = "▼"
    status: Mapping[str, str] = field(default_factory=lambda: _STATUS)

    def of_status(self, status: str) -> str:
        """A status as sign and word."""
        return f"{self.status.get(status, self.separator)} {status}"


UNICODE = Signs()
ASCII = Signs(
    cursor=">",
    marked="+",
    changed="*",
    warning="!",
    mail="@",
    rule="-",
    column="|",
    separator="-",
    path=">",
    ellipsis="~",
    none="-",
    bars="._-=+*%#",
    done="*",
    ahead="o",
    arrow="->",
    up="^",
    down="v",
    status=_STATUS_ASCII,
)


def sparkline(values: list[float], width: int, signs: Signs = UNICODE) -> str:
    """The last `width` values as bars, the largest one at full height; empty steps are the lowest bar."""
    last = values[-width:]
    largest = max(last, default=0)
    if largest <= 0:
        return signs.bars[0] * len(last)
    top = len(signs.bars) - 1
    return "".join(signs.bars[round(max(value, 0) / largest * top)] for value in last)

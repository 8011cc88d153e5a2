"""The table of `docs/embedded-broker.md`: a row for each client, a column for each thing that it was asked to do."""

from __future__ import annotations

from pathlib import Path

DOCUMENT = Path(__file__).parents[3] / "docs" / "embedded-broker.md"
_BEGIN, _END = "<!-- foreign clients: begin -->", "<!-- foreign clients: end -->"
COLUMNS = {
    "list": "list topics",
    "create": "create a topic",
    "configure": "change its configuration",
    "produce": "produce",
    "consume": "consume",
    "member": "group of two",
    "survivor": "one killed",
    "lag": "lag",
}
_NOT_OFFERED = "–"


def row(name: str, results: dict[str, str]) -> str:
    """The line of a client."""
    return "| " + " | ".join([name, *(results.get(column, _NOT_OFFERED) for column in COLUMNS)]) + " |"


def kept_row(name: str) -> str:
    """The line of a client in the document; empty where it has none."""
    return next((line for line in _lines() if line.startswith(f"| {name} |")), "")


def keep(name: str, line: str, order: list[str]) -> None:
    """Write the line of a client, and the others as they are."""
    rows = {other: kept_row(other) for other in order} | {name: line}
    head = ["| client | " + " | ".join(COLUMNS.values()) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    text = DOCUMENT.read_text(encoding="utf-8")
    before, after = text.split(_BEGIN)[0], text.split(_END)[1]
    table = "\n".join(head + [found for other in order if (found := rows[other])])
    DOCUMENT.write_text(f"{before}{_BEGIN}\n\n{table}\n\n{_END}{after}", encoding="utf-8")


def _lines() -> list[str]:
    return DOCUMENT.read_text(encoding="utf-8").split(_BEGIN)[1].split(_END)[0].splitlines()

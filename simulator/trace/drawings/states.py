"""The status of the order beside the events that moved it, and the records of a flow as they are, and its code."""

from __future__ import annotations

from rich.cells import cell_len

from simulator.trace.code import handled_in, published_in
from simulator.trace.contents import Step, books_of, steps_of
from simulator.trace.drawings.plain import ASCII, UNICODE, Signs, duration, finished, padded, wrapped
from simulator.trace.flow import Flow

_TIME = 10
_STATUS = 10
_LONGEST_PLACE = 32
_INDENT = "      "


def states(flow: Flow, *, width: int = 80, ascii_only: bool = False) -> list[str]:
    """A line for each event: when, the status after it where that changed, where the event lies, and what it says."""
    signs = ASCII if ascii_only else UNICODE
    if not flow.events:
        return finished(["no event of this flow was found"], width, signs)
    places = width_of_places(flow)
    lines: list[str] = []
    known = ""
    for step in steps_of(flow):
        lines.append(state_line(step, known, flow.started_at, places, signs))
        known = step.status
    return finished([*lines, *books_lines(flow)], width, signs)


def width_of_places(flow: Flow) -> int:
    """The cells for the places of a flow's events."""
    return max((min(_LONGEST_PLACE, cell_len(event.place)) for event in flow.events), default=0)


def state_line(step: Step, known: str, started_at: int, places: int, signs: Signs) -> str:
    """One event; `known` is the status before it."""
    status = step.status if step.status != known else signs.dot if step.status else ""
    time = padded(f"+{duration(step.event.at - started_at)}", _TIME, signs.more, right=True)
    place = padded(step.event.place, places, signs.more)
    return f"{time}  {padded(status, _STATUS, signs.more)}  {place}  {step.words}"


def books_lines(flow: Flow) -> list[str]:
    """The money of the order; nothing where none moved."""
    books = books_of(flow)
    if not (books.charged or books.refunded or books.sold):
        return []
    balance = "the books balance" if books.balance else "the books do not balance"
    return [f"charged {books.charged}, given back {books.refunded}, sold {books.sold}: {balance}"]


def code(flow: Flow, *, width: int = 80, ascii_only: bool = False) -> list[str]:
    """Each event with the code that published it and that handled it, as far as it is installed here."""
    signs = ASCII if ascii_only else UNICODE
    lines: list[str] = []
    for event in flow.events:
        lines.append(f"{event.place}  {published_in(event.topic, event.publisher)}")
        for group in dict.fromkeys(seen.group for seen in event.consumers):
            lines.append(f"  {signs.right} {group}  {handled_in(event.topic, group)}")
    return finished(lines, width, signs)


def raw(flow: Flow, *, width: int = 80, ascii_only: bool = False) -> list[str]:
    """Each event with its key, headers and value as they are, in as many lines as they need."""
    signs = ASCII if ascii_only else UNICODE
    lines: list[str] = []
    for event in flow.events:
        lines += wrapped(f"{event.place}  key {as_text(event.key)}", width, _INDENT)
        for name, value in event.envelope.headers():
            lines += wrapped(f"{name}: {as_text(value)}", width, _INDENT, first="  ")
        lines += wrapped(as_text(event.value), width, _INDENT, first="  ")
    return finished(lines, width, signs)


def as_text(value: bytes | None) -> str:
    """Bytes as text; what is no UTF-8 in hexadecimal escapes."""
    return "(none)" if value is None else value.decode(errors="backslashreplace")

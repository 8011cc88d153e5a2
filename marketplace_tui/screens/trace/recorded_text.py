"""The stream of a recording as lines of text: the position in it, and why there is nothing to be seen."""

from __future__ import annotations

from collections.abc import Sequence

from marketplace_tui.model.trace.playback import Playback
from marketplace_tui.model.trace.stream import StreamModel
from marketplace_tui.screens.trace import stream_text
from marketplace_tui.text.lines import Line, Span, cut_line, spans, width_of, wrapped
from marketplace_tui.text.signs import DONE, ELLIPSIS, RULE
from services_stub.contracts.times import from_microseconds, rfc3339
from simulator.trace.drawings.plain import duration
from simulator.trace.events import bounded_time

_PLAYED = "═"
_LEAST_BAR = 8


def head(playback: Playback, model: StreamModel, width: int, *, flat: bool) -> list[Line]:
    """Whether it plays and where it is, the sum of all that was received until there, and the filter.

    Where it is `flat`, the position is said in words alone.
    """
    rest = stream_text.head(model, True, 0, width)[1:]
    if not playback.is_open or not len(playback.recording):
        return rest
    problem = cut_line(spans(f"The recording cannot be read: {playback.problem}", "bad"), width)
    return [_position(playback, width, flat=flat), *([problem] if playback.problem else []), *rest]


def _position(playback: Playback, width: int, *, flat: bool) -> Line:
    recording = playback.recording
    state = Span(f"Playing {playback.factor:g}×", "good") if playback.plays else Span("Paused", "warning")
    length = recording.last - recording.first
    when = rfc3339(from_microseconds(bounded_time(playback.at)))[:23].replace("T", " ")
    left: Line = (state, Span(f"  {when} UTC  ", "strong"))
    pace = "" if playback.plays or playback.factor == 1 else f"  {playback.factor:g}×"
    right = f"  {duration(playback.at - recording.first)} of {duration(length)}{pace}"
    room = width - width_of(left) - len(right)
    if flat or room < _LEAST_BAR:
        return cut_line((*left, Span(right)), width)
    before = round((room - 1) * (playback.at - recording.first) / length) if length else room - 1
    bar = (Span(_PLAYED * before, "accent"), Span(DONE, "accent"), Span(RULE * (room - 1 - before), "dim"))
    return (*left, *bar, Span(right))


def nothing(playback: Playback, model: StreamModel, width: int) -> Sequence[Line]:
    """The screen without a record: why, and what to do."""
    if playback.problem:
        lines = wrapped(f"The recording cannot be read: {playback.problem}", width)
        return [*(spans(line, "bad") for line in lines), (Span("f5", "key", "app.refresh"), Span(" tries again."))]
    if not playback.is_open:
        return [(Span(f"Reading the recording{ELLIPSIS} {playback.share:.0%}", "dim"),)]
    if not len(playback.recording):
        words = "The recording has no records. Another one is made by:"
        command = (Span("marketplace trace record FILE", "accent"),)
        return [*(spans(line, "dim") for line in wrapped(words, width)), command]
    return stream_text.nothing(model, width)

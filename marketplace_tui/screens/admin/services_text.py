"""The processes of a marketplace as lines of text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from marketplace_tui.model.admin.processes import Process, Processes
from marketplace_tui.operations.admin import Verb
from marketplace_tui.screens.admin.list_text import pair, paragraph, unavailable
from marketplace_tui.text.lines import Line, Span, apart, cut_line, spans
from marketplace_tui.text.signs import AHEAD, DONE, ELLIPSIS, FAILED, NONE, SEPARATOR, WARNING
from marketplace_tui.text.table import Column
from marketplace_tui.text.values import ago, duration, moment
from services_stub.contracts.http.gateway import TopicProgress

COLUMNS = (
    Column("Process", 14, grows=True),
    Column("State", 12),
    Column("Restarts", 8, right=True),
    Column("Pid", 8, right=True, drop=2),
    Column("Requests", 9, right=True, drop=1),
    Column("p99 ms", 7, right=True),
    Column("Lag", 7, right=True),
    Column("Behind", 8, right=True),
)

BELOW = 4
"""The lines below the table where there is no room beside it."""

BROKER_ACTIONS: dict[Verb, list[tuple[Verb, str, str]]] = {
    "kill": [("kill", "kill it", "its records stay")],
    "pause": [("pause", "stop it", "no connections; records stay"), ("resume", "start it", "after it was stopped")],
    "resume": [("resume", "start it", "after it was stopped")],
    "restart": [("restart", "restart it", "its records stay")],
}
"""The choices for each action on the broker."""

ELSEWHERE = "As its gateway sees it. To act on processes, start the client with --data-dir."


def cells(process: Process) -> tuple[Line, ...]:
    """A process as a row."""
    late = process.lag_records > 0
    return (
        spans(process.name),
        (state(process),),
        _number(process.restarts, "warning"),
        (Span(NONE, "dim"),) if process.pid is None else (Span(str(process.pid)),),
        _number(process.requests),
        (Span(NONE if process.p99_ms is None else f"{process.p99_ms:,.0f}", "plain" if process.p99_ms else "dim"),),
        (Span(f"{process.lag_records:,}", "warning" if late else "plain"),) if process.topics else (),
        (_behind(process.staleness_seconds if late else 0.0),) if process.topics else (),
    )


def state(process: Process) -> Span:
    """The state of a process as sign and word."""
    if process.paused:
        return Span(f"{AHEAD} paused", "warning")
    if process.ready is None:
        return Span(f"{NONE} unknown", "dim")
    if not process.ready:
        return Span(f"{FAILED} not ready", "bad")
    return Span(f"{DONE} {'ready' if process.is_service else 'running'}", "good")


def head(model: Processes, width: int) -> Sequence[Line]:
    """The broker and where it all lies; why nothing can be acted on, where that is so."""
    status = model.status
    if model.control is None:
        return [cut_line((Span(f" {ELSEWHERE}", "dim"),), width)]
    if status is None:
        return [()] if model.control.status.error is None else [_problem(str(model.control.status.error), width)]
    words = f" Kafka {status.kafka.mode} at {status.kafka.bootstrap_servers} {SEPARATOR} seed {status.seed}"
    ready = model.health.value is not None and model.health.value.ready
    right = Span(f"{DONE} all ready", "good") if ready else Span(f"{WARNING} not all ready", "warning")
    return [apart(spans(words, "dim"), (right, Span(" ")), width)]


def empty(model: Processes) -> Sequence[Line]:
    """Instead of processes."""
    return unavailable(model.health.error, "processes")


def pane(process: Process, now: datetime, width: int) -> list[Line]:
    """A process with every topic that it reads."""
    lines: list[Line] = [(*spans(process.name, "strong"), Span("  "), state(process))]
    if process.detail:
        lines += paragraph(process.detail, width)
    lines.append(())
    lines += [pair("Pid", str(process.pid))] if process.pid else []
    lines += [pair(words, f"{number:,}") for words, number in _counts(process) if number is not None]
    if process.topics:
        lines += [(), (Span(f"Consumer group {process.name}", "strong"),)]
    lines += [_topic(topic, now, width) for topic in _slowest_first(process)]
    return [cut_line(line, width) for line in lines]


def below(process: Process, width: int) -> list[Line]:
    """A process in few lines: the topics that it is slowest with."""
    first = (*spans(process.name, "strong"), Span("  "), *spans(process.detail, "bad"))
    topics = _slowest_first(process)
    shown = topics if len(topics) < BELOW else topics[: BELOW - 2]
    lines: list[Line] = [first, *(_topic(topic, None, width) for topic in shown)]
    if len(topics) > len(shown):
        rest = sum(topic.lag_records for topic in topics[len(shown) :])
        lines.append((Span(f"{ELLIPSIS} and {len(topics) - len(shown)} others, lag {rest:,}", "dim"),))
    lines += [()] * (BELOW - len(lines))
    return [cut_line(line, width) for line in lines]


def outcome(verb: Verb, name: str) -> str:
    """The action that was taken, in a line."""
    done = {"kill": "killed", "pause": "paused", "resume": "resumed", "restart": "told to restart"}[verb]
    return f"{name} was {done}."


def _topic(topic: TopicProgress, now: datetime | None, width: int) -> Line:
    late = topic.lag_records > 0
    newest = ""
    if now is not None and topic.newest_event_time is not None:
        newest = f"  {ago(moment(topic.newest_event_time), now)}"
    lag = Span(f"lag {topic.lag_records:,}", "warning" if late else "dim")
    behind = (Span("  "), _behind(topic.staleness_seconds)) if late else ()
    return apart((*spans(topic.topic), *spans(newest, "dim")), (lag, *behind), width)


def _behind(seconds: float) -> Span:
    return Span(duration(seconds), "warning") if seconds >= 1 else Span(NONE, "dim")


def _slowest_first(process: Process) -> list[TopicProgress]:
    return sorted(process.topics, key=lambda topic: (-topic.staleness_seconds, -topic.lag_records, topic.topic))


def _counts(process: Process) -> list[tuple[str, int | None]]:
    return [("Restarts", process.restarts), ("Requests", process.requests)]


def _number(number: int | None, look: str = "plain") -> Line:
    if number is None:
        return (Span(NONE, "dim"),)
    return (Span(f"{number:,}", "warning" if look == "warning" and number else "plain"),)


def _problem(words: str, width: int) -> Line:
    return cut_line((Span(f" {FAILED} ", "bad"), *spans(words, "bad")), width)

"""A plan in words: a line for each session and each step, and what it adds up to. No float is printed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from decimal import Decimal

import msgspec

from simulator.personas import Action
from simulator.plan.plan import Plan
from simulator.plan.sessions import Session
from simulator.plan.summary import Summary
from simulator.scenario import Load, Loop

_COLUMNS = 80


def opening_lines(plan: Plan) -> list[str]:
    """The seed, and the load in words."""
    return [f"seed {plan.seed}: {load_words(plan.scenario.load)}"]


def load_words(load: Load) -> str:
    """A load in words, for example `partly-open loop, 200/s poisson for 1m, think time 1s`."""
    think = "" if load.loop is Loop.OPEN else f", think time {load.think}"
    if load.loop is Loop.CLOSED:
        return f"closed loop, {load.users} users for {load.duration}{think}"
    if load.profile:
        return f"{load.loop} loop, {load.arrivals} at {', '.join(map(str, load.profile))}{think}"
    return f"{load.loop} loop, {load.shape} {load.rate} {load.arrivals} for {load.duration}{think}"


def session_lines(session: Session) -> Iterator[str]:
    """A session and its steps, in columns."""
    person = session.role if session.role == "admin" else f"{session.role} {session.person}"
    yield f"{seconds(session.start_us):>12}  session {session.number}: {session.persona}, {person}"
    for step in session.steps:
        yield f"{'+' + seconds(step.think_us):>14}  {action_words(step.action)}"


def action_words(action: Action) -> str:
    """An action in words: its name, and what was chosen."""
    name, fields = str(action.__struct_config__.tag).replace("-", " "), msgspec.structs.asdict(action)
    chosen = ", ".join(_chosen(key, value) for key, value in fields.items() if value is not None and value is not False)
    return f"{name} ({chosen})" if chosen else name


def _chosen(key: str, value: object) -> str:
    words = key.replace("_", " ")
    if value is True:
        return words
    return f"{words} {value:.2f}" if isinstance(value, Decimal) else f"{words} {value}"


def seconds(microseconds: int) -> str:
    """A time in seconds, to the microsecond."""
    return f"{microseconds // 1_000_000}.{microseconds % 1_000_000:06d}"


def summary_lines(summary: Summary) -> list[str]:
    """The numbers of a plan."""
    document = summary.document()
    end = seconds(summary.plan.scenario.load.end)
    lines = [
        f"{summary.sessions:,} sessions with {summary.steps:,} steps begin within {end} s",
        *(line for name in ("personas", "operations", "cards") for line in _counted(name, document[name])),
    ]
    if summary.products:
        product, times = min(summary.products.items(), key=lambda entry: (-entry[1], entry[0]))
        total = summary.products.total()
        lines.append(f"most wanted: product {product}, {times:,} of {total:,} times put into a cart")
    if summary.overlaps:
        shoppers = summary.plan.scenario.population.shoppers
        lines.append(
            f"{summary.overlaps:,} sessions begin before the last one of the same shopper has ended: "
            f"{shoppers:,} shoppers are few for this load"
        )
    return [*lines, f"seed {summary.plan.seed}, sha256 {summary.digest}"]


def _counted(title: str, counts: dict[str, int]) -> list[str]:
    words = ", ".join(f"{number:,} {name}" for name, number in counts.items()) or "none"
    return textwrap.wrap(f"{title}: {words}", _COLUMNS, subsequent_indent="  ", break_on_hyphens=False)

"""The options of the commands that take a scenario: its name, a seed, and keys of its load."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from simulator.scenario import Scenario

_LARGEST_SEED = 999_999

ScenarioName = Annotated[
    str,
    typer.Argument(
        metavar="SCENARIO", help="shopping, flash-sale, checkout-heavy, online-marketplace, or a TOML file."
    ),
]
Seed = Annotated[
    int | None, typer.Option(min=0, max=2**63 - 1, help="Makes everything; drawn if not given.", show_default=False)
]
Loop = Annotated[str, typer.Option(metavar="LOOP", help="open, partly-open (think times), or closed.")]
Arrivals = Annotated[str, typer.Option(metavar="KIND", help="poisson, or constant.")]
Shape = Annotated[str, typer.Option(metavar="SHAPE", help="flat, ramp, spike, or soak.")]
Rate = Annotated[str, typer.Option(metavar="RATE", help="Sessions per second; or 200/s, 90/m.")]
DurationOption = Annotated[str, typer.Option(metavar="TIME", help="How long sessions begin: 90s, 1m30s.")]
Profile = Annotated[str, typer.Option(metavar="POINTS", help="Moments and rates instead: 0:50,30s:200,2m:200,2m30s:0.")]
Users = Annotated[int | None, typer.Option(min=1, help="Virtual users of a closed loop.", show_default=False)]
Think = Annotated[str, typer.Option(metavar="TIME", help="The mean of the think times.")]

Sessions = Annotated[
    str, typer.Option(metavar="NUMBERS", help="Only these sessions of the plan, as 3,17,40-60; not in a closed loop.")
]


def sessions_of(text: str, scenario: Scenario) -> frozenset[int] | None:
    """The sessions that were chosen, None for all; ends the command where they cannot be."""
    from simulator.plan.numbers import numbers_of
    from simulator.scenario import Loop

    if not text:
        return None
    if scenario.load.loop is Loop.CLOSED:
        raise typer.BadParameter("a closed loop has no sessions known beforehand", param_hint="--sessions")
    try:
        return numbers_of(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--sessions") from error


def load_flags(
    loop: str, arrivals: str, shape: str, rate: str, duration: str, profile: str, users: int | None, think: str
) -> dict[str, object]:
    """The keys of a load that were given."""
    given = {"loop": loop, "arrivals": arrivals, "shape": shape, "rate": rate, "duration": duration, "think": think}
    flags: dict[str, object] = {name: value for name, value in given.items() if value}
    if profile:
        flags["profile"] = [point.strip() for point in profile.split(",")]
    if users is not None:
        flags["users"] = users
    return flags


def seed_of(given: int | None) -> int:
    """The seed that was given, or one that is drawn."""
    return secrets.randbelow(_LARGEST_SEED) if given is None else given


def scenario_of(named: str, flags: dict[str, object]) -> Scenario:
    """The scenario with the flags; ends the command where there is none."""
    from simulator.scenario import ScenarioError, read_scenario

    try:
        return read_scenario(named, flags)
    except ScenarioError as error:
        raise typer.BadParameter(str(error)) from error

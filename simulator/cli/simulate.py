"""`marketplace simulate`: a load on a marketplace, from one seed. Each command imports its modules when it runs."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.reading import Json, explained, say

if TYPE_CHECKING:
    from simulator.scenario import Scenario

app = typer.Typer(no_args_is_help=True)

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


@app.callback()
def simulate() -> None:
    """Commands below `simulate`."""


@app.command()
def plan(
    scenario: ScenarioName = "shopping",
    seed: Seed = None,
    loop: Loop = "",
    arrivals: Arrivals = "",
    shape: Shape = "",
    rate: Rate = "",
    duration: DurationOption = "",
    profile: Profile = "",
    users: Users = None,
    think: Think = "",
    as_json: Json = False,
) -> None:
    """Print all sessions of a run with their steps, without running it. The same seed prints the same everywhere."""
    given = {"loop": loop, "arrivals": arrivals, "shape": shape, "rate": rate, "duration": duration, "think": think}
    flags: dict[str, object] = {name: value for name, value in given.items() if value}
    if profile:
        flags["profile"] = [point.strip() for point in profile.split(",")]
    if users is not None:
        flags["users"] = users
    with explained():
        print_plan(read(scenario, flags), secrets.randbelow(_LARGEST_SEED) if seed is None else seed, as_json)


@app.command()
def scenarios(
    name: Annotated[str, typer.Argument(metavar="[SCENARIO]", help="Print its file, to begin one's own with.")] = "",
) -> None:
    """List the scenarios that are there, or print the file of one."""
    from simulator.scenario import PRESETS, preset_text, read_scenario

    with explained():
        if not name:
            say([f"{each:<20}{read_scenario(each).description}" for each in PRESETS])
        elif name in PRESETS:
            typer.echo(preset_text(name), nl=False)
        else:
            raise typer.BadParameter(f"{name} is none of {', '.join(PRESETS)}", param_hint="SCENARIO")


def read(named: str, flags: dict[str, object]) -> Scenario:
    """The scenario with the flags; ends the command where there is none."""
    from simulator.scenario import ScenarioError, read_scenario

    try:
        return read_scenario(named, flags)
    except ScenarioError as error:
        raise typer.BadParameter(str(error)) from error


def print_plan(scenario: Scenario, seed: int, as_json: bool) -> None:
    """Print a plan: for people, or as lines of JSON, of which the first has the scenario and the last the numbers."""
    from services_stub.contracts.encoding import encode_json
    from simulator.plan import Plan, Summary
    from simulator.plan.summary import header
    from simulator.plan.text import opening_lines, session_lines, summary_lines

    made = Plan(scenario, seed)
    summary = Summary(made)
    say([header(made).decode()] if as_json else opening_lines(made))
    for session in made.sessions():
        line = encode_json(session)
        summary.add(session, line)
        say([line.decode()] if as_json else list(session_lines(session)))
    say([encode_json(summary.document()).decode()] if as_json else summary_lines(summary))

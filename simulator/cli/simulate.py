"""`marketplace simulate`: a load on a marketplace, from one seed. Each command imports its modules when it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.load_options import (
    Arrivals,
    DurationOption,
    Loop,
    Profile,
    Rate,
    ScenarioName,
    Seed,
    Sessions,
    Shape,
    Think,
    Users,
    load_flags,
    scenario_of,
    seed_of,
    sessions_of,
)
from simulator.cli.reading import Json, explained, say
from simulator.cli.simulate_check import check
from simulator.cli.simulate_report import compare, report
from simulator.cli.simulate_run import run
from simulator.cli.simulate_shrink import shrink
from simulator.cli.simulate_watch import watch

if TYPE_CHECKING:
    from simulator.scenario import Scenario

app = typer.Typer(no_args_is_help=True)
for command in (run, watch, check, report, compare, shrink):
    app.command()(command)


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
    sessions: Sessions = "",
    as_json: Json = False,
) -> None:
    """Print all sessions of a run with their steps, without running it. The same seed prints the same everywhere."""
    flags = load_flags(loop, arrivals, shape, rate, duration, profile, users, think)
    with explained():
        made_of = scenario_of(scenario, flags)
        print_plan(made_of, seed_of(seed), sessions_of(sessions, made_of), as_json)


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


@app.command()
def faults() -> None:
    """List the faults that a run can have, with their parameters and an example of each."""
    from simulator.faults.listing import listing_lines

    with explained():
        say(listing_lines())


def print_plan(scenario: Scenario, seed: int, only: frozenset[int] | None, as_json: bool) -> None:
    """Print a plan: for people, or as lines of JSON, of which the first has the scenario and the last the numbers."""
    from services_stub.contracts.encoding import encode_json
    from simulator.plan import Plan, Summary
    from simulator.plan.summary import header
    from simulator.plan.text import opening_lines, session_lines, summary_lines

    made = Plan(scenario, seed, only)
    summary = Summary(made)
    say([header(made).decode()] if as_json else opening_lines(made))
    for session in made.sessions():
        line = encode_json(session)
        summary.add(session, line)
        say([line.decode()] if as_json else list(session_lines(session)))
    say([encode_json(summary.document()).decode()] if as_json else summary_lines(summary))

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
from simulator.cli.simulate_run import FaultTexts, Nemesis, faults_of, run
from simulator.cli.simulate_shrink import shrink
from simulator.cli.simulate_watch import watch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.faults.run_faults import RunFaults
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
    fault: FaultTexts = None,
    nemesis: Nemesis = "",
    as_json: Json = False,
) -> None:
    """Print all sessions of a run with their steps, without running it. The same seed prints the same everywhere.

    The faults of a nemesis are those for a marketplace that is started for the run, with the embedded broker.
    """
    flags = load_flags(loop, arrivals, shape, rate, duration, profile, users, think)
    with explained():
        made_of = scenario_of(scenario, flags)
        drawn = seed_of(seed)
        faults = faults_of(fault or [], nemesis, drawn, int(made_of.load.end))
        print_plan(made_of, drawn, sessions_of(sessions, made_of), as_json, planned_faults(faults))


@app.command()
def scenarios(
    name: Annotated[str, typer.Argument(metavar="[SCENARIO]", help="Print its file, to begin one's own with.")] = "",
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of such files, for editors.")] = False,
) -> None:
    """List the scenarios that are there, or print the file of one."""
    from services_stub.contracts.encoding import indented_json
    from simulator.scenario import PRESETS, preset_text, read_scenario, scenario_schema

    with explained():
        if schema:
            typer.echo(indented_json(scenario_schema()))
        elif not name:
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


def planned_faults(faults: RunFaults) -> list[str]:
    """The faults for a marketplace of a run's own, as they are written; ends the command where it cannot have them."""
    from simulator.faults.planned import FaultError

    try:
        return faults.of_a_fresh_one()
    except FaultError as error:
        raise typer.BadParameter(str(error), param_hint="--fault and --nemesis") from error


def print_plan(
    scenario: Scenario, seed: int, only: frozenset[int] | None, as_json: bool, faults: Sequence[str] = ()
) -> None:
    """Print a plan: for people, or as lines of JSON, of which the first has the scenario and the last the numbers."""
    from services_stub.contracts.encoding import encode_json
    from simulator.plan import Plan, Summary
    from simulator.plan.summary import header
    from simulator.plan.text import opening_lines, session_lines, summary_lines

    made = Plan(scenario, seed, only)
    summary = Summary(made, faults)
    say([header(made, faults).decode()] if as_json else [*opening_lines(made), *(f"fault {fault}" for fault in faults)])
    for session in made.sessions():
        line = encode_json(session)
        summary.add(session, line)
        say([line.decode()] if as_json else list(session_lines(session)))
    say([encode_json(summary.document()).decode()] if as_json else summary_lines(summary))

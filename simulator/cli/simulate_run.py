"""`marketplace simulate run`: a load on a marketplace, and a verdict."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn

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
from simulator.cli.reading import INTERRUPTED, DataDir, KafkaConfig, say

if TYPE_CHECKING:
    from simulator.faults.run_faults import RunFaults
    from simulator.measure.slo import Slo
    from simulator.run.options import RunOptions
    from simulator.run.targets import Choice

Fresh = Annotated[bool, typer.Option("--fresh", help="Start a marketplace for this run; the default where none runs.")]
Gateway = Annotated[str, typer.Option(metavar="URL", help="A marketplace elsewhere; with --kafka.")]
Kafka = Annotated[str, typer.Option(metavar="HOST:PORT,...", help="Its Kafka; or embedded or apache, for --fresh.")]
FaultTexts = Annotated[
    list[str] | None, typer.Option("--fault", metavar="FAULT", help="As 'kill:payment@40s+10s'; repeat it for more.")
]
Nemesis = Annotated[
    str, typer.Option(metavar="KINDS", help="Draw faults of these kinds from the seed, or of all: kill,pause; all.")
]
Workers = Annotated[int, typer.Option(min=1, max=64, help="Processes that make the load.")]
Slos = Annotated[
    list[str] | None, typer.Option("--slo", metavar="SLO", help="As 'saga.paid.p99<500ms'; repeat it for more.")
]
Drain = Annotated[str, typer.Option(metavar="TIME", help="The longest wait for all that was begun.")]
Runs = Annotated[
    Path | None, typer.Option("--runs", metavar="DIR", help="Where run directories lie.", show_default=False)
]


def run(
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
    data_dir: DataDir = None,
    fresh: Fresh = False,
    gateway: Gateway = "",
    kafka: Kafka = "",
    kafka_config: KafkaConfig = None,
    fault: FaultTexts = None,
    nemesis: Nemesis = "",
    workers: Workers = 1,
    slo: Slos = None,
    drain: Drain = "30s",
    runs: Runs = None,
) -> None:
    """Load a marketplace as a shop is loaded, and say how fast it was and whether all that was begun came to its end.

    Exit codes: 0 pass, 1 invariant violated, 2 unknown, 3 SLO missed, 4 not drained, 64 bad arguments, 69 target not
    reachable, 70 internal error, 130 interrupted; the results are partial then.
    """
    from services_stub.client.user_files import state_directory
    from simulator.run.expectations import without_operations
    from simulator.run.options import RunOptions

    flags = load_flags(loop, arrivals, shape, rate, duration, profile, users, think)
    made_of, drawn = scenario_of(scenario, flags), seed_of(seed)
    options = RunOptions(
        scenario=made_of,
        seed=drawn,
        sessions=sessions_of(sessions, made_of),
        faults=faults_of(fault or [], nemesis, drawn, int(made_of.load.end)),
        choice=choice_of(data_dir, fresh, gateway, kafka, kafka_config),
        runs=(runs or state_directory() / "runs").expanduser().absolute(),
        workers=workers,
        drain_us=drain_of(drain),
        slos=slos_of(slo or []),
    )
    if refused := without_operations(options.slos, options.plan):
        raise typer.BadParameter("\n".join(refused), param_hint="--slo")
    raise typer.Exit(carried_out(options))


def choice_of(data_dir: Path | None, fresh: bool, gateway: str, kafka: str, kafka_config: Path | None) -> Choice:
    """The marketplace that is meant; ends the command where the options contradict each other."""
    from simulator.run.targets import Choice

    if sum((data_dir is not None, fresh, bool(gateway))) > 1:
        raise typer.BadParameter("choose one of them", param_hint="--data-dir, --fresh and --gateway")
    if gateway and not kafka:
        raise typer.BadParameter("the events are read from Kafka: give its addresses", param_hint="--kafka")
    if kafka and not (gateway or fresh):
        raise typer.BadParameter("goes with --gateway or --fresh", param_hint="--kafka")
    email, password = (os.environ.get(f"MARKETPLACE_{name}", "") for name in ("EMAIL", "PASSWORD"))
    admin = (email, password) if email and password else None
    return Choice(data_dir, fresh, gateway, kafka, kafka_config, admin)


def drain_of(text: str) -> int:
    """A duration in microseconds."""
    from simulator.scenario.quantities import duration_of

    try:
        return duration_of(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--drain") from error


def faults_of(texts: list[str], nemesis: str, seed: int, end_us: int) -> RunFaults:
    """The faults that were given, and those that are drawn."""
    from simulator.faults.nemesis import nemesis_words
    from simulator.faults.planned import FaultError, planned
    from simulator.faults.run_faults import RunFaults

    hint = "--fault"
    try:
        faults = [planned(text) for text in texts]
        hint = "--nemesis"
        return RunFaults(faults, nemesis_words(nemesis) if nemesis else (), seed=seed, end_us=end_us)
    except FaultError as error:
        raise typer.BadParameter(str(error), param_hint=hint) from error


def slos_of(texts: list[str]) -> list[Slo]:
    """The objectives."""
    from simulator.measure.slo import InvalidSlo, parse_slo

    try:
        return [parse_slo(text) for text in texts]
    except InvalidSlo as error:
        raise typer.BadParameter(str(error), param_hint="--slo") from error


def carried_out(options: RunOptions) -> int:
    """Carry out a run, with its seed as the first and the last line; the exit code."""
    from rich.console import Console

    from simulator.cli.live import told
    from simulator.plan.text import load_words
    from simulator.run.running import Run
    from simulator.workload.making import needed_by

    if options.choice.gateway and options.choice.admin is None and needed_by(options.plan).admin:
        account = "set MARKETPLACE_EMAIL and MARKETPLACE_PASSWORD to its account, or take it out of the mix"
        raise typer.BadParameter(f"the plan has sessions of an admin: {account}", param_hint="--gateway")
    say([f"seed {options.seed}: {load_words(options.scenario.load)}", *options.faults.lines()])
    lines, code = ["interrupted: the run had not begun"], INTERRUPTED
    # Ctrl-C while all this is read, or made, has nothing to end.
    with suppress(KeyboardInterrupt), told(Console()) as tell, _interrupted_by(signal.SIGTERM, signal.SIGHUP):
        try:
            made = Run(options, tell)
        except OSError as error:
            raise typer.BadParameter(f"{error.filename}: {error.strerror}", param_hint="--runs") from error
        code = made.execute()
        kept = [f"results: {made.directory.path}"] if made.directory.path.exists() else []
        lines = [*made.lines, *kept]
    say([*lines, f"seed {options.seed}"])
    return code


@contextmanager
def _interrupted_by(*numbers: signal.Signals) -> Iterator[None]:
    """Meanwhile these signals are as Ctrl-C."""

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in numbers}
    # A shell that starts a command in the background lets it ignore Ctrl-C.
    before[signal.SIGINT] = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""The run directory: the names of its files, and `run.json`, which is written first and completed last."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from services_stub.contracts.encoding import indented_json


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where the marketplace is. `data_dir` is empty for one that is reached by its addresses alone."""

    gateway: str
    bootstrap_servers: str
    data_dir: str = ""
    fresh: bool = False
    """It was started for this run, and ended after it."""
    kafka: str = ""
    """How its Kafka is run, as its control API says; empty where it has none."""


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A run, as `run.json` has it. Times are microseconds of Unix time; 0 for one that has not come.

    The load lasts from `started_at` to `load_ended_at`, and the drain until `drained_at`. `interrupted` and `failure`
    say why the run did not get to its end, and `unread` why the log was not read to its end; without `ended_at` it is
    under way, or was killed.
    """

    run_id: str
    seed: int
    scenario: dict[str, Any]
    target: Target
    versions: dict[str, str]
    machine: dict[str, str] = {}
    workers: int
    sessions: str = ""
    """The numbers of the sessions that it had, as they are written; empty for all of the plan."""
    faults: tuple[str, ...] = ()
    """The faults that it was to have, by hand and drawn, as they are written."""
    slos: tuple[str, ...] = ()
    planned_us: int = 0
    """How long sessions were to begin."""
    begun_at: int
    started_at: int = 0
    load_ended_at: int = 0
    drained_at: int = 0
    ended_at: int = 0
    drained: bool = False
    interrupted: bool = False
    failure: str = ""
    unread: str = ""


class RunDirectory:
    """The files of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run = path / "run.json"
        self.operations = path / "operations.msgpack"
        self.records = path / "records.msgpack"
        """A recording of `simulator.trace`: all records from before the population was made, until the drain."""
        self.population = path / "population.json"
        """The products as they were before the load, and the ids of sellers and shoppers by their numbers."""
        self.faults = path / "faults.jsonl"
        self.measurements = path / "measurements.json"
        self.lag = path / "lag.jsonl"
        self.processes = path / "processes.jsonl"
        self.progress = path / "progress.jsonl"
        self.final = path / "final.json"
        """The answers of the services after the drain."""
        self.violations = path / "violations.json"
        self.summary = path / "summary.json"
        self.report = path / "report.html"
        self.junit = path / "junit.xml"
        self.markdown = path / "summary.md"

    def read(self) -> RunRecord:
        """The run.

        Raises:
            msgspec.MsgspecError: `run.json` is none.
            OSError: it cannot be read.
        """
        return msgspec.json.decode(self.run.read_bytes(), type=RunRecord)

    def write(self, record: RunRecord) -> None:
        """Put `run.json` there, whole."""
        put_json(self.run, record)


def put_json(path: Path, content: Any) -> None:
    """Put indented JSON there, whole or not at all."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(indented_json(content), encoding="utf-8")
    temporary.replace(path)

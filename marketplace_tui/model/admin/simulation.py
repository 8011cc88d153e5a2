"""The run of the simulator that an admin watches, by the progress that it writes into its directory.

It is the newest of this marketplace, or the newest at all where there is none of this one, or one that was chosen.
Files are read in a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice
from pathlib import Path

import msgspec

from marketplace_tui.model.tasks import Tasks
from marketplace_tui.model.watched import Watched
from services_stub.contracts.control import State
from simulator.history import RunDirectory, Target
from simulator.history.progress import Begun, Ended, Progress, ProgressReader
from simulator.history.runs import is_carried_out, newest_runs, status_of
from simulator.report.watched_run import WatchedRun

MOST_RUNS = 50
"""So many runs can be chosen from, the newest of them."""

_MOST_AT_ONCE = 2_000
"""So much progress is taken in at a time: the event loop goes on between two times."""


class RunState(Enum):
    """How far a run is."""

    STARTING = auto()
    RUNNING = auto()
    ENDED = auto()
    PARTIAL = auto()
    """It was interrupted, or failed, and said so."""
    KILLED = auto()
    """Its process is gone, and has not said how it ended."""


@dataclass(frozen=True)
class FoundRun:
    """A run whose directory lies on this machine. What cannot be read of it is None.

    `is_own` says that it is about the marketplace of the client, and `status` how far it is, in words.
    """

    path: Path
    target: Target | None = None
    is_own: bool = False
    begun: Begun | None = None
    status: str = "cannot be read"

    @property
    def name(self) -> str:
        """The name of its directory, which is its id."""
        return self.path.name


@dataclass(frozen=True)
class Reading:
    """All runs, the newest first, and everything that is new of the one that is followed.

    It `begins` where another one was followed before, and `is_whole` where there is no more to be read now. `is_there`
    says whether its process is, as far as is known.
    """

    runs: tuple[FoundRun, ...] = ()
    run: FoundRun | None = None
    begins: bool = False
    progress: Sequence[Progress] = ()
    is_whole: bool = True
    is_there: bool = True
    reports: tuple[Path, ...] = ()

    @property
    def rest(self) -> tuple[object, ...]:
        """All but the progress, and how it was read."""
        return self.runs, self.run, self.is_there, self.reports


def belongs(target: Target, marketplace: State | None) -> bool:
    """Whether a run is about a marketplace: by its data directory, or by its gateway where the run knows that alone."""
    if marketplace is None:
        return False
    if target.data_dir:
        return target.data_dir == marketplace.data_dir
    return bool(target.gateway) and target.gateway.rstrip("/") == marketplace.gateway.rstrip("/")


def followed(runs: Sequence[FoundRun], chosen: str) -> FoundRun | None:
    """The run that was chosen, where it is there; else the newest of this marketplace, else the newest.

    `runs` are in their order, the newest first.
    """
    own = (run for run in runs if run.is_own)
    return next((run for run in runs if run.name == chosen), None) or next(own, None) or next(iter(runs), None)


def state_of(run: WatchedRun, is_there: bool) -> RunState:
    """How far a run is; `is_there` says whether its process is."""
    if run.ended is not None:
        return RunState.PARTIAL if run.ended.partial else RunState.ENDED
    if not is_there:
        return RunState.KILLED
    return RunState.RUNNING if run.seconds else RunState.STARTING


def reports_of(directory: RunDirectory) -> tuple[Path, ...]:
    """The reports that were written."""
    return tuple(path for path in (directory.report, directory.junit, directory.markdown) if path.is_file())


class RunReader:
    """Finds and reads runs. For threads, one at a time."""

    def __init__(self, runs: Path, marketplace: State | None) -> None:
        self._directory, self._marketplace = runs, marketplace
        self._runs: tuple[FoundRun, ...] = ()
        self._over: dict[Path, FoundRun] = {}
        """Those that do not change any more."""
        self._path: Path | None = None
        """The directory of the run that is followed."""
        self._progress = ProgressReader(runs)
        self._begun: Begun | None = None
        self._has_ended = False

    def read(self, chosen: str, *, again: bool) -> Reading:
        """Everything that is new; `again` looks for other runs, too.

        Raises:
            OSError: the directory of runs, or a run, cannot be read.
        """
        if again:
            self._runs = tuple(map(self._found, islice(newest_runs(self._directory), MOST_RUNS)))
        run = followed(self._runs, chosen)
        if run is None:
            self._path = None
            return Reading()
        directory, begins = RunDirectory(run.path), run.path != self._path
        if begins:
            self._progress, self._begun, self._has_ended = ProgressReader(directory.progress), None, False
        knew_process = self._begun is not None
        is_there = self._is_there  # asked first, so that what it wrote last is read
        progress = self._take()
        self._path = run.path
        return Reading(
            self._runs,
            run,
            begins,
            progress,
            len(progress) < _MOST_AT_ONCE,
            is_there if knew_process else self._is_there,
            reports_of(directory) if self._has_ended else (),
        )

    def _found(self, directory: RunDirectory) -> FoundRun:
        if directory.path in self._over:
            return self._over[directory.path]
        try:
            begun, status, is_over = status_of(directory)
            target = directory.read().target
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return FoundRun(directory.path)
        found = FoundRun(directory.path, target, belongs(target, self._marketplace), begun, status)
        if is_over:
            self._over[directory.path] = found
        return found

    @property
    def _is_there(self) -> bool:
        return self._has_ended or self._begun is None or is_carried_out(self._begun)

    def _take(self) -> list[Progress]:
        progress = list(islice(self._progress.new(), _MOST_AT_ONCE))
        for each in progress:
            match each:
                case Begun():
                    self._begun = each
                case Ended():
                    self._has_ended = True
        return progress


class Simulation(Watched):
    """The run that is followed, and all that is known of it.

    `chosen` is the name of a run that is followed whichever is the newest. `is_loaded` says that the runs were looked
    for, and `problem` why they cannot be read.
    """

    def __init__(self, tasks: Tasks, runs: Path, marketplace: State | None) -> None:
        super().__init__()
        self.runs, self.marketplace = runs, marketplace
        self.run = WatchedRun()
        self.shown = Reading()
        """The last reading."""
        self.chosen = ""
        self.problem = ""
        self.is_loaded = False
        self._tasks, self._reader = tasks, RunReader(runs, marketplace)
        self._reading: asyncio.Task[None] | None = None
        self._again = True

    @property
    def state(self) -> RunState:
        """How far the run is."""
        return state_of(self.run, self.shown.is_there)

    def look(self) -> None:
        """Read what is new; nothing, where that is being done."""
        if self._reading is None or self._reading.done():
            self._reading = self._tasks.start(self._read())

    def look_for_runs(self) -> None:
        """Look for other runs, too."""
        self._again = True
        self.look()

    def choose(self, name: str) -> None:
        """Follow a run; without a name the newest."""
        self.chosen = name
        self.look_for_runs()

    def close(self) -> None:
        """Stop reading."""
        if self._reading is not None:
            self._reading.cancel()

    async def _read(self) -> None:
        is_new = not self.is_loaded
        while True:
            again, self._again = self._again, False
            try:
                reading = await asyncio.to_thread(self._reader.read, self.chosen, again=again)
            except FileNotFoundError:  # a run that could not begin takes its directory away
                self._again = True
                break
            except OSError as error:
                self._again = True
                is_new, self.problem = is_new or str(error) != self.problem, str(error)
                break
            is_new = self._take(reading) or is_new
            if reading.is_whole and not self._again:
                break
        self.is_loaded = True
        if is_new:
            self.changed()

    def _take(self, reading: Reading) -> bool:
        """Take in what was read; whether that changes anything."""
        if reading.begins or reading.run is None:
            self.run = WatchedRun()
        for each in reading.progress:
            self.run.add(each)
        before, self.shown = self.shown, reading
        had_problem, self.problem = bool(self.problem), ""
        return bool(reading.progress) or had_problem or before.rest != reading.rest

"""The marketplace on a data directory: whether it runs and is ready, and what an earlier one left behind."""

from __future__ import annotations

import os
from pathlib import Path

from services_stub.client.control import ControlClient, ControlError, NotRunning, read_state
from services_stub.contracts.control import ActiveFault, State, Status
from services_stub.infra.config.directory import DataDirectory, is_locked
from services_stub.infra.inspection.doctor.diagnosis import Diagnosis, fine, note, wrong

PART = "marketplace"


def examine(directory: DataDirectory) -> list[Diagnosis]:
    """The marketplace, and the faults that are in force there."""
    locked = is_locked(directory)
    try:
        state = read_state(directory.root)
    except NotRunning:
        return [without_state(directory, locked)]
    if not locked:
        return [
            wrong(
                PART,
                f"none runs, and {directory.state_file} is left of one that was ended by force",
                "`marketplace up` starts it again, and replaces the file.",
            )
        ]
    return _running(directory, state)


def without_state(directory: DataDirectory, locked: bool) -> Diagnosis:
    """No state file: none runs, one is just starting or ending, or processes are left."""
    if not locked:
        return note(PART, f"none runs on {directory.root}", "`marketplace up` starts one.")
    return _not_answering(directory, "it has no state file", _supervisor_of(directory))


def judged(status: Status, faults: list[ActiveFault]) -> list[Diagnosis]:
    """The verdicts on a marketplace that answers."""
    if status.phase != "running":
        return [note(PART, f"{status.phase} since {status.started_at}", "Wait for it: `marketplace status`.")]
    paused = [part.name for part in status.services if part.paused]
    paused += [process.name for process in status.infrastructure if process.paused]
    missing = [process.name for process in status.infrastructure if not process.pid]
    waiting = [part.name for part in status.services if not part.ready and not part.paused]
    found: list[Diagnosis] = []
    if paused:
        found.append(
            wrong(PART, f"paused: {', '.join(paused)}", f"`marketplace admin resume {paused[0]}` lets it go on.")
        )
    if missing or waiting:
        names = [*missing, *waiting]
        reasons = "".join(
            f"; {part.name} {part.detail}" for part in status.services if part.name in names and part.detail
        )
        advice = f"`marketplace logs {names[0]}` says why."
        found.append(wrong(PART, f"not ready: {', '.join(names)}{reasons}", advice))
    if not found:
        found.append(fine(PART, f"runs at {status.gateway}, all services ready"))
    if faults:
        names = [fault.id for fault in faults]
        advice = "`marketplace admin clear-fault --all` takes them out of force."
        found.append(note("faults", f"in force: {', '.join(names)}", advice))
    return found


def holders(lock_file: Path) -> list[int]:
    """The processes that hold the lock of a data directory, as far as this user may see them (Linux)."""
    found = []
    for place in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if place.readlink() == lock_file:
                found.append(int(place.parts[2]))
        except OSError:
            continue
    return sorted({pid for pid in found if pid != os.getpid()})


def _running(directory: DataDirectory, state: State) -> list[Diagnosis]:
    control = ControlClient.of(state)
    try:
        return judged(control.status(), control.faults())
    except ControlError as error:
        return [_not_answering(directory, str(error), state.supervisor_pid)]


def _not_answering(directory: DataDirectory, reason: str, supervisor: int) -> Diagnosis:
    """Processes of a marketplace are there, and none of them answers."""
    if _alive(supervisor):
        return wrong(PART, f"it runs, and {reason}", "Wait for it, or read `marketplace logs supervisor`.")
    left = holders(directory.lock_file)
    pids = " ".join(map(str, left)) or "of another user, or hidden"
    return wrong(
        PART, f"processes of an earlier one are left: {pids}", f"End them: kill {pids}" if left else "End them."
    )


def _supervisor_of(directory: DataDirectory) -> int:
    try:
        return int(directory.lock_file.read_text())
    except (OSError, ValueError):
        return 0


def _alive(pid: int) -> bool:
    if not pid:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

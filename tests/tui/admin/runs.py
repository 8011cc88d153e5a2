"""Directories of runs as the simulator writes them, while a run is under way and after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from services_stub.contracts.times import to_microseconds
from simulator.history import FaultRecord, RunDirectory, RunRecord, Target
from simulator.history.directory import put_json
from simulator.history.progress import (
    Begun,
    Ended,
    FaultOver,
    Latencies,
    Moment,
    Phase,
    PhaseBegun,
    Progress,
    ProgressFile,
    Said,
    Second,
)
from simulator.measure.measurements import SECOND
from tests.tui.admin.data import STATE
from tests.tui.running import NOW

START = to_microseconds(NOW) - 42 * SECOND
"""The start of the load."""

OWN = Target(gateway=STATE.gateway, bootstrap_servers="127.0.0.1:9092", data_dir=STATE.data_dir)
OTHER = Target(gateway="http://127.0.0.1:8081", bootstrap_servers="127.0.0.1:9093", data_dir="/elsewhere")
FRESH = Target(gateway=STATE.gateway, bootstrap_servers="127.0.0.1:9094", data_dir="/tmp/made-for-it", fresh=True)
ELSEWHERE = Target(gateway="http://shop.test", bootstrap_servers="kafka:9092")

RESULTS = (
    "                        planned      ok  refused  none       p50       p99   raw p99",
    "place-order                 480     480        0     0   12.3 ms    856 ms    856 ms",
    "saga.paid                   480     437       43     0   25.7 ms    1.89 s    1.89 s",
    "judged: 6,777 records, 480 orders, 1,270 operations",
)


def text_as_it_is(text: str) -> str:
    """Texts of others that are none."""
    return text


def begun(name: str, text_of: Callable[[str], str] = text_as_it_is) -> Begun:
    """The first line."""
    load = text_of("open loop, flat 20/s constant for 1m")
    return Begun(at=START - 8 * SECOND, run_id=text_of(name), seed=7, pid=4711, load=load, planned_us=60 * SECOND)


def beginning(name: str, text_of: Callable[[str], str] = text_as_it_is) -> list[Progress]:
    """A run before its load."""
    made = text_of("population: 482 shoppers who come, 20 sellers, 200 products, in 3.0 s")
    return [
        begun(name, text_of),
        PhaseBegun(at=START - 8 * SECOND, phase=Phase.POPULATION, text=text_of("making the population")),
        moment(-2),
        Said(at=START - 2 * SECOND, text=made),
    ]


def load(seconds: int, text_of: Callable[[str], str] = text_as_it_is) -> list[Progress]:
    """The first seconds of the load, with a fault from the sixth second on."""
    found: list[Progress] = [PhaseBegun(at=START, phase=Phase.LOAD, text=text_of("load: open loop, flat 20/s"))]
    for number in range(1, seconds + 1):
        faults = (text_of("kill:payment@6s+30s"),) if 6 <= number < 36 else ()
        found += [second(number, text_of), moment(number, faults=faults, cpu=0.5)]
    if seconds >= 36:
        fault = FaultRecord(text_of("kill"), text_of("payment"), 1, 2, 3, 12, 30, text_of("started again"))
        found.append(FaultOver(at=START + 36 * SECOND, fault=fault))
    return found


def second(number: int, text_of: Callable[[str], str] = text_as_it_is) -> Second:
    """A second of the load; where a fault is in force, some have no answer."""
    slow = 6 <= number < 36
    return Second(
        at=START + number * SECOND,
        second=number,
        offered=20.0 + number % 3,
        achieved=20.0 - 2 * slow,
        outcomes={text_of("ok"): 18, **({text_of("unknown"): 2} if slow else {})},
        corrected=Latencies(8.0 + number % 4, 20.0, None if slow else 30.0 + number),
        raw=Latencies(8.0, 18.5, 28.5),
        open_sagas=number % 5,
        lag=40,
        limit=text_of("1 % of the operations started 5.3 ms late or later") if number == 41 else "",
    )


def moment(number: int, **changes: Any) -> Moment:
    """The backlog at a second of the load."""
    values = {"open_sagas": number % 5, "refunds_due": 0, "lag": 40 + number, "lag_seconds": 0.35, **changes}
    return Moment(at=START + number * SECOND, **values)


def ended(verdict: str = "pass", code: int = 0, text_of: Callable[[str], str] = text_as_it_is) -> Ended:
    """The last line."""
    lines = tuple(map(text_of, (*RESULTS, f"verdict: {verdict}")))
    return Ended(at=START + 70 * SECOND, verdict=text_of(verdict), exit_code=code, partial=code > 64, lines=lines)


def odd(number: float, whole: int, words: str) -> list[Progress]:
    """Progress with any numbers and texts."""
    latencies = Latencies(number, None, number)
    return [
        Begun(at=whole, run_id=words, seed=whole, pid=whole, load=words, planned_us=whole),
        Moment(
            at=whole, open_sagas=whole, refunds_due=whole, lag=whole, lag_seconds=number, faults=(words,), cpu=number
        ),
        *(
            Second(
                at=at,
                second=whole,
                offered=each,
                achieved=number,
                outcomes={words: whole, "failed": whole},
                corrected=latencies,
                raw=latencies,
                open_sagas=whole,
                lag=whole,
                limit=words,
            )
            for at, each in ((0, number), (whole, -number), (-whole, 0.0))
        ),
        FaultOver(at=whole, fault=FaultRecord(words, words, whole, whole, whole, whole, whole, words)),
    ]


def stored(runs: Path, name: str, progress: Iterable[Progress], target: Target | None = OWN) -> RunDirectory:
    """Put a run there, or more progress of it; one that has ended has its reports and its summary."""
    directory = RunDirectory(runs / name)
    directory.path.mkdir(parents=True, exist_ok=True)
    if target is not None:
        record = RunRecord(
            run_id=name, seed=7, scenario={}, target=target, versions={}, workers=1, begun_at=START - 8 * SECOND
        )
        directory.write(record)
    with ProgressFile(directory.progress, lambda _progress: None) as file:
        for each in progress:
            if isinstance(each, Ended):
                for report in (directory.report, directory.junit, directory.markdown):
                    report.write_text("a report")
                put_json(directory.summary, {"verdict": each.verdict, "exitCode": each.exit_code, "more": 1})
            file.add(each)
    return directory

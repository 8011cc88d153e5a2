"""Runs a plan at a marketplace, from the population to the verdict. However it ends, the run directory says so."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from services_stub.contracts.encoding import encode_json
from simulator.engine.http import ClientSender
from simulator.faults.planned import FaultError
from simulator.history import RunDirectory, RunRecord, Target
from simulator.history.directory import put_json
from simulator.history.progress import Begun, Ended, Phase, PhaseBegun, Progress, ProgressFile, Said
from simulator.history.verdict import (
    BAD_ARGUMENTS,
    INTERNAL_ERROR,
    INTERRUPTED,
    NOT_REACHABLE,
    Finding,
    Verdict,
    result_words,
    worst,
)
from simulator.plan.numbers import numbers_text
from simulator.plan.text import load_words
from simulator.report.writing import write_reports
from simulator.run.drain import drained
from simulator.run.expectations import without_faults
from simulator.run.final import final_reading
from simulator.run.judging import Outcomes, judged_run
from simulator.run.loading import Loading
from simulator.run.log_reader import LogReader
from simulator.run.machine import machine, versions
from simulator.run.online import OnlineAudit
from simulator.run.options import RunOptions
from simulator.run.processes import ProcessReader
from simulator.run.sampler import Sampler
from simulator.run.targets import NotReachable, Reached, reached
from simulator.run.unblocking import blocks_sellers, unblock_sellers
from simulator.trace.kafka_source import SourceUnavailable
from simulator.workload import answers
from simulator.workload.making import Maker, NotMade, needed_by
from simulator.workload.people import People
from simulator.workload.workload import ANSWER_TIMEOUT, MarketplaceWorkload

_SETTLE_SECONDS = 10.0


class Run:
    """One run. `tell` is given its progress, by any thread; the results are in `directory`."""

    def __init__(self, options: RunOptions, tell: Callable[[Progress], None]) -> None:
        """Raises OSError where the run directory cannot be made."""
        self._options = options
        self._plan = options.plan
        now = datetime.now(UTC)
        run_id = f"{now:%Y%m%dT%H%M%S}-{options.seed}-{secrets.token_hex(3)}"
        self.directory = RunDirectory(options.runs / run_id)
        self._record = RunRecord(
            run_id=run_id,
            seed=options.seed,
            scenario=msgspec.json.decode(encode_json(options.scenario)),
            target=Target(gateway=options.choice.gateway, bootstrap_servers=options.choice.kafka),
            versions=versions(),
            machine=machine(),
            workers=options.workers,
            sessions="" if options.sessions is None else numbers_text(options.sessions),
            slos=tuple(map(str, options.slos)),
            planned_us=int(options.scenario.load.end),  # a duration would be written as text
            begun_at=_now(),
        )
        self.directory.path.mkdir(parents=True)
        self._progress = ProgressFile(self.directory.progress, tell)
        self._loading = Loading(options, self._progress.add)
        self._reader: LogReader | None = None
        self._findings: list[Finding] = []
        self.lines: list[str] = []
        """The results in words."""

    def execute(self) -> int:
        """Run it; the exit code."""
        with self._progress:
            try:
                self.directory.write(self._record)
                self._progress.add(self._begun())
                return self._executed()
            except KeyboardInterrupt:  # before or behind all that there is to end
                self._keep(interrupted=True)
                return self._finish()

    def _executed(self) -> int:
        choice = self._options.choice
        links = self._options.faults.links(own_kafka=":" not in choice.kafka)
        try:
            with reached(choice, self._say, links) as found:
                self._keep(target=found.target)
                self._keep(faults=tuple(self._options.faults.check(found.state)))
                if refused := without_faults(self._options.slos, self._record.faults):
                    raise FaultError("\n".join(refused))
                with self._log_of(found) as self._reader, self._sampler(found, self._reader):
                    self._go(found, self._reader)
        except (NotReachable, FaultError) as error:
            shutil.rmtree(self.directory.path)
            self.lines = [str(error)]
            return BAD_ARGUMENTS if isinstance(error, FaultError) else NOT_REACHABLE
        except KeyboardInterrupt:
            self._keep(interrupted=True)
        except NotMade as error:
            self._findings.append(Finding(Verdict.UNKNOWN, f"the population cannot be made: {error}"))
        except Exception as error:  # noqa: BLE001 - a bug, or a worker that was killed: what was measured is kept
            self._keep_failure(error)
        return self._finish()

    def _log_of(self, found: Reached) -> LogReader:
        directory = self.directory
        try:
            audit, fresh = OnlineAudit(self._say), found.target.fresh
            return LogReader(found.cluster, directory.records, directory.lag, audit, from_beginning=fresh)
        except SourceUnavailable as error:
            raise NotReachable(str(error)) from error

    def _sampler(self, found: Reached, reader: LogReader) -> Sampler:
        processes = ProcessReader(Path(found.target.data_dir) if found.state is not None else None)
        in_force, tell = self._options.faults.in_force, self._progress.add
        return Sampler(self.directory.processes, processes, reader, in_force, tell)

    def _go(self, found: Reached, reader: LogReader) -> None:
        self._enter(Phase.POPULATION, "making the population")
        people = asyncio.run(self._populated(found))
        drained(reader, _SETTLE_SECONDS)  # where others use it, too, it may never be quiet
        self._enter(Phase.LOAD, f"load: {load_words(self._options.scenario.load)}")
        workload = MarketplaceWorkload(
            self._plan,
            self._record.run_id,
            found.target.gateway,
            people,
            self.directory.operations,
        )
        try:
            self._loading.run(workload, found, reader)
        finally:
            self._unblock(found, people)
        self._keep(started_at=self._loading.started_at, load_ended_at=self._loading.ended_at)
        self._enter(Phase.DRAIN, "waiting until all that was begun is at its end")
        left = drained(reader, self._options.drain_us / 1_000_000)
        self._keep(drained=left.nothing, drained_at=_now())
        if reader.failure:
            self._keep(unread=reader.failure)
            self._findings.append(Finding(Verdict.UNKNOWN, f"the log was not read to its end: {reader.failure}"))
        elif not left.nothing:
            self._findings.append(Finding(Verdict.NOT_DRAINED, str(left)))
        answers = asyncio.run(final_reading(found.target.gateway, people))
        put_json(self.directory.final, {**answers, "logStarts": reader.starts()})

    def _unblock(self, found: Reached, people: People) -> None:
        if blocks_sellers(self._plan):
            for problem in asyncio.run(unblock_sellers(found.target.gateway, people)):
                self._say(f"a seller may still be blocked: {problem}")

    async def _populated(self, found: Reached) -> People:
        needed, began = needed_by(self._plan), time.monotonic()
        async with ClientSender(found.target.gateway, timeout=ANSWER_TIMEOUT) as sender:
            people, products = await Maker(self._plan, sender, found.admin).make(needed)
        put_json(self.directory.population, _population_document(people, products))
        self._say(
            f"population: {len(needed.shoppers):,} shoppers who come, {len(needed.sellers):,} sellers, "
            f"{len(products):,} products, in {time.monotonic() - began:.1f} s"
        )
        return people

    def _finish(self) -> int:
        """Judge the run and write its results; those of a partial run where that is interrupted, or fails."""
        loading = self._loading
        self._keep(started_at=loading.started_at, load_ended_at=loading.ended_at)
        if loading.failure:
            self._findings.append(Finding(Verdict.UNKNOWN, loading.failure))
        if self._record.drained_at:
            self._enter(Phase.JUDGING, "judging all that was recorded")
        try:
            return self._results()
        except KeyboardInterrupt:
            self._keep(interrupted=True)
        except Exception as error:  # noqa: BLE001 - a bug in a judge: what was measured is kept
            self._keep_failure(error)
        return self._results()

    def _results(self) -> int:
        """Judge the run, write its results, and complete `run.json`; the exit code."""
        outcomes = Outcomes(
            replace(self._record, ended_at=_now()),
            self._loading.measurements,
            self._loading.faults,
            None if self._reader is None else self._reader.sagas,
            self._findings,
        )
        judged = judged_run(self.directory, outcomes, self._options.slos, self._options.judges)
        verdict = worst(judged.findings)
        code = verdict.exit_code
        if self._record.failure:
            code = INTERNAL_ERROR
        if self._record.interrupted:
            code = INTERRUPTED
        put_json(self.directory.summary, judged.document(verdict, code))
        self._keep(ended_at=judged.record.ended_at)
        last = f"verdict: {result_words(verdict.value, code)}"
        self.lines = [*judged.lines(), *self._record.failure.splitlines(), *self._written(), last]
        partial = code in (INTERRUPTED, INTERNAL_ERROR)
        self._progress.add(
            Ended(at=_now(), verdict=verdict.value, exit_code=code, partial=partial, lines=tuple(self.lines))
        )
        return code

    def _written(self) -> list[str]:
        """Write the reports; the reason where that cannot be done."""
        try:
            write_reports(self.directory)
        except Exception as error:  # noqa: BLE001 - the results do not depend on how they look
            return [f"no report was written: {type(error).__name__}: {error}"]
        return []

    def _begun(self) -> Begun:
        record, options = self._record, self._options
        return Begun(
            at=record.begun_at,
            run_id=record.run_id,
            seed=record.seed,
            pid=os.getpid(),
            load=load_words(options.scenario.load),
            planned_us=record.planned_us,
            faults=tuple(options.faults.lines()),
            slos=record.slos,
        )

    def _enter(self, phase: Phase, text: str) -> None:
        self._progress.add(PhaseBegun(at=_now(), phase=phase, text=text))

    def _say(self, text: str) -> None:
        self._progress.add(Said(at=_now(), text=text))

    def _keep_failure(self, error: Exception) -> None:
        self._keep(failure=f"{error}\n{traceback.format_exc()}")

    def _keep(self, **changes: Any) -> None:
        self._record = replace(self._record, **changes)
        self.directory.write(self._record)


def _population_document(people: People, products: list[answers.Product]) -> dict[str, Any]:
    """The population without its tokens: user ids by role and number, and the products by number."""
    return {
        "users": {
            role: {number: account.user_id for number, account in accounts.items()}
            for role, accounts in people.accounts.items()
        },
        "products": products,
    }


def _now() -> int:
    return time.time_ns() // 1000

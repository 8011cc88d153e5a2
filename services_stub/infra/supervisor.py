"""The supervisor: brings a marketplace up part by part, keeps its processes alive, and takes it down again."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from services_stub.infra import credentials, plan, ports, state, valkey
from services_stub.infra.brokers import ApacheBroker, Broker, EmbeddedBroker, ExternalBroker
from services_stub.infra.channel import Message
from services_stub.infra.control import control
from services_stub.infra.directory import DataDirectory, DirectoryLock
from services_stub.infra.errors import CannotStart
from services_stub.infra.fleet import Fleet
from services_stub.infra.http_server import serve
from services_stub.infra.options import APACHE, EMBEDDED, Options
from services_stub.infra.premises import CONTROL, CONTROLLER, KAFKA, Now, Premises
from services_stub.infra.readiness import is_ready, wait_until

_STORE_SECONDS = 10.0
_SERVICE_SECONDS = 30.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STARTING, RUNNING, ENDING = "starting", "running", "ending"

Announce = Callable[[str], None]
Started = Callable[[state.State], None]


class Supervisor:
    """One marketplace, from its first process to its last. Create it in a running event loop."""

    def __init__(self, premises: Premises, announce: Announce) -> None:
        self._premises = premises
        self._announce = announce
        self._fleet = Fleet(self._write_state, announce)
        self._broker = make_broker(premises, self._fleet)
        self._stop = asyncio.Event()
        self._phase = STARTING

    async def run(self, lock: int, started: Started) -> None:
        """Run until a signal, a request or the loss of the launcher; `started` is told when everything is ready.

        All processes inherit the descriptor `lock`.
        """
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._on_signal)
        self._fleet.open(lock)
        server = await serve(control(self, self._premises.control_token), ports.HOST, self._premises.ports[CONTROL])
        try:
            if await self._unless_ended(self._bring_up()):
                self._enter(RUNNING)
                started(self._premises.whole_state(self._now()))
                await self._unless_ended(asyncio.Event().wait())
        finally:
            self._enter(ENDING)
            lost = self._fleet.lost.is_set()
            await self._fleet.close()
            server.close()
            self._premises.directory.state_file.unlink(missing_ok=True)
        if lost:
            raise CannotStart(
                f"The launcher (process {self._fleet.launcher_pid}) ended unexpectedly, and everything with it. "
                "Start again with `marketplace up`."
            )

    async def status(self) -> state.Status:
        """What runs now; every service is asked whether it is ready."""
        names = self._premises.system.services
        ready = await asyncio.gather(*(is_ready(self._premises.ports[name]) for name in names))
        return self._premises.status(self._now(dict(zip(names, ready, strict=True))))

    def act_on_service(self, name: str, action: str) -> None:
        """Kill, pause, resume or restart the process of a service."""
        if name not in self._premises.system.services:
            raise KeyError(name)
        unit = self._fleet.units[plan.process_of(self._premises.options, name)]
        if action == "kill":
            self._fleet.signal(unit, signal.SIGKILL)
        elif action == "pause":
            self._fleet.pause(unit)
        elif action == "resume":
            self._fleet.resume(unit)
        else:
            self._fleet.end(unit, wanted=True)

    async def act_on_broker(self, request: Message) -> None:
        """Disturb the broker, or end its disturbance."""
        await self._broker.disturb(request)

    def shut_down(self) -> None:
        """Begin to end everything."""
        self._stop.set()

    def _on_signal(self) -> None:
        if self._stop.is_set():
            self._announce("Killing everything.")
            self._fleet.kill_all()
        else:
            self._announce("Ending; once more kills everything at once.")
        self._stop.set()

    async def _unless_ended(self, work: Coroutine[Any, Any, object]) -> bool:
        """Whether the work came to its end before the marketplace was to."""
        tasks = [asyncio.create_task(task) for task in (work, self._stop.wait(), self._fleet.lost.wait())]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        if self._stop.is_set() or self._fleet.lost.is_set():
            return False
        tasks[0].result()
        return True

    async def _bring_up(self) -> None:
        # Each sends its first order before it waits: broker and store start while the launcher imports the services.
        modules = list(self._premises.system.modules)
        await asyncio.gather(self._broker.start(), self._start_store(), self._fleet.load(modules))
        system, options = self._premises.system, self._premises.options
        settings = plan.settings_of(system, options, self._premises.wiring(self._broker.bootstrap_servers))
        for order in plan.processes_of(system, options, settings):
            self._fleet.keep(order)
        await asyncio.gather(*map(self._service_ready, system.services))
        if not self._premises.credentials.seeded:
            await self._seed()

    async def _start_store(self) -> None:
        log, port = self._premises.directory.log(valkey.NAME), self._premises.ports[valkey.NAME]
        unit = self._fleet.keep(valkey.order(self._premises.directory.of(valkey.NAME), log, port))
        await wait_until(lambda: valkey.answers(port), unit, "The cart store", log, _STORE_SECONDS)

    async def _service_ready(self, name: str) -> None:
        process = plan.process_of(self._premises.options, name)
        log, port = self._premises.directory.log(process), self._premises.ports[name]
        await wait_until(lambda: is_ready(port), self._fleet.units[process], name, log, _SERVICE_SECONDS)

    async def _seed(self) -> None:
        users = self._premises.credentials
        argument: Message = {
            "gateway": self._premises.gateway,
            "seed": self._premises.options.seed,
            "users": msgspec.to_builtins(users.users),
        }
        await self._fleet.job("seed", self._premises.system.seed_entry, argument, self._premises.directory.log("seed"))
        credentials.save(self._premises.directory.credentials_file, msgspec.structs.replace(users, seeded=True))

    def _now(self, ready: dict[str, bool] | None = None) -> Now:
        kafka = state.KafkaState(mode=self._broker.mode, bootstrap_servers=self._broker.bootstrap_servers)
        return Now(
            phase=self._phase,
            kafka=kafka,
            units=self._fleet.units,
            launcher_pid=self._fleet.launcher_pid,
            ready=ready or {},
        )

    def _enter(self, phase: str) -> None:
        self._phase = phase
        self._write_state()

    def _write_state(self) -> None:
        file = self._premises.directory.state_file
        try:
            state.write(file, self._premises.whole_state(self._now()))
        except OSError as error:
            self._announce(f"The state file {file} cannot be written: {error.strerror}.")


def make_broker(premises: Premises, fleet: Fleet) -> Broker:
    """The Kafka that the options ask for."""
    options, port = premises.options, premises.ports[KAFKA]
    if options.kafka == EMBEDDED:
        return EmbeddedBroker(fleet, premises.directory, port)
    if options.kafka == APACHE:
        return ApacheBroker(fleet, premises.directory, port, premises.ports[CONTROLLER])
    return ExternalBroker(fleet, premises.directory, options.kafka, options.kafka_config)


def run(system: plan.System, options: Options, announce: Announce, started: Started) -> None:
    """Run a marketplace on its data directory until it is told to end."""
    directory = DataDirectory(options.directory)
    directory.prepare()
    lock = DirectoryLock.take(directory, announce)
    try:
        directory.state_file.unlink(missing_ok=True)  # one that was killed left it
        asyncio.run(_run(Premises.settle(system, options), announce, lock.fileno, started))
    finally:
        lock.release()


async def _run(premises: Premises, announce: Announce, lock: int, started: Started) -> None:
    await Supervisor(premises, announce).run(lock, started)

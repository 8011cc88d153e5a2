"""The supervisor: starts the parts of a marketplace, keeps its processes alive, and ends them."""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from services_stub.client.user_files import replace_private
from services_stub.contracts.control import (
    Action,
    ActiveFault,
    BrokerAction,
    Faults,
    KafkaState,
    KillService,
    PauseService,
    Phase,
    ResumeService,
    State,
    Status,
)
from services_stub.contracts.control_faults import BrokerFault, ClockSkew, Fault, FullDisk, LinkFault, PaymentFault
from services_stub.infra import valkey
from services_stub.infra.config import credentials, ports
from services_stub.infra.config.directory import DataDirectory, DirectoryLock
from services_stub.infra.config.errors import CannotStart
from services_stub.infra.config.options import APACHE, EMBEDDED, KAFKA, SANDBOX, Options
from services_stub.infra.kafka.brokers import Broker, CannotDisturb, EmbeddedBroker
from services_stub.infra.kafka.foreign_brokers import ApacheBroker, ExternalBroker
from services_stub.infra.processes.managed_process import ManagedProcess
from services_stub.infra.processes.manager import ProcessManager
from services_stub.infra.processes.messages import Done
from services_stub.infra.processes.readiness import Readiness, readiness_of, wait_until_ready
from services_stub.infra.supervisor import plan
from services_stub.infra.supervisor.control import UnknownName, control
from services_stub.infra.supervisor.control_server import ControlServer
from services_stub.infra.supervisor.deployment import CONTROL, CONTROLLER, Deployment, Snapshot
from services_stub.infra.supervisor.full_disks import FullDisks
from services_stub.infra.supervisor.links import Links
from services_stub.infra.supervisor.log_sizes import bound_logs
from services_stub.infra.supervisor.messages import SeedArguments
from services_stub.infra.supervisor.service_faults import ServiceFaults
from services_stub.runtime.memory import begin_to_trim

_STORE_SECONDS = 10.0
_SERVICE_SECONDS = 30.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Announce = Callable[[str], None]
Started = Callable[[State], None]


class Supervisor:
    """One marketplace, from its first process to its last. Create it in a running event loop."""

    def __init__(self, deployment: Deployment, announce: Announce) -> None:
        self._deployment = deployment
        self._announce = announce
        self._processes = ProcessManager(self._on_change, announce)
        self._broker = make_broker(deployment, self._processes)
        self._service_faults = ServiceFaults(self._process_of, deployment.ports, deployment.internal_token)
        self._full_disks = FullDisks(self._process_of)
        self._links = Links(deployment.options.links, deployment.ports)
        self._stop = asyncio.Event()
        self._phase: Phase = "starting"

    async def run(self, lock: int, started: Started) -> None:
        """Run until a signal, a request or the loss of the launcher; `started` is told when everything is ready.

        All processes inherit the descriptor `lock`.
        """
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._on_signal)
        self._processes.open(lock)
        application = control(self, self._deployment.control_token)
        server = ControlServer(application, ports.HOST, self._deployment.ports[CONTROL])
        await server.start()
        await self._links.start()
        bounding = asyncio.create_task(bound_logs(self._deployment.directory.logs))
        try:
            if await self._unless_ended(self._start_all()):
                self._enter("running")
                started(self._deployment.state(self._snapshot()))
                await self._unless_ended(asyncio.Event().wait())
        finally:
            self._enter("ending")
            bounding.cancel()
            lost = self._processes.lost.is_set()
            await self._processes.close()
            await self._links.stop()
            await server.stop()
            self._deployment.directory.state_file.unlink(missing_ok=True)
        if lost:
            raise CannotStart(
                f"The launcher (process {self._processes.launcher_pid}) ended unexpectedly, and everything with it. "
                "Start again with `marketplace up`."
            )

    async def status(self) -> Status:
        """The state at this moment; every service is asked whether it is ready."""
        names = self._deployment.system.services
        ready = await asyncio.gather(*(readiness_of(self._deployment.ports[name]) for name in names))
        return self._deployment.status(self._snapshot(dict(zip(names, ready, strict=True))))

    async def act(self, action: Action) -> None:
        """Carry out an action on a service or on the broker."""
        if isinstance(action, BrokerAction):
            await self._broker.act(action)
            return
        self._check_name(action.service)
        process = self._process_of(action.service)
        if process is None:
            raise CannotDisturb(f"{action.service} has not been started yet")
        match action:
            case KillService():
                self._processes.signal(process, signal.SIGKILL)
            case PauseService():
                self._processes.pause(process)
            case ResumeService():
                self._processes.resume(process)
            case _:
                self._processes.end(process, wanted=True)

    async def faults(self) -> Faults:
        """The faults that are in force, with what the links have counted, and the broker if it answers."""
        hits, silent = self._links.hits(), list[str]()
        try:
            hits |= await self._broker.hits()
        except CannotDisturb:
            silent = [KAFKA]
        found: list[Fault] = [*self._broker.faults(), *self._full_disks.all(), *self._links.all()]
        found += self._service_faults.all()
        items = [ActiveFault(id=fault.id, fault=fault, hits=hits.get(fault.id)) for fault in found]
        return Faults(items=items, not_answering=silent)

    async def apply(self, fault: Fault) -> None:
        """Put a fault into force."""
        if isinstance(fault, FullDisk) and fault.service == KAFKA:
            if self._broker.mode != EMBEDDED:
                raise CannotDisturb(f"{fault.id}: only the embedded broker goes on where it cannot write")
        elif isinstance(fault, FullDisk | ClockSkew):
            self._check_name(fault.service)
        if isinstance(fault, BrokerFault):
            await self._broker.apply(fault)
        elif isinstance(fault, FullDisk):
            self._full_disks.apply(fault)
        elif isinstance(fault, LinkFault):
            self._links.apply(fault)
        elif isinstance(fault, PaymentFault) and self._deployment.options.payments != SANDBOX:
            provider = self._deployment.options.payments
            raise CannotDisturb(f"{fault.id}: payments go to {provider}; only the sandbox can be disturbed")
        else:
            await self._service_faults.apply(fault)

    async def clear(self, fault_id: str) -> None:
        """Take a fault out of force; KeyError if it is not in force."""
        own = {fault.id: keeper.clear for keeper in (self._full_disks, self._links) for fault in keeper.all()}
        if fault_id in own:
            own[fault_id](fault_id)
        elif any(fault.id == fault_id for fault in self._service_faults.all()):
            await self._service_faults.clear(fault_id)
        else:
            await self._broker.clear(fault_id)

    def shut_down(self) -> None:
        """Begin to end everything."""
        self._stop.set()

    def _check_name(self, service: str) -> None:
        if service not in self._deployment.system.services:
            raise UnknownName(f"there is no service {service}")

    def _process_of(self, service: str) -> ManagedProcess | None:
        name = KAFKA if service == KAFKA else plan.process_of(self._deployment.options, service)
        return self._processes.managed.get(name)

    def _on_signal(self) -> None:
        if self._stop.is_set():
            self._announce("Killing everything.")
            self._processes.kill_all()
        else:
            self._announce("Ending; once more kills everything at once.")
        self._stop.set()

    async def _unless_ended(self, work: Coroutine[Any, Any, object]) -> bool:
        """Whether the work came to its end before the marketplace was to."""
        tasks = [asyncio.create_task(task) for task in (work, self._stop.wait(), self._processes.lost.wait())]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        if self._stop.is_set() or self._processes.lost.is_set():
            return False
        tasks[0].result()
        return True

    async def _start_all(self) -> None:
        # Each sends its first command before it waits: broker and store start while the launcher imports the services.
        modules = list(self._deployment.system.modules)
        await asyncio.gather(self._broker.start(), self._start_store(), self._processes.load(modules))
        system, options = self._deployment.system, self._deployment.options
        settings = plan.settings_of(system, options, self._deployment.wiring(self._broker.bootstrap_servers))
        for command in plan.processes_of(system, options, settings):
            self._processes.supervise(command)
        await asyncio.gather(*map(self._service_ready, system.services))
        if not self._deployment.credentials.seeded:
            await self._seed()

    async def _start_store(self) -> None:
        log, port = self._deployment.directory.log(valkey.NAME), self._deployment.ports[valkey.NAME]
        password = self._deployment.credentials.cart_store_password
        command = valkey.command(self._deployment.directory.of(valkey.NAME), log, port, password)
        process = self._processes.supervise(command)
        await wait_until_ready(process, lambda: valkey.answers(port, password), _STORE_SECONDS, called="The cart store")

    async def _service_ready(self, name: str) -> None:
        process = self._processes.managed[plan.process_of(self._deployment.options, name)]
        found = Readiness(False)

        async def is_ready() -> bool:
            nonlocal found
            found = await readiness_of(self._deployment.ports[name])
            return found.ready

        await wait_until_ready(process, is_ready, _SERVICE_SECONDS, called=name, reason=lambda: found.detail)

    async def _seed(self) -> None:
        users = self._deployment.credentials
        argument = SeedArguments(
            gateway=self._deployment.gateway, seed=self._deployment.options.seed, users=users.users
        )
        log = self._deployment.directory.log("seed")
        await self._processes.run_job("seed", self._deployment.system.seed_entry, argument, log, Done)
        credentials.save(self._deployment.directory.credentials_file, msgspec.structs.replace(users, seeded=True))

    def _snapshot(self, ready: dict[str, Readiness] | None = None) -> Snapshot:
        kafka = KafkaState(mode=self._broker.mode, bootstrap_servers=self._broker.bootstrap_servers)
        return Snapshot(
            phase=self._phase,
            kafka=kafka,
            managed=self._processes.managed,
            launcher_pid=self._processes.launcher_pid,
            ready=ready or {},
        )

    def _enter(self, phase: Phase) -> None:
        self._phase = phase
        self._write_state()

    def _on_change(self) -> None:
        self._full_disks.renew()
        self._write_state()

    def _write_state(self) -> None:
        file = self._deployment.directory.state_file
        try:
            replace_private(file, self._deployment.state(self._snapshot()))
        except OSError as error:
            self._announce(f"The state file {file} cannot be written: {error.strerror}.")


def make_broker(deployment: Deployment, processes: ProcessManager) -> Broker:
    """The Kafka that the options ask for."""
    options, port = deployment.options, deployment.ports[KAFKA]
    if options.fresh:
        shutil.rmtree(deployment.directory.of(KAFKA))
    if options.kafka == EMBEDDED:
        return EmbeddedBroker(processes, deployment.directory, port, deployment.advertised, deployment.kafka_password)
    if options.kafka == APACHE:
        controller = deployment.ports[CONTROLLER]
        return ApacheBroker(processes, deployment.directory, port, controller, deployment.advertised)
    return ExternalBroker(processes, deployment.directory, options.kafka, options.kafka_config)


def run(system: plan.System, options: Options, announce: Announce, started: Started) -> None:
    """Run a marketplace on its data directory until it is told to end."""
    directory = DataDirectory(options.directory)
    directory.prepare()
    lock = DirectoryLock.take(directory, announce)
    try:
        if opened := directory.close_to_others():
            announce(f"Others could use {opened} files in {directory.root}: now they are for their owner alone.")
        directory.claim_format()
        directory.state_file.unlink(missing_ok=True)  # one that was killed left it
        begin_to_trim()
        asyncio.run(_run(Deployment.prepare(system, options), announce, lock.fileno, started))
    finally:
        lock.release()


async def _run(deployment: Deployment, announce: Announce, lock: int, started: Started) -> None:
    await Supervisor(deployment, announce).run(lock, started)

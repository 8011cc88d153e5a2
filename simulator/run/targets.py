"""The marketplace that a run is about: one that runs, one that is started for it alone, or one elsewhere."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from services_stub.client.control import ControlClient, ControlError, read_state
from services_stub.client.user_files import default_data_directory
from services_stub.contracts.control import State
from simulator.engine.http import ClientSender
from simulator.engine.scheduling import give_way
from simulator.history import Target
from simulator.marketplace_process import MarketplaceProcess, NotStarted, StartOptions
from simulator.measure.outcomes import Outcome
from simulator.trace.cluster import Cluster, properties_in
from simulator.trace.kafka_source import KafkaSource, SourceUnavailable
from simulator.workload import api

T = TypeVar("T")

_ANSWER_SECONDS = 3.0
"""Of gateway and Kafka, which are asked at the same time: who waits for a run learns within 5 s that it cannot be."""
_CONNECT_SECONDS = 1.0


class NotReachable(Exception):
    """The marketplace is not there; the message says which part of it, and what to do."""


@dataclass(frozen=True)
class Choice:
    """The marketplace that was asked for. `kafka` is the addresses for a gateway, or the kind of a fresh one.

    Without any of them it is the one on the default data directory, or a fresh one where none runs there.
    """

    data_dir: Path | None = None
    fresh: bool = False
    gateway: str = ""
    kafka: str = ""
    kafka_config: Path | None = None
    admin: tuple[str, str] | None = None
    """The account of an admin of a gateway; of another marketplace it is known."""


@dataclass(frozen=True)
class Reached:
    """A marketplace that answers. `state` has its control API, and is None for one behind a gateway elsewhere."""

    target: Target
    cluster: Cluster
    admin: tuple[str, str] | None
    state: State | None


@contextmanager
def reached(choice: Choice, say: Callable[[str], None], links: Sequence[str] = ()) -> Iterator[Reached]:
    """The marketplace that was chosen, as long as it is needed; a fresh one has these links.

    Raises:
        NotReachable: it does not answer, or does not start.
    """
    config = {} if choice.kafka_config is None else properties_in(choice.kafka_config)
    if choice.gateway:
        target = Target(gateway=choice.gateway.rstrip("/"), bootstrap_servers=choice.kafka)
        yield _answering(Reached(target, Cluster(choice.kafka, config), choice.admin, None))
        return
    state = None if choice.fresh else _running(choice.data_dir)
    if state is not None:
        yield _answering(_of(state, config, fresh=False))
        return
    with _fresh(choice, say, links) as own:
        yield _answering(_of(own, config, fresh=True))


def _running(data_dir: Path | None) -> State | None:
    """The marketplace on a data directory; None where none is named and none answers on the default one."""
    try:
        state = read_state((data_dir or default_data_directory()).expanduser())
        _within(ControlClient.of(state).status, f"the control API at {state.control_url}")()
    except (ControlError, NotReachable) as error:
        if data_dir is None and not isinstance(error, NotReachable):
            return None
        raise NotReachable(str(error)) from error
    return state


def _of(state: State, config: dict[str, str], *, fresh: bool) -> Reached:
    servers, admin = state.kafka.bootstrap_servers, state.user("admin")
    target = Target(
        gateway=state.gateway, bootstrap_servers=servers, data_dir=state.data_dir, fresh=fresh, kafka=state.kafka.mode
    )
    return Reached(target, Cluster(servers, {**state.kafka_config, **config}), (admin.email, admin.password), state)


@contextmanager
def _fresh(choice: Choice, say: Callable[[str], None], links: Sequence[str]) -> Iterator[State]:
    """A marketplace of this run's own, without rate limits, whose data is removed after it."""
    options = StartOptions(kafka=choice.kafka, kafka_config=choice.kafka_config, rate_limit="off", links=tuple(links))
    process, background = MarketplaceProcess(options, lambda _line: None), _Background()
    say("starting a marketplace")
    try:
        background.run(process.begin())
        state = background.run(process.ready())
        give_way(state.launcher_pid)
        yield state
    except NotStarted as error:
        raise NotReachable(f"the marketplace does not start: {error}") from error
    finally:
        say("ending the marketplace")
        try:
            left = background.run(process.stop())
        except KeyboardInterrupt:  # it was not to be waited for
            process.kill_now()
            left = background.run(process.stop())
        background.close()
        process.remove()
        if left:
            say(f"these processes are still there: {', '.join(map(str, left))}")


class _Background:
    """An event loop in a thread, which reads the output of a process while others are busy."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="marketplace", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def close(self) -> None:
        """End the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def _answering(found: Reached) -> Reached:
    """The marketplace, whose gateway and broker were both seen to answer."""
    kafka = _within(lambda: _check_kafka(found.cluster), f"Kafka at {found.cluster.bootstrap_servers}")
    asyncio.run(_check_gateway(found.target.gateway))
    kafka()
    return found


def _within(ask: Callable[[], T], called: str) -> Callable[[], T]:
    """Begin to ask, and return what waits for the answer; NotReachable where there is none in time."""
    answer, deadline = Future[T](), time.monotonic() + _ANSWER_SECONDS

    def work() -> None:
        try:
            answer.set_result(ask())
        except Exception as error:  # noqa: BLE001 - it is raised where the answer is waited for
            answer.set_exception(error)

    def wait() -> T:
        try:
            return answer.result(max(0, deadline - time.monotonic()))
        except TimeoutError:
            raise NotReachable(f"{called} does not answer within {_ANSWER_SECONDS:g} s") from None

    # A daemon, because neither librdkafka nor a connection that is silent can be interrupted.
    threading.Thread(target=work, daemon=True).start()
    return wait


def _check_kafka(cluster: Cluster) -> None:
    if not any(_accepts(address) for address in cluster.bootstrap_servers.split(",")):
        raise NotReachable(f"no Kafka broker at {cluster.bootstrap_servers} accepts connections")
    try:
        KafkaSource(cluster.bootstrap_servers, (), config=cluster.config).close()
    except SourceUnavailable as error:
        raise NotReachable(str(error)) from error


async def _check_gateway(url: str) -> None:
    try:
        async with ClientSender(url, timeout=timedelta(seconds=_ANSWER_SECONDS)) as sender:
            answer = await sender.send(api.live())
    except ValueError as error:  # no URL
        raise NotReachable(f"{url} cannot be asked: {error}") from error
    if answer.outcome is not Outcome.OK:
        reason = answer.body[:200].decode(errors="replace") or f"status {answer.status}"
        raise NotReachable(f"the gateway at {url} does not answer: {reason}")


def _accepts(address: str) -> bool:
    host, _, port = address.strip().rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), _CONNECT_SECONDS):
            return True
    except (OSError, ValueError, OverflowError):
        return False

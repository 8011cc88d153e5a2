"""Faults that services carry out: told over HTTP, kept for the next process, and taken back where that fails."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from services_stub.client import loopback
from services_stub.contracts.control_faults import (
    ClockSkew,
    DelayedRecords,
    DuplicatedRecords,
    PaymentOutage,
    ServiceFault,
)
from services_stub.infra.kafka.brokers import CannotDisturb
from services_stub.infra.processes.managed_process import ManagedProcess
from services_stub.infra.processes.messages import ServiceArguments, encode
from services_stub.infra.processes.protocol import Fork
from services_stub.infra.supervisor import service_faults
from services_stub.infra.supervisor.control import UnknownName
from services_stub.infra.supervisor.service_faults import ServiceFaults
from services_stub.runtime.settings import Settings

SLOW = DelayedRecords(topic="order-created", milliseconds=100)
TWICE = DuplicatedRecords(topic="product-updated", rate=0.5)

_HEADERS = {"x-internal-token": "secret", "content-type": "application/json"}


class Services:
    """Two services in one process, and payment in one of its own; `told` has what each was sent."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.told: list[tuple[str, list[ServiceFault]]] = []
        self.answers: list[int | OSError] = []
        shared = ManagedProcess(command("both", "order", "product"))
        self.processes = {"order": shared, "product": shared, "payment": ManagedProcess(command("payment", "payment"))}
        ports = {"order": 1, "product": 2, "payment": 3}
        self.faults = ServiceFaults(self.processes.get, ports, "secret")
        monkeypatch.setattr(loopback, "request", self._request)
        monkeypatch.setattr(service_faults, "_PAUSE", 0.0)

    def settings_of(self, service: str) -> Settings:
        fork = self.processes[service].command
        assert isinstance(fork, Fork)
        arguments = msgspec.json.decode(fork.argument, type=ServiceArguments)
        return next(own for own in arguments.services if own.service == service)

    def _request(self, method: str, url: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        answer = self.answers.pop(0) if self.answers else 204
        if isinstance(answer, OSError):
            raise answer
        assert (method, path, headers) == ("PUT", "/internal/faults", _HEADERS)
        if answer == 204:
            self.told.append((url, msgspec.json.decode(body, type=list[ServiceFault])))
        return answer, b"why not"


def command(name: str, *services: str) -> Fork:
    settings = [
        Settings(service=own, instance=own, port=0, bootstrap_servers="", data_dir="", internal_token="")
        for own in services
    ]
    return Fork(name=name, entry="", argument=msgspec.Raw(encode(ServiceArguments(services=settings))), log="")


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Services:
    return Services(monkeypatch)


def test_a_fault_is_told_to_its_service_and_to_the_process_that_replaces_it(services: Services) -> None:
    async def scenario() -> None:
        await services.faults.apply(SLOW)
        await services.faults.apply(TWICE)
        await services.faults.apply(PaymentOutage())
        assert services.faults.all() == [SLOW, TWICE, PaymentOutage()]
        await services.faults.clear(SLOW.id)

    asyncio.run(scenario())
    urls = {name: f"http://127.0.0.1:{port}" for name, port in (("order", 1), ("product", 2), ("payment", 3))}
    assert services.told == [
        (urls["order"], [SLOW]),
        (urls["product"], [TWICE]),
        (urls["payment"], [PaymentOutage()]),
        (urls["order"], []),
    ]
    assert services.faults.all() == [TWICE, PaymentOutage()]
    assert services.settings_of("product").faults == [TWICE]
    assert services.settings_of("order").faults == []


def test_a_service_that_is_being_started_again_hears_of_it_a_moment_later(services: Services) -> None:
    services.answers = [ConnectionRefusedError(), ConnectionRefusedError()]
    asyncio.run(services.faults.apply(SLOW))
    assert [faults for _, faults in services.told] == [[SLOW]]


@pytest.mark.parametrize("answers", [[OSError("away")] * 3, [500]], ids=str)
def test_a_service_that_does_not_take_it_has_no_fault(
    services: Services, answers: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_faults, "_TELL_SECONDS", -1.0)
    services.answers = answers
    with pytest.raises(CannotDisturb, match="order"):
        asyncio.run(services.faults.apply(SLOW))
    assert services.faults.all() == []
    assert services.settings_of("order").faults == []


def test_a_paused_service_is_not_waited_for(services: Services) -> None:
    services.processes["order"].paused = True
    with pytest.raises(CannotDisturb, match="resume it first"):
        asyncio.run(services.faults.apply(SLOW))


def test_a_clock_is_shifted_where_its_process_has_no_other_service(services: Services) -> None:
    ahead = ClockSkew(service="payment", milliseconds=1500)
    asyncio.run(services.faults.apply(ahead))
    assert services.told == [("http://127.0.0.1:3", [ahead])]
    assert services.settings_of("payment").faults == [ahead]
    with pytest.raises(CannotDisturb, match="order shares its process, and so its clock"):
        asyncio.run(services.faults.apply(ClockSkew(service="order", milliseconds=1)))
    assert services.faults.all() == [ahead]
    assert services.settings_of("order").faults == []


def test_only_topics_and_faults_that_there_are_can_be_named(services: Services) -> None:
    with pytest.raises(UnknownName, match="there is no topic order-created"):
        asyncio.run(services.faults.apply(DelayedRecords(topic="order-created.dlq", milliseconds=1)))
    with pytest.raises(KeyError):
        asyncio.run(services.faults.clear(SLOW.id))
    del services.processes["order"]
    with pytest.raises(CannotDisturb, match="has not been started yet"):
        asyncio.run(services.faults.apply(SLOW))

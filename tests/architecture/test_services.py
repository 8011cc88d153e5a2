"""Every service follows the template of CONTRIBUTING.md: the same names in the same places, and tests of its own."""

from __future__ import annotations

import ast
import functools
import importlib
from typing import Any

import pytest

from services_stub.contracts.events import EVENTS, owner_of
from services_stub.infra.config.services import GATEWAY, SERVICES, module_of
from services_stub.runtime.peers import EVERY_PEER
from services_stub.runtime.service import Service
from tests.architecture.test_size import ROOT

TEMPLATE_SERVICES = [name for name in SERVICES if name != GATEWAY]


def declared(name: str) -> Service:
    service: Service = importlib.import_module(module_of(name)).SERVICE
    return service


def part_of(name: str, module: str) -> Any:
    return importlib.import_module(f"services_stub.{name}.{module}")


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_named_like_its_folder(name: str) -> None:
    assert declared(name).name == name


@pytest.mark.parametrize("name", SERVICES)
def test_its_routes_stand_in_api(name: str) -> None:
    service, api = declared(name), part_of(name, "api")
    assert service.routes is api.ROUTES
    assert service.fast_routes is getattr(api, "FAST_ROUTES", ())


@pytest.mark.parametrize("name", TEMPLATE_SERVICES)
def test_its_tables_stand_in_store(name: str) -> None:
    service = declared(name)
    assert service.tables is None or service.tables is part_of(name, "store").TABLES


@pytest.mark.parametrize("name", TEMPLATE_SERVICES)
def test_a_handler_of_an_event_is_named_after_its_topic(name: str) -> None:
    found = {event.topic: name_of(handler) for event, handler in declared(name).handlers.items()}
    assert found == {topic: f"on_{topic.replace('-', '_')}" for topic in found}


@pytest.mark.parametrize("name", SERVICES)
def test_it_makes_no_events_but_its_own(name: str) -> None:
    """Those in the module of its name; the diagram and the AsyncAPI document take the publisher from there."""
    events = {event.__name__: owner_of(event) for event in EVENTS}
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "services_stub" / name).rglob("*.py")]
    calls = [node.func for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    made = {call.id for call in calls if isinstance(call, ast.Name) and call.id in events}
    assert {event: events[event] for event in made if events[event] != name} == {}


@pytest.mark.parametrize("name", SERVICES)
def test_the_peers_that_it_calls_are_services(name: str) -> None:
    calls = declared(name).calls
    assert calls == EVERY_PEER or set(calls) <= set(SERVICES) - {name}


@pytest.mark.parametrize("name", SERVICES)
def test_its_workers_follow_topics_only_where_it_says_so(name: str) -> None:
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "services_stub" / name).rglob("*.py")]
    assert any("runtime.kafka.tail import" in text for text in texts) == bool(declared(name).follows)


@pytest.mark.parametrize("name", SERVICES)
def test_it_has_tests_that_run_it_as_production_does(name: str) -> None:
    folder = ROOT / "tests" / "unit" / name
    assert (folder / "__init__.py").is_file()
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("*.py")]
    assert any("tests.unit.serving import" in text for text in texts)


def name_of(handler: Any) -> str:
    """The name of a handler, also of one that was given its first arguments already."""
    function = handler.func if isinstance(handler, functools.partial) else handler
    name: str = function.__name__
    return name

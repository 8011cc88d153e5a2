"""Every service follows the template of CONTRIBUTING.md: the same names in the same places, and tests of its own."""

from __future__ import annotations

import functools
import importlib
from typing import Any

import pytest

from services_stub.infra.config.services import GATEWAY, SERVICES, module_of
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

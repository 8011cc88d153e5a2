"""Contract types of import-linter whose lists are written by the one list of services.

`services_stub.{service}` stands for every service, `services_stub.{template_service}` for those that follow the
template (all but the gateway), and `{services}` for all of them as independent siblings of one layer.
"""

from __future__ import annotations

from typing import Any

from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.layers import LayersContract

from services_stub.infra.config.services import GATEWAY, SERVICES


def expanded(options: dict[str, Any]) -> dict[str, Any]:
    """The options of a contract with the placeholders of their lists filled in."""
    return {name: _expanded_list(value) if isinstance(value, list) else value for name, value in options.items()}


def _expanded_list(items: list[str]) -> list[str]:
    found: list[str] = []
    for item in items:
        if "{template_service}" in item:
            found += [item.replace("{template_service}", service) for service in SERVICES if service != GATEWAY]
        elif "{service}" in item:
            found += [item.replace("{service}", service) for service in SERVICES]
        else:
            found.append(item.replace("{services}", " | ".join(SERVICES)))
    return found


class ServiceLayers(LayersContract):
    """A layers contract with placeholders for services."""

    def __init__(self, name: str, session_options: dict[str, Any], contract_options: dict[str, Any]) -> None:
        super().__init__(name, session_options, expanded(contract_options))


class ServiceForbidden(ForbiddenContract):
    """A forbidden contract with placeholders for services."""

    def __init__(self, name: str, session_options: dict[str, Any], contract_options: dict[str, Any]) -> None:
        super().__init__(name, session_options, expanded(contract_options))

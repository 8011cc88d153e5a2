"""The operations of admins: finding accounts, products and orders, and the processes and faults of a marketplace."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, get_args

import msgspec

from marketplace_tui.operations.finding import whole_id
from services_stub.client.control import ControlClient
from services_stub.client.errors import InvalidInput, NotFound
from services_stub.client.marketplace import MarketplaceClient
from services_stub.contracts.base import Body
from services_stub.contracts.control import (
    Action,
    ActiveFault,
    KillBroker,
    KillService,
    PauseService,
    RestartBroker,
    RestartService,
    ResumeService,
    StartBroker,
    Status,
    StopBroker,
)
from services_stub.contracts.control_faults import Fault
from services_stub.contracts.http.analytics import Series, Summary
from services_stub.contracts.http.auth import User
from services_stub.contracts.http.gateway import Health
from services_stub.contracts.http.page import LARGEST_PAGE, Page
from services_stub.contracts.http.product import Product
from services_stub.contracts.problem import FieldError, problem

Verb: TypeAlias = Literal["kill", "pause", "resume", "restart"]

BROKER = "kafka"
"""The name of the broker among the processes."""

_OF_BROKER: Mapping[Verb, Action] = {
    "kill": KillBroker(),
    "pause": StopBroker(),
    "resume": StartBroker(),
    "restart": RestartBroker(),
}
_OF_SERVICE: Mapping[Verb, type[KillService | PauseService | ResumeService | RestartService]] = {
    "kill": KillService,
    "pause": PauseService,
    "resume": ResumeService,
    "restart": RestartService,
}

FAULTS: Mapping[str, type[msgspec.Struct]] = {
    str(kind.__struct_config__.tag): kind for union in get_args(Fault) for kind in (get_args(union) or (union,))
}
"""The kinds of fault by their names in the contract."""


class Overview(Body, frozen=True, kw_only=True):
    """The marketplace in numbers, and in steps of time."""

    summary: Summary
    series: Series


class Services(Body, frozen=True, kw_only=True):
    """The services as the gateway sees them, and their processes where the marketplace runs on this machine."""

    health: Health
    processes: Status | None


class ClearedFaults(Body, frozen=True, kw_only=True):
    """The faults that were taken out of force."""

    items: list[ActiveFault]


async def overview(
    client: MarketplaceClient, resolution: Literal["second", "minute", "hour"], *, points: int, top: int
) -> Overview:
    """The numbers of the analytics service, asked for at once."""
    summary, series = await asyncio.gather(
        client.analytics.summary(top=top), client.analytics.series(resolution, points=points)
    )
    return Overview(summary=summary, series=series)


async def services(client: MarketplaceClient, control: ControlClient | None) -> Services:
    """The services, and their processes where there is a control API to ask."""
    if control is None:
        return Services(health=await client.health.ready(), processes=None)
    health, status = await asyncio.gather(client.health.ready(), asyncio.to_thread(control.status))
    return Services(health=health, processes=status)


def action_on(verb: Verb, name: str) -> Action:
    """The action on a process. To pause the broker is to cut all connections to it; its records stay."""
    return _OF_BROKER[verb] if name == BROKER else _OF_SERVICE[verb](service=name)


def fault_of(kind: str, fields: Mapping[str, Any]) -> Fault:
    """The fault of a kind with the fields that are given, by their names in the contract.

    Raises:
        InvalidInput: there is no such kind, it needs another field or does not have one of these, or a value is out of
            its bounds.

    """
    if kind not in FAULTS:
        raise InvalidInput(problem(400, "invalid-input", f"no fault is called {kind}; there are {', '.join(FAULTS)}"))
    try:
        fault: Fault = msgspec.convert({"type": kind, **fields}, type=Fault)
    except msgspec.ValidationError as error:
        names = FAULTS[kind].__struct_encode_fields__
        needs = f"{kind} takes {', '.join(names)}" if names else f"{kind} takes nothing more"
        raise InvalidInput(
            problem(400, "invalid-input", needs, errors=[FieldError(field=kind, message=str(error))])
        ) from error
    return fault


async def clear_faults(control: ControlClient, fault_id: str) -> ClearedFaults:
    """Take a fault out of force, or all of them where no id is given.

    Raises:
        NotFound: no such fault is in force.

    """
    active = await asyncio.to_thread(control.faults)
    chosen = [fault for fault in active if fault_id in ("", fault.id)]
    if fault_id and not chosen:
        known = ", ".join(fault.id for fault in active) or "none"
        raise NotFound(problem(404, "fault-not-found", f"{fault_id} is not in force; in force: {known}"))
    for fault in chosen:
        await asyncio.to_thread(control.clear, fault.id)
    return ClearedFaults(items=chosen)


async def find_seller(client: MarketplaceClient, text: str) -> str:
    """The id of a seller, by the e-mail address, the id or the end of it."""

    async def page(cursor: str) -> Page[User]:
        query = text.strip() if "@" in text else ""
        return await client.admin.users(query, role="seller", cursor=cursor, limit=LARGEST_PAGE)

    if "@" not in text:
        return await whole_id(text, "seller", page, lambda user: user.user_id)
    for user in (await page("")).items:
        if user.email.casefold() == text.strip().casefold():
            return user.user_id
    raise NotFound(problem(404, "seller-not-found", f"no seller has the e-mail address {text.strip()}"))


async def find_any_product(client: MarketplaceClient, text: str) -> str:
    """The id of a product, whatever its status, by its id or the end of it."""

    async def page(cursor: str) -> Page[Product]:
        return await client.admin.products(cursor=cursor, limit=LARGEST_PAGE)

    return await whole_id(text, "product", page, lambda product: product.product_id)

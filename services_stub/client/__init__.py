"""The public client of the marketplace: httpx, asynchronous, one typed method per operation of the gateway.

Names are imported when they are first used, so that the control client, which needs no httpx, does not wait for it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from services_stub.client.errors import (
        Conflict,
        ContractBroken,
        InvalidInput,
        MarketplaceError,
        NotAllowed,
        NotFound,
        OutcomeUnknown,
        RateLimited,
        RequestRefused,
        ServerFault,
        SignInAgain,
        TryLater,
        Unreachable,
    )
    from services_stub.client.marketplace import MarketplaceClient
    from services_stub.client.session import Session
    from services_stub.client.stream import Gap, LiveEvent

__all__ = [
    "Conflict",
    "ContractBroken",
    "Gap",
    "InvalidInput",
    "LiveEvent",
    "MarketplaceClient",
    "MarketplaceError",
    "NotAllowed",
    "NotFound",
    "OutcomeUnknown",
    "RateLimited",
    "RequestRefused",
    "ServerFault",
    "Session",
    "SignInAgain",
    "TryLater",
    "Unreachable",
]

_MODULES = {"MarketplaceClient": "marketplace", "Session": "session", "Gap": "stream", "LiveEvent": "stream"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{_MODULES.get(name, 'errors')}")
    return globals().setdefault(name, getattr(module, name))

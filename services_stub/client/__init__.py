"""The public client of the marketplace: httpx, asynchronous, one typed method per operation of the gateway."""

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

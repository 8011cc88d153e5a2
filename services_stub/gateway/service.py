"""The gateway as a service: its own routes, the pass-through in front of them, and its workers, which follow Kafka."""

from __future__ import annotations

from collections.abc import Sequence

from litestar.types import ASGIApp

from services_stub.contracts.events import DeadLetterClosed
from services_stub.gateway.api import ROUTES
from services_stub.gateway.blocked import BLOCKING
from services_stub.gateway.openapi import OWN
from services_stub.gateway.passthrough import PassThrough
from services_stub.gateway.resources import resources_of
from services_stub.gateway.streams import BoundedStreams
from services_stub.gateway.visibility import STREAMED
from services_stub.runtime.context import Context
from services_stub.runtime.peers import EVERY_PEER
from services_stub.runtime.service import Service, Worker
from services_stub.runtime.settings import gateway_token


def _workers(context: Context) -> Sequence[Worker]:
    resources = resources_of(context)
    workers: list[Worker] = [resources.blocked, resources.broadcaster, resources.dead_letters]
    return workers if resources.hops is None else [*workers, resources.hops]


def _in_front(own: ASGIApp, context: Context) -> ASGIApp:
    resources = resources_of(context)
    return PassThrough(
        BoundedStreams(own, context.verifier),
        resources.services,
        resources.blocked,
        resources.limits,
        resources.answer_times,
        resources.hops,
        token=gateway_token(context.settings.internal_token),
        trace_sampling=context.settings.trace_sampling,
    )


SERVICE = Service(
    name=OWN,
    routes=ROUTES,
    follows=(*STREAMED, *BLOCKING, DeadLetterClosed),
    calls=EVERY_PEER,
    workers=_workers,
    wrap=_in_front,
    is_public=True,
)

"""The payment service as the runtime starts it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from services_stub.contracts.events.order import OrderUpdated
from services_stub.payment.api import ROUTES
from services_stub.payment.domain import Provider
from services_stub.payment.handlers import handlers, keeps_its_money
from services_stub.payment.handlers.charging import ChargeWorker
from services_stub.payment.handlers.jobs import Jobs
from services_stub.payment.store import TABLES
from services_stub.payment.store.sandbox import Sandbox
from services_stub.payment.store.sandbox_faults import SandboxFaults
from services_stub.runtime.context import Context
from services_stub.runtime.service import Service, Worker
from services_stub.runtime.settings import Settings


def payment_service() -> Service:
    """The service. Its jobs join the handlers, which the runtime is given now, to the worker of the started service."""
    jobs = Jobs()

    def workers(context: Context) -> Sequence[Worker]:
        faults = SandboxFaults(context.settings.seed)
        context.faults.listen(faults.replace)
        return [ChargeWorker(jobs, provider_of(context.settings, faults), context.write_from_thread, random.Random())]

    return Service(
        name="payment",
        routes=ROUTES,
        tables=TABLES,
        handlers=handlers(jobs),
        filters={OrderUpdated: keeps_its_money},
        workers=workers,
    )


def provider_of(settings: Settings, faults: SandboxFaults) -> Provider:
    """Stripe where a file with its key is named, otherwise the sandbox, which alone has faults."""
    key_file = settings.options.get("stripe_key_file")
    if not key_file:
        return Sandbox(Path(settings.data_dir) / "sandbox.db", faults=faults)
    # Its HTTP client takes memory that a sandbox does not need.
    from services_stub.payment.store.stripe import Stripe

    return Stripe(Path(key_file).read_text().strip(), settings.options["stripe_url"])


SERVICE = payment_service()

"""The payment service as the runtime starts it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from services_stub.contracts.events.order import OrderUpdated
from services_stub.payment.api import ROUTES, WEBHOOKS
from services_stub.payment.domain import Provider
from services_stub.payment.handlers import handlers, keeps_its_money
from services_stub.payment.handlers.charging import ChargeWorker
from services_stub.payment.handlers.jobs import Jobs
from services_stub.payment.handlers.watch import EVERY
from services_stub.payment.handlers.webhooks import Webhooks
from services_stub.payment.store import TABLES
from services_stub.payment.store.sandbox import Sandbox
from services_stub.payment.store.sandbox_faults import SandboxFaults
from services_stub.payment.store.webhooks import RazorpayWebhooks, StripeWebhooks
from services_stub.runtime.context import Context
from services_stub.runtime.periodic import PeriodicWorker
from services_stub.runtime.service import Service, Worker
from services_stub.runtime.settings import Settings


def payment_service() -> Service:
    """The service. Its jobs join the handlers, which the runtime is given now, to the worker of the started service."""
    jobs = Jobs()

    def workers(context: Context) -> Sequence[Worker]:
        settings, faults = context.settings, SandboxFaults(context.settings.seed)
        context.faults.listen(faults.replace)
        if webhooks := webhooks_of(settings, jobs):
            context.state[WEBHOOKS] = webhooks
        worker = ChargeWorker(jobs, provider_of(settings, faults), context.write_from_thread, random.Random())
        context.silences["the payment provider"] = worker.watch.silence
        # They stop in this order: the second one closes the connections of the provider.
        return [PeriodicWorker("provider-watch", worker.watch.look, EVERY), worker]

    return Service(
        name="payment",
        routes=ROUTES,
        tables=TABLES,
        handlers=handlers(jobs),
        filters={OrderUpdated: keeps_its_money},
        workers=workers,
    )


def provider_of(settings: Settings, faults: SandboxFaults) -> Provider:
    """The provider that the options name, with the key in their file; else the sandbox, which alone has faults."""
    options = settings.options
    if "provider" not in options:
        return Sandbox(Path(settings.data_dir) / "sandbox.db", faults=faults)
    key, _ = _keys(settings)
    # Their HTTP client takes memory that a sandbox does not need.
    if options["provider"] == "razorpay":
        from services_stub.payment.store.razorpay import Razorpay

        return Razorpay(key, options["url"])
    from services_stub.payment.store.stripe import Stripe

    return Stripe(key, options["url"])


def webhooks_of(settings: Settings, jobs: Jobs) -> Webhooks | None:
    """The webhooks of the provider; None without a secret of theirs."""
    provider = settings.options.get("provider")
    if provider is None or not (secret := _keys(settings)[1]):
        return None
    reader = RazorpayWebhooks(secret) if provider == "razorpay" else StripeWebhooks(secret)
    return Webhooks(provider, reader, jobs)


def _keys(settings: Settings) -> tuple[str, str]:
    """The key and the secret of the webhooks, in the first two lines of the key file."""
    key, secret, *_ = [*Path(settings.options["key_file"]).read_text().split("\n"), ""]
    return key.strip(), secret.strip()


SERVICE = payment_service()

"""The auth service, wired."""

from __future__ import annotations

from collections.abc import Sequence

from services_stub.auth.api import ROUTES, TOLD
from services_stub.auth.handlers.password_resets import MAILED_BY, mail_worker
from services_stub.auth.handlers.resources import Resources
from services_stub.auth.store import TABLES
from services_stub.runtime.context import Context
from services_stub.runtime.service import Service, Worker


def _workers(context: Context) -> Sequence[Worker]:
    return [Resources(context), mail_worker(context)]


SERVICE = Service(name="auth", routes=ROUTES, tables=TABLES, calls=(*TOLD, MAILED_BY), workers=_workers)

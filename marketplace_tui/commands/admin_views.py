"""The answers of `marketplace admin` as people see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from marketplace_tui.commands.output import Column, Look, Part, Table
from marketplace_tui.commands.shop_views import ID, NAME, STATUS, facts
from marketplace_tui.operations.admin import ClearedFaults, Overview, Services
from marketplace_tui.text.signs import sparkline
from marketplace_tui.text.values import count, money
from services_stub.contracts.control import Action, ActiveFault, Faults, Status
from services_stub.contracts.http.auth import SellerBlock, User
from services_stub.contracts.http.gateway import ServiceHealth
from services_stub.contracts.http.page import Page
from services_stub.contracts.http.payment import Payment

_STEPS = 60


def overview_page(value: Overview, look: Look) -> Iterator[Part]:
    """Counters, series, the best products, and failures."""
    summary, points = value.summary, value.series.points
    yield facts(
        [
            ("revenue", money(summary.revenue.net, summary.revenue.currency)),
            ("refunded", money(summary.revenue.refunded, summary.revenue.currency)),
            ("users", _counts(summary.users)),
            ("sellers", f"{summary.sellers.active} active, {summary.sellers.blocked} blocked"),
            ("products", _counts(summary.products)),
            ("orders", _counts(summary.orders)),
            ("funnel", _counts(msgspec.to_builtins(summary.funnel))),
            ("orders over time", sparkline([float(point.placed) for point in points], _STEPS)),
            ("revenue over time", sparkline([float(point.revenue) for point in points], _STEPS)),
        ]
    )
    if summary.top_products:
        yield Table(
            (Column("Best product", flexible=True), Column("Revenue", right=True), Column("Units", right=True), ID),
            [[top.name, money(top.revenue), str(top.units), look.id(top.product_id)] for top in summary.top_products],
        )
    if summary.failed_payments:
        yield Table(
            (Column("Payments failed", flexible=True), Column("How many", right=True)),
            [[failure.reason, str(failure.payments)] for failure in summary.failed_payments],
        )


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in counts.items()) or "none"


def user_list(page: Page[User], look: Look) -> Iterator[Part]:
    """Accounts, one in each row."""
    yield Table(
        (Column("E-mail", flexible=True), NAME, Column("Role"), STATUS, Column("Since"), ID),
        [
            [
                user.email,
                user.name,
                user.role,
                look.status("BLOCKED" if user.blocked else "ACTIVE"),
                look.when(user.created_at),
                look.id(user.user_id),
            ]
            for user in page.items
        ],
        "No such accounts.",
    )


def block_page(seller: SellerBlock, look: Look) -> Iterator[Part]:
    """A seller after a block, or without it."""
    yield f"{seller.email} {look.status('BLOCKED' if seller.blocked else 'ACTIVE')}"
    if seller.blocked:
        yield f"{count(seller.cancelled_orders, 'order')} cancelled so far."
    if seller.not_reached:
        yield f"Not reached yet: {', '.join(seller.not_reached)}; they hear of it by the event."


def payment_list(page: Page[Payment], look: Look) -> Iterator[Part]:
    """Payments, one in each row."""
    yield Table(
        (
            Column("Order"),
            STATUS,
            Column("Amount", right=True),
            Column("Card", flexible=True),
            Column("When"),
            Column("Reason", flexible=True),
        ),
        [
            [
                look.id(payment.order_id),
                look.status(payment.status),
                money(payment.amount, payment.currency),
                payment.payment_method,
                look.when(payment.updated_at),
                payment.reason,
            ]
            for payment in page.items
        ],
        "No payments.",
    )


def service_list(value: Services, look: Look) -> Iterator[Part]:
    """Services, and what lies below them, with how far each has read."""
    rows = [_service_row(service, value.processes, look) for service in value.health.services]
    if value.processes is not None:
        for process in value.processes.infrastructure:
            state = "running" if process.pid else "stopped"
            rows.append([process.name, state, str(process.pid), str(process.restarts), "", "", "", ""])
    yield Table(
        (
            Column("Process"),
            Column("State", flexible=True),
            Column("Pid", right=True),
            Column("Restarts", right=True),
            Column("Requests", right=True),
            Column("p99 ms", right=True),
            Column("Lag", right=True),
            Column("Stale", right=True),
        ),
        rows,
    )


def _service_row(service: ServiceHealth, processes: Status | None, look: Look) -> list[str]:
    known = {} if processes is None else {process.name: process for process in processes.services}
    process = known.get(service.name)
    state = "ready" if service.ready else f"not ready: {service.detail}" if service.detail else "not ready"
    if process is not None and process.paused:
        state = "paused"
    stale = max((topic.staleness_seconds for topic in service.topics), default=0.0)
    return [
        service.name,
        state,
        look.number(process.pid if process else None),
        look.number(process.restarts if process else None),
        f"{service.requests:,}",
        "" if service.p99_ms is None else f"{service.p99_ms:,.0f}",
        str(sum(topic.lag_records for topic in service.topics)),
        f"{stale:.1f} s",
    ]


def fault_list(value: Faults, _look: Look) -> Iterator[Part]:
    """Faults, one in each row."""
    rows = []
    for active in value.items:
        fields = msgspec.to_builtins(active.fault)
        kind = fields.pop("type")
        rows.append([active.id, kind, ", ".join(f"{name} {field}" for name, field in fields.items())])
    yield Table((ID, Column("Kind"), Column("With", flexible=True)), rows, "No fault is in force.")


def fault_page(value: ActiveFault, _look: Look) -> Iterator[Part]:
    """The fault that came into force."""
    yield f"{value.id} is in force until `marketplace admin clear-fault {value.id}`."


def cleared_list(value: ClearedFaults, _look: Look) -> Iterator[Part]:
    """The faults that are over."""
    yield from (f"{fault.id} is cleared." for fault in value.items)
    if not value.items:
        yield "No fault was in force."


def action_page(action: Action, _look: Look) -> Iterator[Part]:
    """The action that was carried out."""
    fields = msgspec.to_builtins(action)
    yield f"Done: {' '.join(str(value) for value in fields.values())}. `marketplace admin services` shows the effect."

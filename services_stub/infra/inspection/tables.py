"""The output of the commands: plain text columns, or JSON."""

from __future__ import annotations

from collections.abc import Sequence

from services_stub.contracts.control import Status
from services_stub.contracts.encoding import indented_json
from services_stub.contracts.http.notification import Mail


def status_as_json(found: Status) -> str:
    """The status as an indented JSON object."""
    return indented_json(found)


def status(found: Status) -> str:
    """The status for people."""
    rows = [["SERVICE", "PID", "PORT", "STATE", "RESTARTS"]]
    for service in found.services:
        state = "paused" if service.paused else "ready" if service.ready else "not ready"
        rows.append([service.name, str(service.pid or "-"), str(service.port), state, str(service.restarts)])
    for process in found.infrastructure:
        state = "running" if process.pid else "stopped"
        rows.append([process.name, str(process.pid or "-"), "-", state, str(process.restarts)])
    head = [
        f"{found.phase} since {found.started_at}",
        f"gateway     {found.gateway}",
        f"Kafka       {found.kafka.bootstrap_servers} ({found.kafka.mode})",
        f"cart store  {found.cart_store}",
        f"data        {found.data_dir}",
        "",
    ]
    said = [f"{service.name}: {service.detail}" for service in found.services if service.detail]
    return "\n".join([*head, *columns(rows), *([""] if said else []), *said])


def mails(found: Sequence[Mail]) -> str:
    """A list of messages."""
    if not found:
        return "No messages yet."
    rows = [["ID", "STATE", "CHANNEL", "TO", "SUBJECT"]]
    rows += [[str(mail.mail_id), mail.state, mail.channel, mail.recipient, mail.subject] for mail in found]
    return "\n".join(columns(rows))


def columns(rows: list[list[str]]) -> list[str]:
    """The rows with their columns aligned."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]

"""The commands that start and end a marketplace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services_stub.cli.data_directory import DataDir, directory_of, explained
from services_stub.summaries import SUMMARIES

if TYPE_CHECKING:
    from services_stub.infra.config.options import Options

app = typer.Typer()

Port = Annotated[int | None, typer.Option(min=1, max=65535, help="The gateway's; by default 8080 or the next free.")]
Kafka = Annotated[str, typer.Option(help="embedded, apache, or the addresses of a cluster: host:port,...")]
KeyFile = Annotated[
    Path | None, typer.Option(help="A file: the key; in its second line the webhooks' secret.", show_default=False)
]
Sampling = Annotated[
    float, typer.Option(help="The share of product views and cart changes that become events; 0: none.")
]
Links = Annotated[
    list[str] | None,
    typer.Option(help="Let these connections pass a proxy that cuts and slows them, as order-kafka; repeat."),
]
Hosts = Annotated[
    list[str] | None, typer.Option(help="A name, beside localhost, under which the gateway may be asked; repeat it.")
]


@app.command(help=SUMMARIES["up"])
def up(
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return when everything is ready.")] = False,
    processes: Annotated[int | None, typer.Option(min=1, max=1, help="1: all services share one process.")] = None,
    port: Port = None,
    data_dir: DataDir = None,
    seed: Annotated[int, typer.Option(help="What the first catalogue is made from.")] = 1,
    kafka: Kafka = "embedded",
    kafka_config: Annotated[Path | None, typer.Option(help="A file of librdkafka properties for that cluster.")] = None,
    kafka_sasl: Annotated[bool, typer.Option("--kafka-sasl", help="Give the embedded broker a password.")] = False,
    smtp: Annotated[str, typer.Option(help="Deliver e-mail by this server: smtp://user@host:587.")] = "",
    sample_browsing: Sampling = 0.1,
    sms: Annotated[str, typer.Option(help="Deliver SMS by posting each to this URL: https://host/messages.")] = "",
    payments: Annotated[
        str, typer.Option(help="Who takes the money: sandbox (test cards), stripe or razorpay.")
    ] = "sandbox",
    payments_key_file: KeyFile = None,
    payments_url: Annotated[
        str, typer.Option(help="Where the API is; by default the provider's own.", show_default=False)
    ] = "",
    rate_limit: Annotated[
        str, typer.Option(help="off, or e.g. client=50,address=500,login=5,login-address=20.", show_default=False)
    ] = "",
    link: Links = None,
    host: Hosts = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin with an empty Kafka: embedded or apache.")] = False,
) -> None:
    """Run the supervisor in this process, or in one of its own that goes on when the command has ended."""
    with explained():
        from services_stub.infra.supervisor import start

        chosen_payments = (payments, payments_key_file, payments_url)
        messages = (smtp, sms)
        options = _options(
            data_dir,
            port,
            processes,
            seed,
            (kafka, kafka_config, kafka_sasl, fresh),
            messages,
            sample_browsing,
            chosen_payments,
            rate_limit,
            (link or [], host or []),
        )
        (start.detached if detach else start.foreground)(options, typer.echo)


@app.command(help=SUMMARIES["down"])
def down(data_dir: DataDir = None) -> None:
    """Return when the data directory is free, so that the next marketplace can start at once."""
    with explained():
        from services_stub.infra.inspection import running

        ended = running.end(directory := directory_of(data_dir))
        typer.echo("The marketplace has ended." if ended else f"No marketplace runs on {directory.root}.")


def _options(
    data_dir: Path | None,
    port: int | None,
    processes: int | None,
    seed: int,
    kafka: tuple[str, Path | None, bool, bool],
    messages: tuple[str, str],
    sample_browsing: float,
    payments: tuple[str, Path | None, str],
    rate_limit: str,
    names: tuple[list[str], list[str]],
) -> Options:
    from services_stub.infra.config.options import (
        Options,
        checked_fresh,
        checked_hosts,
        checked_kafka,
        checked_kafka_sasl,
        checked_links,
        checked_rate_limits,
        checked_sample_browsing,
        checked_sms,
        checked_smtp,
        read_kafka_config,
    )
    from services_stub.infra.config.payments import checked_payments, others_may_read

    cluster, kafka_config, sasl, fresh = kafka
    provider, key_file, url = checked_payments(*payments)
    if others_may_read(key_file):
        typer.echo(f"Others can read {key_file}: chmod 600 keeps the key yours.", err=True)
    return Options(
        directory=str(directory_of(data_dir).root),
        port=port,
        one_process=processes == 1,
        seed=seed,
        kafka=checked_kafka(cluster),
        kafka_sasl=checked_kafka_sasl(sasl, cluster),
        fresh=checked_fresh(fresh, cluster),
        kafka_config=read_kafka_config(kafka_config) if kafka_config else {},
        smtp=checked_smtp(messages[0]),
        sms=checked_sms(messages[1]),
        sample_browsing=checked_sample_browsing(sample_browsing),
        payments=provider,
        payments_key_file=key_file,
        payments_url=url,
        rate_limits=checked_rate_limits(rate_limit),
        links=checked_links(names[0], cluster),
        hosts=checked_hosts(names[1]),
    )

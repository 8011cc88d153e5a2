"""An HTTP client that sends a request as it is given, once, and returns the answer as it came."""

from __future__ import annotations

from datetime import timedelta

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import RequestError

_NOT_CONNECTED = "client error (Connect)"


def build_client(timeout: timedelta, *, connect: timedelta, idle: timedelta, checks_certificates: bool) -> Client:
    """The client: no redirects, no proxy, no cookies, no decompression. Create it after the fork.

    `connect` limits the time to connect, `timeout` that of a whole request; a connection is kept for `idle`. Plain HTTP
    has no certificates: not to check any spares loading those that the machine trusts, two megabytes in every process.
    """
    return (
        ClientBuilder()
        .timeout(timeout)
        .connect_timeout(connect)
        .pool_idle_timeout(idle)
        .follow_redirects(False)
        .no_proxy()
        .referer(False)
        .default_cookie_store(False)
        .gzip(False)
        .brotli(False)
        .zstd(False)
        .deflate(False)
        .danger_accept_invalid_certs(not checks_certificates)
        .build()
    )


def is_never_sent(error: RequestError) -> bool:
    """Whether a request failed for want of a connection.

    The classes of pyreqwest do not tell: there a request whose answer was lost has a `ConnectError`, and one that was
    not answered in time a `ConnectTimeoutError`, as if nothing had been sent. The causes do.
    """
    return any(cause["message"] == _NOT_CONNECTED for cause in error.details["causes"] or [])

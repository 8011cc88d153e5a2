"""The HTTP client for calls between services. Create it after the fork: it has a runtime of its own."""

from __future__ import annotations

from datetime import timedelta

from pyreqwest.client import Client, ClientBuilder

_CONNECT = timedelta(seconds=1)
_IDLE = timedelta(seconds=4)
"""Shorter than a service keeps an idle connection, so that no request meets one that is just being closed."""


def build_http_client(timeout: timedelta) -> Client:
    """A client that sends a request as it is given and returns the answer as it came, within `timeout`."""
    return (
        ClientBuilder()
        .timeout(timeout)
        .connect_timeout(_CONNECT)
        .pool_idle_timeout(_IDLE)
        .follow_redirects(False)
        .no_proxy()
        .referer(False)
        .default_cookie_store(False)
        .gzip(False)
        .brotli(False)
        .zstd(False)
        .deflate(False)
        # Only plain HTTP is spoken (`checked_url`). To trust no certificates spares loading those of the machine, which
        # takes two megabytes in every process.
        .danger_accept_invalid_certs(True)
        .build()
    )


def checked_url(url: str) -> str:
    """The address of a service, which speaks plain HTTP: this client checks no certificates.

    Raises:
        ValueError: it is another one.
    """
    if not url.startswith("http://"):
        raise ValueError(f"services are reached by plain HTTP, not by {url}")
    return url

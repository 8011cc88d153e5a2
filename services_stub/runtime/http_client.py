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
        .build()
    )

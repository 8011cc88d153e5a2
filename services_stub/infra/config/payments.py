"""The payment providers, their key files, and the address of their API, checked before anything starts.

A key file has the key in its first line and, where the provider shall send webhooks, their secret in the second. It is
never copied: only its path is handed on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from services_stub.infra.config.errors import CannotStart
from services_stub.infra.config.options import SANDBOX, is_open_to_others, is_url


@dataclass(frozen=True)
class Provider:
    """A provider's address, and how its key looks."""

    url: str
    key: re.Pattern[str]
    example: str


STRIPE, RAZORPAY = "stripe", "razorpay"
PROVIDERS = {
    STRIPE: Provider("https://api.stripe.com", re.compile(r"\w+", re.ASCII), "sk_test_..."),
    RAZORPAY: Provider("https://api.razorpay.com", re.compile(r"\w+:\w+", re.ASCII), "rzp_test_...:secret"),
}
_WEBHOOK_SECRET = re.compile(r"[!-~]{1,255}")
_LARGEST_FILE = 4096


def checked_payments(payments: str, key_file: Path | None, url: str) -> tuple[str, str, str]:
    """The values of --payments, --payments-key-file (made absolute) and --payments-url, if they go together."""
    provider = PROVIDERS.get(payments)
    if provider is None:
        if payments != SANDBOX:
            raise CannotStart(f"--payments takes {SANDBOX}, {STRIPE} or {RAZORPAY}; not {payments!r}.")
        if key_file or url:
            raise CannotStart(f"--payments-key-file and --payments-url need --payments {STRIPE} or {RAZORPAY}.")
        return payments, "", ""
    if key_file is None:
        raise CannotStart(
            f"--payments {payments} needs --payments-key-file: a file with the key ({provider.example}) in its first "
            "line and, for webhooks, their secret in the second."
        )
    _check_keys(key_file, provider)
    return payments, str(key_file.absolute()), _checked_url(url or provider.url)


def others_may_read(key_file: str) -> bool:
    """Whether more than the owner of a key file can read it."""
    return bool(key_file) and bool(Path(key_file).stat().st_mode & 0o077)


def _check_keys(file: Path, provider: Provider) -> None:
    """Refuse a file without a key; no refusal shows what is in it."""
    try:
        with file.open() as opened:
            lines = opened.read(_LARGEST_FILE).split("\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise CannotStart(f"--payments-key-file {file} cannot be read: {why}.") from error
    key, secret, *rest = [*(line.strip() for line in lines), "", ""]
    if not any([key, secret, *rest]):
        raise CannotStart(f"--payments-key-file {file} is empty: its first line is the key, like {provider.example}.")
    if not provider.key.fullmatch(key):
        raise CannotStart(f"--payments-key-file {file}: the first line is not a key alone, like {provider.example}.")
    if any(rest) or (secret and not _WEBHOOK_SECRET.fullmatch(secret)):
        raise CannotStart(f"--payments-key-file {file}: after the key there is at most the secret of the webhooks.")


def _checked_url(value: str) -> str:
    if not is_url(value, "http", "https") or "@" in urlsplit(value).netloc:
        raise CannotStart("--payments-url takes a URL like https://host or http://127.0.0.1:12111, without a password.")
    if is_open_to_others(value):
        raise CannotStart("--payments-url would send the key unencrypted: use https, or http to loopback alone.")
    return value

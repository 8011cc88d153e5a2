"""The choice of who takes the money: what goes together, and that no refusal shows a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from services_stub.infra.config.errors import CannotStart
from services_stub.infra.config.payments import PROVIDERS, checked_payments, others_may_read

KEYS = {"stripe": "sk_test_1", "razorpay": "rzp_test_1:secret"}


@pytest.mark.parametrize(("provider", "key"), KEYS.items())
@pytest.mark.parametrize("rest", ["", "\n", "\nwhsec_2\n", "\r\nwhsec_2\r\n"])
def test_a_provider_is_given_by_a_key_file_and_perhaps_a_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: str, key: str, rest: str
) -> None:
    key_file = tmp_path / "key"
    key_file.write_text(key + rest)
    monkeypatch.chdir(tmp_path)
    assert checked_payments(provider, Path("key"), "") == (provider, str(key_file), PROVIDERS[provider].url)
    assert checked_payments(provider, key_file, "http://127.0.0.1:1")[2] == "http://127.0.0.1:1"


def test_the_sandbox_needs_nothing() -> None:
    assert checked_payments("sandbox", None, "") == ("sandbox", "", "")


@pytest.mark.parametrize(
    ("payments", "content", "url", "refusal"),
    [
        ("paypal", None, "", "--payments takes sandbox, stripe or razorpay"),
        ("stripe", None, "", "needs --payments-key-file"),
        ("razorpay", None, "", "needs --payments-key-file"),
        ("stripe", b"", "", "is empty"),
        ("stripe", b" \n\n", "", "is empty"),
        ("stripe", b"\xff\xfe", "", "cannot be read: it is no text"),
        ("stripe", b"two words", "", "not a key alone"),
        ("stripe", b"rzp_test_1:secret", "", "not a key alone"),
        ("razorpay", b"sk_test_1", "", "not a key alone"),
        ("stripe", b"sk_test_1\nwhsec 2", "", "at most the secret"),
        ("stripe", b"sk_test_1\nwhsec_2\nmore", "", "at most the secret"),
        ("stripe", b"sk_test_1", "host", "--payments-url takes"),
        ("stripe", b"sk_test_1", "ftp://host", "--payments-url takes"),
        ("stripe", b"sk_test_1", "http://host:99999", "--payments-url takes"),
        ("stripe", b"sk_test_1", "http://user:secret@host", "--payments-url takes"),
        ("stripe", b"sk_test_1", "http://api.stripe.example", "would send the key unencrypted: use https"),
        ("stripe", b"sk_test_1", "http://192.168.0.7:12111", "would send the key unencrypted: use https"),
        ("sandbox", b"sk_test_1", "", "need --payments stripe or razorpay"),
        ("sandbox", None, "http://host", "need --payments stripe or razorpay"),
    ],
)
def test_payments_that_cannot_be_made_are_refused_without_showing_a_secret(
    tmp_path: Path, payments: str, content: bytes | None, url: str, refusal: str
) -> None:
    key_file = None
    if content is not None:
        key_file = tmp_path / "key"
        key_file.write_bytes(content)
    with pytest.raises(CannotStart, match=refusal) as refused:
        checked_payments(payments, key_file, url)
    for secret in ("secret@", "sk_test_1", "rzp_test_1", "whsec", "two words"):
        assert secret not in str(refused.value)


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(CannotStart, match=r"cannot be read: (No such file|Is a directory)"):
        checked_payments("stripe", tmp_path / name, "")


def test_a_key_file_that_others_can_read_is_noticed(tmp_path: Path) -> None:
    key_file = tmp_path / "key"
    key_file.write_text("sk_test_1")
    key_file.chmod(0o600)
    assert not others_may_read(str(key_file))
    key_file.chmod(0o644)
    assert others_may_read(str(key_file))
    assert not others_may_read("")

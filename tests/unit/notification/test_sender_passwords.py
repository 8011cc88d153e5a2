"""The passwords of the servers that take messages are on no command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from services_stub.notification.handlers.sender_passwords import with_password
from services_stub.notification.handlers.smtp import MailServer
from services_stub.runtime.errors import Unavailable


def test_the_password_comes_from_the_environment_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "smtp://jo%40shop@mail.example:2525"
    assert MailServer.parse(with_password(url, "SMTP")).password == ""
    monkeypatch.setenv("MARKETPLACE_SMTP_PASSWORD", "p:w/d@")
    found = MailServer.parse(with_password(url, "SMTP"))
    assert (found.user, found.password, found.host, found.port) == ("jo@shop", "p:w/d@", "mail.example", 2525)
    assert with_password("smtp://mail.example", "SMTP") == "smtp://mail.example"
    assert with_password(url, "SMS") == "smtp://jo%40shop:@mail.example:2525"
    (tmp_path / "secret").write_text("from the file\n")
    monkeypatch.setenv("MARKETPLACE_SMTP_PASSWORD_FILE", str(tmp_path / "secret"))
    assert MailServer.parse(with_password(url, "SMTP")).password == "from the file"
    monkeypatch.setenv("MARKETPLACE_SMTP_PASSWORD_FILE", str(tmp_path / "missing"))
    with pytest.raises(Unavailable, match="missing"):
        with_password(url, "SMTP")

"""The screens are drawn the same on every machine: no animation, no colours of the environment, UTC."""

from __future__ import annotations

import os
import time

import pytest

os.environ["TEXTUAL_ANIMATIONS"] = "none"
os.environ["TZ"] = "UTC"
time.tzset()
for name in ("NO_COLOR", "TEXTUAL_THEME", "COLORTERM"):
    os.environ.pop(name, None)

from marketplace_tui.screens import base  # noqa: E402 - Textual reads the environment when it is imported
from tests.tui.running import nothing_left_to_do  # noqa: E402 - as above


@pytest.fixture(autouse=True)
def _lasting_notices(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine must not make notices go before a test has read them."""
    monkeypatch.setattr(base, "NOTICE_SECONDS", 3600.0)


@pytest.fixture(autouse=True)
def _no_fixed_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the pilot go on as soon as a key is handled; Textual's waits at least 40 ms for each."""
    monkeypatch.setattr("textual.app.wait_for_idle", nothing_left_to_do)
    monkeypatch.setattr("textual.pilot.wait_for_idle", nothing_left_to_do)

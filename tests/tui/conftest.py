"""The screens are drawn the same on every machine: no animation, no colours of the environment, UTC."""

from __future__ import annotations

import os
import time

os.environ["TEXTUAL_ANIMATIONS"] = "none"
os.environ["TZ"] = "UTC"
time.tzset()
for name in ("NO_COLOR", "TEXTUAL_THEME", "COLORTERM"):
    os.environ.pop(name, None)

from marketplace_tui.screens import base  # noqa: E402 - Textual reads the environment when it is imported

# A slow machine must not make notices go before a test has read them.
base.NOTICE_SECONDS = 3600.0

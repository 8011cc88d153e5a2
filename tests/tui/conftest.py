"""The screens are drawn the same on every machine: no animation, no colours of the environment."""

from __future__ import annotations

import os

os.environ["TEXTUAL_ANIMATIONS"] = "none"
for name in ("NO_COLOR", "TEXTUAL_THEME", "COLORTERM"):
    os.environ.pop(name, None)

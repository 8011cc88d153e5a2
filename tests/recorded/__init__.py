"""Answers, errors and webhooks of the payment providers, as their public documentation shows them.

Every record names the page that it follows and has the documented fields with values of its own.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def records(provider: str) -> dict[str, dict[str, Any]]:
    """The records of a provider by name: `source`, `status` and `body`."""
    found: dict[str, dict[str, Any]] = json.loads((FOLDER / f"{provider}.json").read_bytes())
    return found

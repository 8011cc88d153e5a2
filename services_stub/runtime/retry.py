"""How long to wait before the next attempt at something that was unavailable: a decision, carried out elsewhere.

Exponential backoff with jitter, after the AWS Architecture Blog, "Exponential Backoff And Jitter" (2015): half of the
pause is fixed, so that the dependency is not flooded, and half is random, so that callers do not retry in step.
"""

from __future__ import annotations

import random

FIRST = 0.1
LONGEST = 10.0


def pause_after(attempt: int, chance: random.Random, *, first: float = FIRST, longest: float = LONGEST) -> float:
    """Seconds to wait after the attempt numbered `attempt`, counted from 1."""
    ceiling = min(longest, first * 2 ** min(attempt - 1, 30))
    return chance.uniform(ceiling / 2, ceiling)

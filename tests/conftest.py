"""The settings of hypothesis for all tests.

No time is asserted, for a machine may be busy. The same examples decide each time whether a change lands; `make laws`
looks for new ones.
"""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("same", deadline=None, derandomize=True, max_examples=60)
settings.register_profile("new", deadline=None, derandomize=False, max_examples=500, print_blob=True)
settings.load_profile("same")

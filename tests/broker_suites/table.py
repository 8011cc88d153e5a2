"""The table of `docs/embedded-broker.md`: how many tests of each suite pass, and why the others do not."""

from __future__ import annotations

from collections import Counter

from tests.broker_suites import expected, franz_go, librdkafka
from tests.system.foreign.table import DOCUMENT

SUITES = (librdkafka.NAME, franz_go.NAME)
_BEGIN, _END = "<!-- suites: begin -->", "<!-- suites: end -->"


def made() -> str:
    """The table, from the list."""
    failing = {suite: [test for test in expected.listed(suite) if "/" not in test] for suite in SUITES}
    counts = {suite: Counter(expected.listed(suite)[test] for test in failing[suite]) for suite in SUITES}
    totals = expected.totals()
    lines = [
        ("tests", *SUITES),
        *[("---",) * (len(SUITES) + 1)],
        ("all", *(totals[suite] for suite in SUITES)),
        ("pass", *(totals[suite] - len(failing[suite]) for suite in SUITES)),
        *((reason, *(counts[suite][name] or "–" for suite in SUITES)) for name, reason in expected.reasons().items()),
    ]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines).replace(" --- ", "---")


def kept() -> str:
    """The table in the document."""
    return DOCUMENT.read_text(encoding="utf-8").split(_BEGIN)[1].split(_END)[0].strip()


def keep() -> None:
    """Write it there."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, after = text.split(_BEGIN)[0], text.split(_END)[1]
    DOCUMENT.write_text(f"{before}{_BEGIN}\n\n{made()}\n\n{_END}{after}", encoding="utf-8")

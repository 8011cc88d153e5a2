"""The tables of docs/security.md name tests that there are, and leave no line of the standards out."""

from __future__ import annotations

import re

import pytest

from tests.architecture.test_size import ROOT

TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", TEXT)))
LEVEL_1 = " ".join(
    (
        "1.2.1 1.2.2 1.2.3 1.2.4 1.2.5 1.3.1 1.3.2 1.5.1 2.1.1 2.2.1 2.2.2 2.3.1 3.2.1 3.2.2 3.3.1 3.4.1",
        "3.4.2 3.5.1 3.5.2 3.5.3 4.1.1 4.4.1 5.2.1 5.2.2 5.3.1 5.3.2 6.1.1 6.2.1 6.2.2 6.2.3 6.2.4 6.2.5",
        "6.2.6 6.2.7 6.2.8 6.3.1 6.3.2 6.4.1 6.4.2 7.2.1 7.2.2 7.2.3 7.2.4 7.4.1 7.4.2 8.1.1 8.2.1 8.2.2",
        "8.3.1 9.1.1 9.1.2 9.1.3 9.2.1 10.4.1 10.4.4 10.4.5 11.3.1 11.3.2 11.4.1 12.1.1 12.2.1 12.2.2 13.4.1",
        "14.2.1 14.3.1 15.1.1 15.2.1 15.3.1",
    )
).split()
"""The requirements of level 1 in ASVS 5.0.0; 10.4.1 to 10.4.4 stand in one line."""


def test_every_line_has_a_test_or_a_reason() -> None:
    rows = [row.strip("| ").split(" | ") for row in TEXT.splitlines() if re.match(r"\| (API\d|\d+\.\d)", row)]
    assert len([row for row in rows if row[0].startswith("API")]) == 10
    assert [row for row in rows if "::test_" not in row[1] and not re.search(r"[a-z] [a-z]", row[1])] == []
    first_cells = " ".join(row[0] for row in rows)
    assert [number for number in LEVEL_1 if not re.search(rf"(?<![\d.]){re.escape(number)}(?!\d)", first_cells)] == []


@pytest.mark.parametrize("file", sorted({file for file, _ in NAMED}))
def test_a_test_that_is_named_exists(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert [name for named, name in NAMED if named == file and not re.search(rf"def {name}\(", text)] == []

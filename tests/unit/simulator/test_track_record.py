"""Each fault in the track record has a command that can still be given."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from simulator.cli import app, simulate_run
from simulator.run.options import RunOptions

ROOT = Path(__file__).resolve().parents[3]
ENTRIES = re.split(r"^## ", (ROOT / "docs" / "track-record.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.splitlines()[0])
def test_an_entry_has_a_command_that_runs(entry: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given: list[RunOptions] = []

    def carry_out(options: RunOptions) -> int:
        given.append(options)
        return 0

    monkeypatch.setattr(simulate_run, "carried_out", carry_out)
    (command,) = re.findall(r"^```bash\nmarketplace (simulate run .*)\n```$", entry, flags=re.MULTILINE)
    done = CliRunner().invoke(app, [*shlex.split(command), "--runs", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert given

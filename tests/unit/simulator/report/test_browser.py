"""The page of a run in a real browser, without a network and without scripts."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from simulator.report.page import page
from tests.unit.simulator.report.stored import results
from tests.unit.simulator.report.test_page import Read

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed"),
]

ALONE = ("--headless", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND")


def browsed(path: Path, *arguments: str) -> str:
    profile = f"--user-data-dir={path.parent / 'profile'}"
    command = ["chromium", *ALONE, profile, *arguments, path.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def pictured(path: Path, width: int) -> Path:
    picture = path.with_name(f"{path.stem}-{width}.png")
    browsed(path, f"--screenshot={picture}", f"--window-size={width},1400")
    return picture


def pixels(picture: Path) -> tuple[int, int]:
    """The width and height that a PNG names."""
    head = picture.read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    return int.from_bytes(head[16:20]), int.from_bytes(head[20:24])


def test_a_browser_shows_all_panels_and_runs_nothing(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(page(results("</style><script>document.title='x'</script>")), encoding="utf-8")
    dom = Read(browsed(file, "--dump-dom"))
    tags = {tag for tag, _ in dom.elements}
    assert {"svg", "path", "table", "details"} <= tags
    assert "script" not in tags
    assert dom.data.count("Latency of requests") >= 2
    assert "Run r1: invariant violated" in dom.data
    bare = tmp_path / "bare.html"
    bare.write_text(re.sub("<path.*?</path>", "", file.read_text(encoding="utf-8")), encoding="utf-8")
    for width in (1200, 500):
        with_lines, without = (pictured(each, width) for each in (file, bare))
        assert pixels(with_lines) == (width, 1400)
        assert with_lines.stat().st_size > 1.1 * without.stat().st_size  # the lines of the chart are seen

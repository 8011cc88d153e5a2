"""README.md is true: its commands are run as they stand there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from services_stub.client.user_files import cache_directory
from tests.ports import free_port
from tests.system.marketplace import running_marketplace

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PORT, CLUSTER = "8080", "broker1:9092,broker2:9092"
TELL_WHERE = """set -euo pipefail
trap 'echo "README.md, block $block: $BASH_COMMAND" >&2' ERR
"""


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    number: int
    language: str
    text: str

    @property
    def kind(self) -> str:
        """How the block is tested."""
        if self.language in ("python", "text"):
            return self.language
        if all(line.startswith("make ") for line in self.text.splitlines()):
            return "make"
        if "--kafka apache" in self.text:
            return "apache"
        return "cluster" if CLUSTER in self.text else self.language

    def script(self) -> str:
        """The block as part of a bash script."""
        body = f"python - <<'END'\n{self.text}END\n" if self.language == "python" else self.text
        return f"block={self.number}\n{body}"


BLOCKS = [
    Block(number, *match.groups()) for number, match in enumerate(BLOCK.finditer((ROOT / "README.md").read_text()))
]


def of_kind(*kinds: str) -> list[Block]:
    return [block for block in BLOCKS if block.kind in kinds]


class Reader:
    """A person who types the commands of README.md, in a home of their own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.home, self.temporary, self.work = (directory / name for name in ("home", "temporary", "work"))
        for path in (self.home, self.temporary, self.work):
            path.mkdir()
        self.port = str(free_port())
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")} | {
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "XDG_CACHE_HOME": str(cache_directory().parent),  # Apache Kafka is fetched once for all
        }

    def types(self, blocks: list[Block], *, instead_of_cluster: str = CLUSTER) -> str:
        """Run the blocks one after the other in one shell; what they print."""
        text = TELL_WHERE + "".join(block.script() for block in blocks)
        script = self.directory / "script.sh"
        script.write_text(text.replace(PORT, self.port).replace(CLUSTER, instead_of_cluster))
        result = subprocess.run(
            ["bash", script],
            cwd=self.work,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=220,
            check=False,
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def leaves(self) -> None:
        """End what a block that failed did not end, and check that nothing is left in the temporary directory."""
        for lock in self.directory.glob("**/lock"):
            command = [sys.executable, "-m", "services_stub", "down", "--data-dir", str(lock.parent)]
            subprocess.run(command, check=False, capture_output=True, timeout=60)
        assert list(self.temporary.iterdir()) == []


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    person = Reader(tmp_path)
    yield person
    person.leaves()


def test_every_block_is_tested() -> None:
    known = {"text", "make", "bash", "python", "apache", "cluster"}
    assert {block.kind for block in BLOCKS} == known


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed (Debian: curl)")
def test_a_reader_can_type_it_all(reader: Reader) -> None:
    blocks = of_kind("bash", "python")
    left_out = [] if shutil.which("kcat") else [block for block in blocks if "kcat " in block.text]
    said = reader.types([block for block in blocks if block not in left_out])
    assert "Users for development only" in said
    assert '"orderId"' in said
    assert re.search(r"^(PENDING|PAID) \d+\.\d\d USD$", said, re.MULTILINE)
    assert (reader.work / "contracts" / "openapi.json").exists()
    assert (reader.home / ".local" / "share" / "marketplace").exists()
    if left_out:
        pytest.skip("all but the blocks that need kcat were run: it is not installed (Debian: kcat)")
    assert re.search(r"^order-created\[\d\]@\d ", said, re.MULTILINE)
    assert '"amount":' in said


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_reader_can_start_apache_kafka(reader: Reader) -> None:
    assert "(apache)" in reader.types(of_kind("apache"))


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_reader_can_use_another_cluster(reader: Reader) -> None:
    with running_marketplace("--kafka", "apache") as cluster:
        said = reader.types(of_kind("cluster"), instead_of_cluster=cluster.bootstrap_servers)
    assert f"{cluster.bootstrap_servers} (external)" in said


@pytest.mark.parametrize("line", [line for block in of_kind("make") for line in block.text.splitlines()])
def test_make_knows_the_target(line: str) -> None:
    """Known, and made of commands that exist: running them from here would run this test again."""
    target = line.split("#")[0].split()[1]
    result = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, timeout=20, check=True)
    commands = [line.split() for line in result.stdout.splitlines() if line.startswith(".venv/bin/")]
    assert commands
    for command in commands:
        assert (Path(sys.executable).parent / Path(command[0]).name).exists()


@pytest.mark.slow
def test_the_benchmark_measures_orders() -> None:
    command = [sys.executable, "-m", "tests.bench", "--runs", "1", "--seconds", "1", "--shoppers", "4"]
    result = subprocess.run(
        [*command, "--kafka", "embedded"], cwd=ROOT, capture_output=True, text=True, timeout=100, check=True
    )
    assert re.search(r"orders/s to PAID +median [1-9]", result.stdout)


def test_the_schemas_lie_where_it_says() -> None:
    assert json.loads((ROOT / "docs" / "openapi.json").read_text())["openapi"].startswith("3.1")

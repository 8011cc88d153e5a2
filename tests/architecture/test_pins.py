"""The pins of `requirements/`: complete, with hashes, and free of the index that a package comes from."""

from __future__ import annotations

import re
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
REQUIREMENTS: dict[str, list[str]] = {
    "runtime": PROJECT["project"]["dependencies"],
    "build": PROJECT["build-system"]["requires"],
    **PROJECT["project"]["optional-dependencies"],
    **PROJECT["dependency-groups"],
}
"""The requirements of pyproject.toml by the file that pins them."""

PIN = re.compile(
    r"^(?P<name>[\w.-]+)==(?P<version>[^\s;]+)(?: ; (?P<marker>.+?))?(?P<hashes>(?: \\\n    --hash=\S+)*)$",
    re.MULTILINE,
)
HASHES = re.compile(r"(?: \\\n    --hash=sha256:[0-9a-f]{64})+")
INDEX_OR_DOWNLOAD = re.compile(
    r"--(?:extra-)?index-url\b|--default-index\b|\bUV_(?:DEFAULT_)?INDEX\b|https?://\S+/simple\b"
    r"|https?://\S+\.(?:whl|tar\.gz|zip|jar)\b"
)


@dataclass(frozen=True)
class Pin:
    """One entry of a file of pins."""

    name: str
    version: str
    marker: str | None
    """The platforms and Pythons that need it; all of them without one."""
    hashes: str


def pins(file: str) -> list[Pin]:
    """The pins of a file.

    Raises:
        AssertionError: the file contains anything else.

    """
    text = (ROOT / "requirements" / f"{file}.txt").read_text(encoding="utf-8")
    assert [line for line in PIN.sub("", text).splitlines() if line and not line.startswith("#")] == []
    return [Pin(**match.groupdict()) for match in PIN.finditer(text)]


@pytest.mark.parametrize(
    ("file", "requirement"), [(file, required) for file, listed in REQUIREMENTS.items() for required in listed]
)
def test_a_requirement_is_pinned_to_a_version_that_it_allows(file: str, requirement: str) -> None:
    wanted = Requirement(requirement)
    found = [pin for pin in pins(file) if pin.name == canonicalize_name(wanted.name)]
    assert found, "run `make lock`"
    assert [pin for pin in found if not wanted.specifier.contains(pin.version, prereleases=True)] == []
    assert {pin.marker and str(Marker(pin.marker)) for pin in found} == {wanted.marker and str(wanted.marker)}


@pytest.mark.parametrize("file", REQUIREMENTS)
def test_a_pin_has_hashes(file: str) -> None:
    assert [pin.name for pin in pins(file) if not HASHES.fullmatch(pin.hashes)] == []


def test_a_package_has_one_version_in_all_files() -> None:
    versions: dict[str, set[str]] = {}
    for pin in (pin for file in REQUIREMENTS for pin in pins(file)):
        versions.setdefault(pin.name, set()).add(pin.version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_every_file_of_pins_belongs_to_pyproject() -> None:
    assert {path.stem for path in (ROOT / "requirements").glob("*.txt")} == set(REQUIREMENTS)


def test_uv_is_constrained_to_the_pins() -> None:
    constraints = {str(Requirement(text)) for text in PROJECT["tool"]["uv"]["constraint-dependencies"]}
    expected = {f"{pin.name}=={pin.version}" for file in ("runtime", "dev", "apache-kafka") for pin in pins(file)}
    assert {text.partition(";")[0].strip() for text in constraints} == expected, "run `make lock`"


def test_no_pin_has_an_address() -> None:
    assert [path.name for path in (ROOT / "requirements").glob("*.txt") if "://" in path.read_text()] == []


def test_no_file_names_an_index_or_a_download() -> None:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    tracked = [ROOT / name for name in listing.split("\0") if name]
    searched = [path for path in tracked if path.is_file() and path != Path(__file__)]
    assert len(searched) > 100
    texts = {path: path.read_text(encoding="utf-8", errors="replace") for path in searched}
    named = {str(path.relative_to(ROOT)): INDEX_OR_DOWNLOAD.findall(text) for path, text in texts.items()}
    assert {path: sorted(set(found)) for path, found in named.items() if found} == {}

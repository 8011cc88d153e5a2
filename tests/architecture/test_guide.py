"""The guide in CONTRIBUTING.md works: its files, taken literally, are a service that passes its tests and the rules."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.architecture.test_size import PACKAGES, ROOT

_ROWS = re.compile(r"^   ```python rows=(\S+)\n(.*?)^   ```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"^   ```python file=(\S+)\n(.*?)^   ```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources in which the guide was followed."""
    copy = tmp_path_factory.mktemp("guide")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    files = _FILE.findall(guide)
    assert len(files) == 8
    for name, text in files:
        path = copy / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    ((name, rows),) = _ROWS.findall(guide)
    table = (copy / name).read_text(encoding="utf-8").rstrip()
    (copy / name).write_text(table.removesuffix("}") + textwrap.dedent(rows) + "}\n", encoding="utf-8")
    the_one_list = copy / "services_stub/infra/config/services.py"
    listed = the_one_list.read_text(encoding="utf-8")
    the_one_list.write_text(listed.replace(", GATEWAY)", ', "reviews", GATEWAY)'), encoding="utf-8")
    return copy


def run(copy: Path, *arguments: str) -> str:
    """Run a module of Python in the copy; what it printed, if it failed."""
    result = subprocess.run([sys.executable, *arguments], cwd=copy, capture_output=True, text=True, check=False)
    return "" if result.returncode == 0 else result.stdout + result.stderr


@pytest.mark.slow
def test_the_service_of_the_guide_passes_its_tests_and_the_rules_of_every_service(followed: Path) -> None:
    tests = ("tests/unit/reviews", "tests/architecture/test_services.py", "tests/unit/test_methods.py")
    access = "tests/system/test_access.py::test_no_route_is_missing_from_the_table"
    assert run(followed, "-m", "pytest", "-p", "no:cacheprovider", *tests, access) == ""


def test_the_service_of_the_guide_keeps_the_import_rules(followed: Path) -> None:
    lint = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    assert run(followed, "-c", lint) == ""


def test_the_files_of_the_guide_are_formatted_and_typed(followed: Path) -> None:
    folders = ("services_stub/reviews", "services_stub/contracts/http/reviews.py", "tests/unit/reviews")
    assert run(followed, "-m", "ruff", "check", "--no-cache", *folders) == ""
    assert run(followed, "-m", "ruff", "format", "--no-cache", "--check", *folders) == ""
    assert run(followed, "-m", "mypy", "--cache-dir", str(ROOT / ".mypy_cache"), *folders) == ""

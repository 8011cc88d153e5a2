"""The limits of size: small files, small functions, small composition roots, a small runtime, a small broker."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("services_stub", "marketplace_tui", "simulator", "tests")
LARGEST_FILE = 300
LARGEST_FUNCTION = 50
LARGEST_ROOT = 150
LARGEST_RUNTIME = 3450
LARGEST_BROKER = 2500
"""Lines of code, that is without blank lines, comments and docstrings."""

FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
ROOTS = [
    path
    for path in FILES
    if (path.name in {"cli.py", "service.py"} and path.parent.name != "runtime")
    or path.parent == ROOT / "services_stub/cli"
]


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def docstring_lines(tree: ast.AST) -> set[int]:
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            found.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return found


def code_lines(path: Path) -> int:
    lines = lines_of(path)
    documentation = docstring_lines(ast.parse("\n".join(lines)))
    return sum(
        1
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.strip().startswith("#") and number not in documentation
    )


def places(paths: Iterable[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def long_functions(path: Path) -> Iterator[str]:
    """The functions of a module that do not fit on a screen. Short modules have none."""
    lines = lines_of(path)
    if len(lines) <= LARGEST_FUNCTION:
        return
    for node in ast.walk(ast.parse("\n".join(lines))):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if (node.end_lineno or 0) - node.lineno + 1 > LARGEST_FUNCTION:
            yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"


def test_the_embedded_broker_can_be_read_in_an_afternoon() -> None:
    broker = [path for path in FILES if path.parent == ROOT / "services_stub/infra/kafka/broker"]
    assert broker
    assert sum(code_lines(path) for path in broker) <= LARGEST_BROKER


def test_a_file_can_be_read_in_one_go() -> None:
    assert len(FILES) > 500
    assert places(path for path in FILES if len(lines_of(path)) > LARGEST_FILE) == []


def test_a_composition_root_stays_small() -> None:
    assert ROOTS
    assert places(path for path in ROOTS if len(lines_of(path)) > LARGEST_ROOT) == []


def test_a_function_fits_on_a_screen() -> None:
    assert [function for path in FILES for function in long_functions(path)] == []


def test_a_module_says_what_it_owns() -> None:
    assert places(path for path in FILES if not lines_of(path)[0].startswith('"""')) == []


def test_the_runtime_stays_small() -> None:
    runtime = [path for path in FILES if "runtime" in path.relative_to(ROOT).parts[:2]]
    assert sum(code_lines(path) for path in runtime) <= LARGEST_RUNTIME


def test_no_module_is_a_drawer() -> None:
    assert [path for path in FILES if path.stem in {"utils", "helpers", "common", "misc"}] == []

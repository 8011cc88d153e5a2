"""From an event to its code: where a service publishes it, and where a consumer handles it, as `file:line`.

Read in the source of the services that is installed here, by the names that all of them share (`on_<topic>` handles an
event, and its class is built where it is published), without importing any of it. Empty for services of other systems.
"""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from services_stub.contracts.events import EVENT_BY_TOPIC

_PACKAGE = "services_stub"
_SERVICE = re.compile(r"[a-z]{1,40}")


def published_in(topic: str, service: str) -> str:
    """Where `service` builds the event of `topic`."""
    kind = EVENT_BY_TOPIC.get(topic)
    if kind is None:
        return ""
    return _place(service, _builders, kind.__name__) or _place(service, _names, kind.__name__)


def handled_in(topic: str, group: str) -> str:
    """Where the service that is named as its `group` handles the event of `topic`."""
    kind = EVENT_BY_TOPIC.get(topic)
    if kind is None:
        return ""
    handler = f"on_{topic.replace('-', '_')}"
    return _place(group, _functions, handler) or _place(group, _cases, kind.__name__)


def located(place: str) -> tuple[Path, int]:
    """The file and the line of a place, on this machine.

    Raises:
        ValueError: it is no place of code that is installed here.
    """
    name, _, line = place.rpartition(":")
    spec = importlib.util.find_spec(_PACKAGE)
    if not name or spec is None or spec.origin is None:
        raise ValueError(f"{place!r} is no place of code")
    return Path(spec.origin).parent.parent / name, int(line)


def _place(service: str, named: Callable[[ast.AST], Iterator[tuple[str, int]]], name: str) -> str:
    for path, tree in _modules(service):
        lines = [line for found, line in named(tree) if found == name]
        if lines:
            return f"{path}:{min(lines)}"
    return ""


def _builders(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Calls of a name, and names that are handed to another call: a class that is built later."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for each in (node.func, *node.args):
                if isinstance(each, ast.Name):
                    yield each.id, node.lineno


def _names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Names that are read: a class that is chosen among others, and built by another name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id, node.lineno


def _functions(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield node.name, node.lineno


def _cases(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Patterns of a class, and keys of a table: the other ways to tell events apart."""
    for node in ast.walk(tree):
        if isinstance(node, ast.MatchClass) and isinstance(node.cls, ast.Name):
            yield node.cls.id, node.lineno
        elif isinstance(node, ast.Dict):
            yield from ((key.id, key.lineno) for key in node.keys if isinstance(key, ast.Name))


@cache
def _modules(service: str) -> tuple[tuple[str, ast.AST], ...]:
    """The modules of a service with their paths from the root of the package, handlers first."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None or _SERVICE.fullmatch(service) is None:
        return ()
    root = Path(spec.origin).parent
    paths = sorted((root / service).rglob("*.py"), key=lambda path: ("handlers" not in str(path), path))
    return tuple((str(path.relative_to(root.parent)), ast.parse(path.read_text(encoding="utf-8"))) for path in paths)

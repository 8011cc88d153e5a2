"""One vocabulary: words that are not used, docstrings that state a fact, and one meaning for the name of an error.

`docs/glossary.md` says which words are used instead. Names (split at underscores and capitals), docstrings and comments
are searched.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.test_size import FILES, ROOT

METAPHORS = """
audience bell cast desk door doors fate fates fleet gatekeeper gravest hub ledger letter letters news obstacle obstacles
patience pen premises rage storm teller till turn turns wish
"""
"""Pictures, and private words for things that have a name in the field."""

PRONOUNS = "anybody everybody nobody somebody someone whoever whom whomever"
"""A sentence says who: a caller, a consumer, a thread."""

BANNED = frozenset((METAPHORS + PRONOUNS).split())
TERMS = re.compile(r"dead[ _-]?letters?|\bin turn\b|^cast$", re.IGNORECASE)
"""Terms of the field, and of the standard library, that contain a banned word."""

QUESTION = ("What ", "Whatever ", "Who ")
ERRORS = ("services_stub/runtime", "services_stub/client", "services_stub/infra")
BASES = {
    "Exception",
    "RuntimeError",
    "ValueError",
    "MarketplaceError",
    "Refused",
    "RequestRefused",
    "ServerFault",
    "_Answered",
}

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_OWN = Path(__file__)
MODULES = [path for path in FILES if path != _OWN]


def texts_of(path: Path) -> Iterator[tuple[int, str]]:
    """Every name, comment and docstring of a module, with its line."""
    source = path.read_text(encoding="utf-8")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.COMMENT, tokenize.NAME):
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.value.value


def is_suspicious(source: str) -> bool:
    """Whether a banned word is anywhere in a module, strings included: reading it by tokens takes ten times as long."""
    words = {word.lower() for word in set(_WORD.findall(TERMS.sub("", source)))}
    return bool(words & BANNED) or any(word in source for word in QUESTION)


def violations(path: Path) -> Iterator[str]:
    """The banned words of a module, and the docstrings that begin with a question word."""
    if not is_suspicious(path.read_text(encoding="utf-8")):
        return
    for line, text in texts_of(path):
        words = {word.lower() for word in _WORD.findall(TERMS.sub("", text))}
        for word in sorted(words & BANNED):
            yield f"{path.relative_to(ROOT)}:{line}: {word!r} in {' '.join(text.split())[:80]!r}"
        if text.lstrip().startswith(QUESTION):
            yield f"{path.relative_to(ROOT)}:{line}: begins with a question word: {' '.join(text.split())[:80]!r}"


def errors_of(path: Path) -> Iterator[str]:
    """The names of the exceptions that a module defines."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef) and BASES & {base.id for base in node.bases if isinstance(base, ast.Name)}:
            yield node.name


def test_every_module_uses_the_words_of_the_glossary() -> None:
    assert [words for path in MODULES for words in violations(path)] == []


def test_the_search_finds_what_it_is_for(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text('"""What it is."""\n# whoever comes\ndead_letter = news_desk = cast = 1\n', encoding="utf-8")
    found = [words for _, text in texts_of(module) for words in _WORD.findall(TERMS.sub("", text)) if words in BANNED]
    assert found == ["whoever", "news", "desk"]


@pytest.mark.parametrize(
    "source", ['"""What it is."""', "# whoever comes", "news_desk = 1", "class NewsDesk: ...", "HUB"]
)
def test_no_module_is_passed_over_that_may_break_a_rule(source: str) -> None:
    assert is_suspicious(source)
    assert not is_suspicious("dead_letter = returned = 1")


def test_an_error_has_one_meaning() -> None:
    found: dict[str, list[str]] = defaultdict(list)
    for path in FILES:
        place = str(path.relative_to(ROOT))
        for name in errors_of(path) if place.startswith(ERRORS) else ():
            found[name].append(place)
    assert {"Refused", "RequestRefused", "CannotStart"} <= set(found)
    assert {name: places for name, places in found.items() if len(places) > 1} == {}

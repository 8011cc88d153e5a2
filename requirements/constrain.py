"""Writes the pins of this folder into pyproject.toml as constraints, so that `uv run` resolves to the same versions.

Run by `make lock`. Hashes cannot stand there: `make` checks them, `uv run` by itself takes the same versions without.
"""

from __future__ import annotations

import re
from pathlib import Path

PINS = ("runtime", "dev", "apache-kafka")
"""The files of pins that an environment is made from; the build backend has its own."""

_HERE = Path(__file__).resolve().parent
_PYPROJECT = _HERE.parent / "pyproject.toml"
_PIN = re.compile(r"^(\S+==\S+(?: ; .+?)?) \\$", re.MULTILINE)
_BLOCK = re.compile(r"(?<=\nconstraint-dependencies = \[\n).*?(?=\]\n)", re.DOTALL)


def constraints() -> list[str]:
    """Every pin with its marker, once, sorted by name."""
    texts = [(_HERE / f"{name}.txt").read_text(encoding="utf-8") for name in PINS]
    return sorted({pin.replace('"', "'") for text in texts for pin in _PIN.findall(text)})


def constrained(pyproject: str) -> str:
    """The text of pyproject.toml with the pins in its list of constraints."""
    listed = "".join(f'  "{pin}",\n' for pin in constraints())
    return _BLOCK.sub(lambda _match: listed, pyproject, count=1)


if __name__ == "__main__":
    _PYPROJECT.write_text(constrained(_PYPROJECT.read_text(encoding="utf-8")), encoding="utf-8")

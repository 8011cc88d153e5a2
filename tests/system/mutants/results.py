"""Results that outlast the command: a line of JSON for each, of the sources as they are; others are done again."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

_ROOT = Path(__file__).resolve().parents[3]
_SOURCES = ("services_stub", "simulator", "tests/system/mutants")


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a mutant or a seed. `path` is the directory of a run that is kept, `sources` their digest."""

    name: str
    good: bool
    orders: int
    counts: dict[str, int]
    words: str
    """The reasons why it is not good."""
    seconds: float
    path: str = ""
    sources: str

    def line(self) -> str:
        """The result for people."""
        counts = ", ".join(f"{check} {count}" for check, count in sorted(self.counts.items()))
        word = "ok" if self.good else "WRONG"
        said = f"{word:<6}{self.name:<42}{self.seconds:>6.1f} s{self.orders:>5} orders  {counts}"
        return said if self.good else f"{said}\n      {self.words} {self.path}"


class Results:
    """The results in a file, to which new ones are appended at once."""

    def __init__(self, path: Path) -> None:
        self._path, self.sources = path, digest_of_sources()
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_bytes() if path.exists() else b""
        known = msgspec.json.Decoder(Result).decode_lines(lines[: lines.rfind(b"\n") + 1])
        self.found = {each.name: each for each in known if each.sources == self.sources}

    def add(self, result: Result) -> None:
        """Keep a result."""
        self.found[result.name] = result
        with self._path.open("ab") as file:
            file.write(msgspec.json.encode(result) + b"\n")


def digest_of_sources() -> str:
    """A text that differs where the services, the simulator or the mutants do."""
    digest = hashlib.sha256()
    for folder in _SOURCES:
        for path in sorted((_ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".toml"):
                digest.update(f"{path.relative_to(_ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]

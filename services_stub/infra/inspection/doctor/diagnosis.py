"""The results of an examination, as people and programs get them."""

from __future__ import annotations

from typing import Literal, TypeAlias

from services_stub.contracts.base import Body
from services_stub.contracts.encoding import indented_json

Verdict: TypeAlias = Literal["fine", "note", "wrong"]


class Diagnosis(Body, frozen=True, kw_only=True):
    """One part with its verdict. A note is worth knowing and hinders nothing; `advice` says what to do."""

    part: str
    verdict: Verdict
    detail: str
    advice: str = ""


class Diagnoses(Body, frozen=True, kw_only=True):
    """The parts in the order in which they were examined."""

    items: list[Diagnosis]

    @property
    def wrong(self) -> int:
        """How many parts are wrong."""
        return sum(item.verdict == "wrong" for item in self.items)


def fine(part: str, detail: str) -> Diagnosis:
    """A part that is as it should be."""
    return Diagnosis(part=part, verdict="fine", detail=detail)


def note(part: str, detail: str, advice: str) -> Diagnosis:
    """A part about which something is worth knowing."""
    return Diagnosis(part=part, verdict="note", detail=detail, advice=advice)


def wrong(part: str, detail: str, advice: str) -> Diagnosis:
    """A part that hinders a marketplace or its client."""
    return Diagnosis(part=part, verdict="wrong", detail=detail, advice=advice)


def as_json(found: Diagnoses) -> str:
    """The diagnoses as an indented JSON object."""
    return indented_json(found)


def as_text(found: Diagnoses) -> str:
    """The diagnoses for people: a line each, and one below it where something is to be done."""
    width = max(len(item.part) for item in found.items)
    lines: list[str] = []
    for item in found.items:
        lines.append(f"{item.verdict:<5}  {item.part:<{width}}  {item.detail}")
        if item.advice:
            lines.append(f"{'':<5}  {'':<{width}}  {item.advice}")
    verdict = "Nothing is wrong." if not found.wrong else f"Wrong: {found.wrong} of {len(found.items)}."
    return "\n".join([*lines, "", verdict])

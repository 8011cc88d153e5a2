"""A planned fault, and its text: `kill:payment@40s+10s` is a kill of payment 40 s after the start, for 10 s."""

from __future__ import annotations

import re
from dataclasses import dataclass

from simulator.faults.kinds import KINDS, LONGEST_AMOUNT, WORDS, Amount, Kind, Lasting, Place
from simulator.scenario.quantities import MICROSECONDS, Duration, duration_of, nearest, shown

_SHARE = re.compile(r"(\d{1,3})%", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9-]{0,99}", re.ASCII)
_EXAMPLES = {Place.SERVICE: "payment", Place.TOPIC: "order-created", Place.LINK: "order-product"}


class FaultError(ValueError):
    """A fault cannot be planned; the text names it and the way out."""


@dataclass(frozen=True, slots=True)
class PlannedFault:
    """A fault at a time after the start of the load. `amount` is a percentage or microseconds; `lasts` may be 0."""

    kind: Kind
    target: str
    at: Duration
    lasts: Duration
    amount: int = 0

    @property
    def end_us(self) -> int:
        """The moment at which it is cleared, in microseconds after the start of the load."""
        return self.at + self.lasts

    @property
    def amount_words(self) -> str:
        """The amount as people write it; empty without one."""
        return amount_words(self.kind, self.amount)

    def __str__(self) -> str:
        amount = f"={self.amount_words}" if self.kind.amount else ""
        lasts = f"+{self.lasts}" if self.lasts else ""
        return f"{self.kind.word}:{self.target}{amount}@{self.at}{lasts}"


def planned(text: str) -> PlannedFault:
    """The fault that a text stands for. Whether there is such a target is for `checks` to say.

    Raises:
        FaultError: the text is no fault.
    """
    head, at_sign, times = text.strip().partition("@")
    named, equals, amount = head.partition("=")
    word, _, target = named.partition(":")
    if word not in WORDS:
        raise FaultError(f"{shown(text)}: there is no fault {shown(word)}.{nearest(word, WORDS)} {_words()}")
    kind = _kind_of(text, word, target)
    if not at_sign:
        raise _wrong(text, kind, "it has no time; AT is counted from the start of the load")
    at, plus, lasts = times.partition("+")
    try:
        return PlannedFault(
            kind=kind,
            target=target,
            at=duration_of(at),
            lasts=_lasts(kind, lasts if plus else None),
            amount=_amount(kind, amount if equals else None),
        )
    except ValueError as error:
        raise _wrong(text, kind, str(error)) from error


def amount_words(kind: Kind, amount: int) -> str:
    """An amount of a kind of fault as people write it; empty where the kind has none."""
    if kind.amount is Amount.SHARE:
        return f"{amount}%"
    if kind.amount is Amount.NONE:
        return ""
    return f"{'-' if amount < 0 else ''}{Duration(abs(amount))}"


def example_of(kind: Kind) -> str:
    """A fault of a kind, as it is written."""
    amount = kind.usual // 2 if kind.amount is Amount.SHARE else kind.usual
    lasts = 0 if kind.lasting is Lasting.NEVER else 10 * MICROSECONDS["s"]
    at = 40 * MICROSECONDS["s"]
    return str(PlannedFault(kind, _EXAMPLES.get(kind.place, kind.place), Duration(at), Duration(lasts), amount))


def _kind_of(text: str, word: str, target: str) -> Kind:
    """The kind with this word whose place the target can be."""
    kinds = {kind.place: kind for kind in KINDS if kind.word == word}
    only = [str(place) for place in (Place.BROKER, Place.PROVIDER) if place in kinds]
    if target in only:
        return kinds[Place(target)]
    open_kinds = [kind for place, kind in kinds.items() if str(place) not in only]
    if open_kinds and _NAME.fullmatch(target):
        return open_kinds[0]
    forms = " or ".join(kind.usage for kind in kinds.values())
    problem = f"it strikes {' or '.join(only)}, not {shown(target)}." if target and only else "it has no target."
    if target and not only:
        problem = f"{shown(target)} is no name."
    raise FaultError(f"{shown(text)}: {problem}{nearest(target, only)} Write {forms}.")


def _lasts(kind: Kind, text: str | None) -> Duration:
    if text is None:
        if kind.lasting is Lasting.ALWAYS:
            raise ValueError("it has no duration")
        return Duration(0)
    if kind.lasting is Lasting.NEVER:
        raise ValueError("it is done once, and has no duration")
    lasts = duration_of(text)
    if not lasts:
        raise ValueError("its duration must be above 0")
    return lasts


def _amount(kind: Kind, text: str | None) -> int:
    if text is None:
        return kind.usual
    if kind.amount is Amount.NONE:
        raise ValueError(f"it has no amount, so no {shown('=' + text)}")
    if kind.amount is Amount.SHARE:
        share = _SHARE.fullmatch(text)
        if share is None or not 1 <= int(share[1]) <= 100:
            raise ValueError(f"{shown(text)} is no share: write a whole percentage from 1% to 100%")
        return int(share[1])
    minus = text.startswith("-") and kind.amount is Amount.OFFSET
    time = duration_of(text[minus:])
    if time % MICROSECONDS["ms"] or not 0 < time <= LONGEST_AMOUNT:
        raise ValueError(f"{shown(text)} is no whole number of milliseconds from 1ms to 10m")
    return -int(time) if minus else int(time)


def _wrong(text: str, kind: Kind, problem: str) -> FaultError:
    return FaultError(f"{shown(text)}: {problem}. Write {kind.usage}, as {example_of(kind)}.")


def _words() -> str:
    return f"The faults are {', '.join(WORDS)}; `marketplace simulate faults` explains them."

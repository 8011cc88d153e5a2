"""The kinds of faults: one table, from which faults are read, listed, drawn and checked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from simulator.history.operations import SKEW
from simulator.scenario.quantities import MICROSECONDS

SECOND = MICROSECONDS["s"]
_MS = MICROSECONDS["ms"]
LONGEST_AMOUNT = 600 * SECOND


class Place(StrEnum):
    """The part of a marketplace that a fault strikes. Of brokers and providers there is one."""

    SERVICE = "service"
    BROKER = "broker"
    PROVIDER = "provider"
    TOPIC = "topic"
    LINK = "link"


class Amount(StrEnum):
    """The measure of a fault: none, a percentage, a time in microseconds, or one that may be negative."""

    NONE = ""
    SHARE = "SHARE"
    TIME = "TIME"
    OFFSET = "[-]TIME"


class Lasting(StrEnum):
    """Whether a fault has a duration."""

    NEVER = ""
    MAYBE = "[+FOR]"
    ALWAYS = "+FOR"


Range: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault. `usual` is its amount where none is given, `drawn` the least and the most of a nemesis.

    A nemesis draws an offset as often negative as not.
    """

    word: str
    place: Place
    lasting: Lasting
    words: str
    amount: Amount = Amount.NONE
    usual: int = 0
    drawn: Range = (0, 0)

    @property
    def usage(self) -> str:
        """Its form: capitals stand for what is to be filled in, brackets for what may be left out."""
        target = self.place if self.place in (Place.BROKER, Place.PROVIDER) else self.place.upper()
        amount = f"[={self.amount}]" if self.amount else ""
        return f"{self.word}:{target}{amount}@AT{self.lasting}"


_ALL, _ONCE, _MAYBE = Lasting.ALWAYS, Lasting.NEVER, Lasting.MAYBE
_SHARE, _TIME = Amount.SHARE, Amount.TIME
_SOME, _SHORT, _OFTEN = (5, 50), (20 * _MS, 500 * _MS), (200 * _MS, SECOND)

KINDS: tuple[Kind, ...] = (
    Kind("kill", Place.SERVICE, _MAYBE, "Ends its process at once (SIGKILL); with FOR again whenever it is back."),
    Kind("kill", Place.BROKER, _MAYBE, "The same for the broker; its records stay."),
    Kind("pause", Place.SERVICE, _ALL, "Freezes its process (SIGSTOP); connections stay open, nothing is answered."),
    Kind("restart", Place.SERVICE, _ONCE, "Lets its process finish what it began, end, and start again."),
    Kind("restart", Place.BROKER, _ONCE, "The same for the broker; its records stay."),
    Kind("stop", Place.BROKER, _ALL, "Cuts all connections to the broker and refuses new ones; its records stay."),
    Kind("slow", Place.BROKER, _ALL, "Every answer of the embedded broker comes later.", _TIME, 100 * _MS, _SHORT),
    Kind("cut", Place.BROKER, _ALL, "The embedded broker keeps records, and cuts connections instead of answering so."),
    Kind("lose-answers", Place.BROKER, _ALL, "The embedded broker keeps records, and answers that this timed out."),
    Kind("slow", Place.LINK, _ALL, "Every byte of its connections comes later, both ways.", _TIME, 100 * _MS, _SHORT),
    Kind("cut", Place.LINK, _ALL, "No byte of its connections passes; what was sent arrives afterwards."),
    Kind("full-disk", Place.SERVICE, _ALL, "Its process cannot write to any file (Linux)."),
    Kind("full-disk", Place.BROKER, _ALL, "The embedded broker cannot keep records and offsets (Linux)."),
    Kind(
        SKEW,
        Place.SERVICE,
        _ALL,
        "Its wall clock is ahead, or behind with a minus: all times that it writes and compares, not its pauses.",
        Amount.OFFSET,
        SECOND,
        (SECOND // 10, 2 * SECOND),
    ),
    Kind("decline", Place.PROVIDER, _ALL, "The payment provider declines charges.", _SHARE, 100, _SOME),
    Kind("delay", Place.PROVIDER, _ALL, "The payment provider answers later.", _TIME, 500 * _MS, _SHORT),
    Kind("outage", Place.PROVIDER, _ALL, "The payment provider cannot be reached."),
    Kind("lose-answers", Place.PROVIDER, _ALL, "It charges, and its answers get lost.", _SHARE, 100, _SOME),
    Kind("double-charge", Place.PROVIDER, _ALL, "It charges payments twice.", _SHARE, 100, _SOME),
    Kind("duplicate", Place.TOPIC, _ALL, "Records are sent twice.", _SHARE, 100, _SOME),
    Kind("reorder", Place.TOPIC, _ALL, "Records are sent a second later; other keys overtake.", _SHARE, 50, _SOME),
    Kind("delay", Place.TOPIC, _ALL, "Records are sent later, in their order.", _TIME, 500 * _MS, _SHORT),
    Kind(
        "poison",
        Place.TOPIC,
        _ALL,
        "A record that no consumer can handle, every TIME.",
        _TIME,
        SECOND,
        (SECOND // 5, SECOND),
    ),
)
"""Every kind. The same word may stand for several places; then the target tells which one is meant."""

WORDS: tuple[str, ...] = tuple(dict.fromkeys(kind.word for kind in KINDS))

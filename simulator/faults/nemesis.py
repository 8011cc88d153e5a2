"""The nemesis: draws faults from the seed, one after the other, with time to heal after each."""

from __future__ import annotations

from simulator.faults.kinds import KINDS, SECOND, WORDS, Amount, Kind, Lasting, Place
from simulator.faults.planned import FaultError, PlannedFault
from simulator.faults.target import Target, impossible
from simulator.random_stream import RandomStream
from simulator.scenario.quantities import MICROSECONDS, Duration, nearest, shown

ALL = "all"
INTERVAL = 10 * SECOND
LEAST_INTERVAL = 4 * SECOND
_MS = MICROSECONDS["ms"]
_OF_A_PURCHASE = ("order-created", "payment-success", "order-updated", "notification-sent")
"""The topics whose records every load has."""


def nemesis_words(text: str) -> tuple[str, ...]:
    """The words of faults that a nemesis may draw: `all`, or some of them separated by commas.

    Raises:
        FaultError: one of them is no fault.
    """
    words = [word.strip() for word in text.split(",")]
    if words == [ALL]:
        return WORDS
    for word in words:
        if word not in WORDS:
            known = (ALL, *WORDS)
            raise FaultError(f"there is no fault {shown(word)}.{nearest(word, known)} Choose of {', '.join(known)}.")
    return tuple(dict.fromkeys(words))


def draw(
    words: tuple[str, ...], target: Target, seed: int, end_us: int, interval_us: int = INTERVAL
) -> list[PlannedFault]:
    """Faults of these words for a load that ends at `end_us`: one in each interval, never two at a time.

    Each begins in the second quarter of its interval and is over before the last, so that at least half an interval
    without a fault follows. No kind comes again before all have come.

    Raises:
        FaultError: the target can have none of these faults, or the load is too short for one.
    """
    if interval_us < LEAST_INTERVAL:
        raise FaultError(f"a nemesis needs an interval of {Duration(LEAST_INTERVAL)} or more, to heal in")
    if end_us < interval_us:
        raise FaultError(f"a load of {Duration(end_us)} is too short for a fault every {Duration(interval_us)}")
    kinds = [kind for kind in KINDS if kind.word in words and _names(kind, target)]
    without = [word for word in words if all(kind.word != word for kind in kinds)]
    if not kinds or (without and words != WORDS):
        raise FaultError(f"this target cannot have {' or '.join(without)}; `marketplace simulate faults` says why")
    order, left, drawn = RandomStream(seed, "nemesis"), list[Kind](), list[PlannedFault]()
    for number in range(end_us // interval_us):
        left = left or list(kinds)
        kind = left.pop(order.below(len(left)))
        drawn.append(_fault(kind, target, RandomStream(seed, "nemesis", number), number * interval_us, interval_us))
    return drawn


def _fault(kind: Kind, target: Target, stream: RandomStream, begin: int, interval: int) -> PlannedFault:
    """A fault of a kind in one interval. Times are whole milliseconds, so that its text is short."""
    at = begin + interval // 4 + _milliseconds(stream, 0, interval // 4 - _MS)
    lasting = kind.lasting is Lasting.ALWAYS or (kind.lasting is Lasting.MAYBE and stream.percent(50))
    lasts = _milliseconds(stream, interval // 8, interval // 4) if lasting else 0
    least, most = kind.drawn
    amount = stream.between(least, most) if kind.amount is Amount.SHARE else _milliseconds(stream, least, most)
    if kind.amount is Amount.OFFSET and stream.percent(50):
        amount = -amount
    return PlannedFault(kind, stream.pick(_names(kind, target)), Duration(at), Duration(lasts), amount)


def _milliseconds(stream: RandomStream, least: int, most: int) -> int:
    return stream.between(least // _MS, most // _MS) * _MS


def _names(kind: Kind, target: Target) -> list[str]:
    """The names at which a target can have a kind of fault, and a load meets it."""
    return [
        name
        for name in target.names(kind.place)
        if not impossible(kind, name, target) and (kind.place is not Place.TOPIC or name in _OF_A_PURCHASE)
    ]

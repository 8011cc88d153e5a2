"""Whether the log and the entries of the clients fit together, after any number of kills."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from tests.broker.kills.consumer import crc
from tests.broker.kills.journal import Acknowledged, Assigned, Committed, Entry, Problem, Read

Log = dict[int, list[bytes]]
"""The values of each partition, from offset 0 on."""


def faults(log: Log, entries: Sequence[Entry], groups: Iterable[str]) -> list[str]:
    """All that does not fit, in words."""
    return [
        *(each.text for each in entries if isinstance(each, Problem)),
        *_lost(log, (each for each in entries if isinstance(each, Acknowledged))),
        *_disordered(log),
        *_misread(log, [each for each in entries if isinstance(each, Read)], groups),
        *_went_back([each for each in entries if isinstance(each, Assigned | Committed)]),
    ]


def _lost(log: Log, acknowledged: Iterable[Acknowledged]) -> Iterator[str]:
    for each in acknowledged:
        values = log[each.partition]
        found = values[each.offset] if 0 <= each.offset < len(values) else b"nothing"
        if found != f"{each.producer} {each.sequence}".encode():
            place = f"[{each.partition}]@{each.offset}"
            yield f"lost: {each.producer} {each.sequence} was acknowledged at {place}, where is {found.decode()}"


def _disordered(log: Log) -> Iterator[str]:
    """A process numbers what it sends to a partition: 0, 1, 2 and so on must lie there, each once."""
    for number, values in log.items():
        following: dict[str, int] = defaultdict(int)
        for offset, value in enumerate(values):
            producer, sequence = value.decode().split()
            if int(sequence) != following[producer]:
                kind = "twice or reordered" if int(sequence) < following[producer] else "missing before it"
                yield f"{kind}: {value.decode()} at [{number}]@{offset}, where {following[producer]} comes next"
            following[producer] = max(int(sequence) + 1, following[producer])


def _misread(log: Log, reads: list[Read], groups: Iterable[str]) -> Iterator[str]:
    """All that a group has read is what is in the log, and is all that is in it."""
    missing = {(group, number): set(range(len(values))) for group in groups for number, values in log.items()}
    for each in reads:
        if crc(log[each.partition][each.first : each.last + 1]) != each.crc:
            yield f"{each.group} has read other values at [{each.partition}]@{each.first} to {each.last}"
        missing.get((each.group, each.partition), set()).difference_update(range(each.first, each.last + 1))
    for (group, number), offsets in missing.items():
        if offsets:
            yield f"{group} has not read {len(offsets)} records of [{number}], the first at {min(offsets)}"


def _went_back(entries: list[Assigned | Committed]) -> Iterator[str]:
    """An offset that is asked for or sent is not less than one that was acknowledged before that."""
    times = [(each.since, each) for each in entries]
    times += [(each.time, each) for each in entries if isinstance(each, Committed)]
    committed: dict[tuple[str, int], int] = defaultdict(int)
    for time, each in sorted(times, key=lambda found: found[0]):
        place = each.group, each.partition
        if time == each.since and each.offset < committed[place]:
            yield f"went back: {each.group}[{each.partition}] from {committed[place]} to {each.offset}"
        elif time != each.since:
            committed[place] = max(committed[place], each.offset)

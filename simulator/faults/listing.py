"""The kinds of faults in words, with their parameters and an example of each."""

from __future__ import annotations

import textwrap

from simulator.faults.kinds import KINDS, Kind
from simulator.faults.planned import amount_words, example_of

_COLUMNS = 80
_USAGE = 40
_OPENING = (
    "--fault takes a fault as it stands here. AT, FOR and TIME are times, as 40s or 1m30s, and [-]TIME one that may be "
    "negative; AT is counted from the start of the load. SHARE is a percentage. SERVICE is the name of a service, "
    "TOPIC one of events, LINK the calls of one service to another, as order-product, or its connections to Kafka, as "
    "order-kafka: they pass a proxy, in a marketplace that is started for the run. --nemesis all draws faults from the "
    "seed, and --nemesis kill,pause only those."
)


def listing_lines() -> list[str]:
    """Every kind of fault, at most 80 columns wide."""
    return [*textwrap.wrap(_OPENING, _COLUMNS), "", *(line for kind in KINDS for line in _kind_lines(kind))]


def _kind_lines(kind: Kind) -> list[str]:
    usual = f" Usually {amount_words(kind, kind.usual)}." if kind.amount else ""
    words = textwrap.wrap(kind.words + usual, _COLUMNS, initial_indent="    ", subsequent_indent="    ")
    return [f"{kind.usage:<{_USAGE}}{example_of(kind)}", *words]

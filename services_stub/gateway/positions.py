"""Positions in the topics of the live stream, as the ids of its messages carry them.

An id says up to which offset of each partition a client has seen the stream, so that it can go on from there after any
restart. It is signed: one that is made up, cut, or of another log or another set of partitions is not read at all.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Iterable, Sequence
from hashlib import blake2b

from services_stub.runtime.kafka.records import Place, Record

LONGEST_ID = 4096

_SIGNATURE = 8
_WIDEST = 8
_EVENT_ID = re.compile(r"[\x21-\x7e]{1,128}")

Offsets = tuple[int, ...]


class Partitions:
    """The partitions that positions speak of, in a fixed order; makes and reads ids with `secret`.

    `cluster_id` names the log: after it was lost, the same offsets mean other records.
    """

    def __init__(self, places: Iterable[Place], cluster_id: str, secret: str) -> None:
        self.places = sorted(places)
        self.index = {place: number for number, place in enumerate(self.places)}
        meaning = repr((cluster_id, self.places)).encode()
        self._key = blake2b(meaning, key=blake2b(secret.encode()).digest(), digest_size=32).digest()

    def message_id(self, offsets: Sequence[int], event_id: str = "") -> bytes:
        """The id of the message behind which a client is at `offsets`; the event's own id stands behind its dot."""
        width = max(1, (max(offsets, default=0).bit_length() + 7) // 8)
        packed = bytes((width,)) + b"".join([offset.to_bytes(width, "big") for offset in offsets])
        text = base64.urlsafe_b64encode(packed + self._signature(packed)).rstrip(b"=")
        return text + b"." + (event_id.encode() if _EVENT_ID.fullmatch(event_id) else b"")

    def offsets_of(self, message_id: str) -> Offsets | None:
        """The offsets in an id; None where it is none of this log and these partitions."""
        if len(message_id) > LONGEST_ID:
            return None
        text = message_id.partition(".")[0]
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        packed, signature = raw[:-_SIGNATURE], raw[-_SIGNATURE:]
        if not packed or not hmac.compare_digest(signature, self._signature(packed)):
            return None
        width, body = packed[0], packed[1:]
        if not 1 <= width <= _WIDEST or len(body) != width * len(self.places):
            return None
        return tuple(int.from_bytes(body[place : place + width], "big") for place in range(0, len(body), width))

    def _signature(self, packed: bytes) -> bytes:
        return blake2b(packed, key=self._key, digest_size=_SIGNATURE).digest()


def in_time(records: Iterable[Record]) -> list[Record]:
    """`records` by their time, as far as the order of each partition allows."""
    latest: dict[Place, int] = {}
    timed: list[tuple[int, Record]] = []
    for record in records:
        place = record.topic, record.partition
        time = latest[place] = max(record.timestamp, latest.get(place, record.timestamp))
        timed.append((time, record))
    timed.sort(key=lambda pair: pair[0])
    return [record for _, record in timed]

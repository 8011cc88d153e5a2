"""The mutated requests: the same seed gives the same, and they come in every kind and version."""

from __future__ import annotations

import random
import struct

from services_stub.infra.kafka.broker.codec import decoder
from services_stub.infra.kafka.broker.definitions import definitions
from tests.broker.fuzz.mutating import Mutator, numbered, readable
from tests.broker.fuzz.valid import SEVERAL, valid_requests

VERSIONS = {key: found.versions for (kind, key), found in definitions().items() if kind == "request"}


def test_valid_requests_can_be_read_in_every_kind_and_version() -> None:
    found = valid_requests(random.Random(1), VERSIONS)
    kinds = [struct.unpack_from(">hh", data, 4) for data in found]
    assert sorted(set(kinds)) == [
        (key, number) for key, (first, last) in sorted(VERSIONS.items()) for number in range(first, last + 1)
    ]
    assert len(found) == len(set(kinds)) * SEVERAL
    assert all(map(readable(VERSIONS), found))


def test_a_seed_gives_the_same_requests_again() -> None:
    def some() -> list[bytearray]:
        rng = random.Random(7)
        mutator = Mutator(rng, valid_requests(rng, {3: (0, 8), 11: (0, 5)}))
        return [mutator.mutated() for _ in range(500)]

    first = some()
    assert first == some()
    assert all(struct.unpack_from(">i", data)[0] == len(data) - 4 for data in first)
    assert {readable({3: (0, 8), 11: (0, 5)})(bytes(data)) for data in first} == {True, False}


def test_a_number_changes_nothing_else() -> None:
    (data, *_) = valid_requests(random.Random(1), {3: (8, 8)})
    changed = numbered(bytearray(data), 5)
    assert (changed[:8], changed[8:12], changed[12:]) == (data[:8], b"\0\0\0\5", data[12:])
    assert decoder("request", 3, 8)(changed, 18, len(changed)) == decoder("request", 3, 8)(data, 18, len(data))

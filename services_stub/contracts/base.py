"""The two kinds of struct that every contract is made of.

Events tolerate fields they do not know, so that a version can gain optional fields; requests refuse them, so that a
misspelt field is an error and not a silent default.
"""

from __future__ import annotations

import re
from typing import Annotated, ClassVar

import msgspec

LARGEST_WEIGHT = 1_000_000

Weight = Annotated[float, msgspec.Meta(ge=1, le=LARGEST_WEIGHT)]
"""How many events one event of a sample stands for: the share of those that are published is `1 / weight`."""

LARGEST_NUMBER = 10**14 - 1
"""The largest number that every store keeps exactly: the scripts of the cart store write fourteen digits."""

Number = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_NUMBER)]
"""A count of units, or the number of a version or a change."""

Balance = Annotated[int, msgspec.Meta(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)]
"""A count of units that must not be below 0. It can be told all the same, so that a reader sees by how much it is."""

LONGEST_ID = 64
"""Characters of an id of ours: a UUID has 36, and what clients have made up so far no more than this."""

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_ID)]
"""The id of anything that a service owns, wherever it stands: in bodies, in paths, in events."""

OptionalId = Annotated[str, msgspec.Meta(max_length=LONGEST_ID)]
"""An id, or an empty text where there is none."""

_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")


class Body(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A JSON object that a service answers with, camelCase on the wire."""


class Request(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A JSON object that a client sends; unknown fields are refused."""


class Event(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A fact that a service published on the topic named by `topic`.

    `key` names the attribute that holds the aggregate id: it is the record's key, so all events of one aggregate
    lie in one partition, in order. `schema_version` is the version of the schema; within a version only optional fields
    are added.
    """

    topic: ClassVar[str]
    key: ClassVar[str]
    schema_version: ClassVar[int] = 1

    @property
    def subject(self) -> str:
        """The aggregate id, as the record's key and as `ce_subject`."""
        value: str = getattr(self, self.key)
        return value

    @classmethod
    def schema_name(cls) -> str:
        """The name of the schema file without its ending, for example `order-created.v1`."""
        return f"{cls.topic}.v{cls.schema_version}"


def title_of(cls: type) -> str:
    """The class name in words, for documentation: `OrderCreated` becomes `Order created`."""
    return _WORD_START.sub(" ", cls.__name__).capitalize()

"""Every fault and every action of the control contract, read from the contract itself, and made from typed values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast, get_args

import msgspec

from services_stub.client.errors import InvalidInput
from services_stub.contracts.base import Request
from services_stub.contracts.control import Action, ActiveFault, BrokerAction, ServiceAction
from services_stub.contracts.control_faults import (
    BrokerFault,
    ClockSkew,
    Fault,
    LinkFault,
    PaymentFault,
    ProcessFault,
    RecordFault,
)
from services_stub.contracts.problem import FieldError, problem

_PLACE = re.compile(r" - at `\$\.?(\w*)[^`]*`$")


@dataclass(frozen=True)
class Field:
    """A parameter: its name in the contract, its words, what it begins with, and its bounds in words."""

    name: str
    words: str
    value: str
    hint: str


_FIELDS = {
    "rate": ("Share", "0.5", "above 0, and 1 for all"),
    "milliseconds": ("Milliseconds", "1000", "1 to 600000"),
    "topic": ("Topic", "order-created", "a topic of events"),
    "service": ("Service", "order", "the name of a service"),
    "apiKey": ("Kafka API key", "0", "0 is produce, 1 is fetch"),
    "link": ("Connections", "order-product", "of a service to another or to kafka, as `up --link` names them"),
    "partition": ("Partition", "0", "from 0"),
    "group": ("Consumer group", "order", "a consumer group, as each service has one"),
    "count": ("Requests", "1", "1 to 1000000"),
    "batches": ("Batches", "1", "1 to 1000000, of each partition"),
    "error": ("Kafka error code", "7", "such as 7 for a time-out"),
}
"""Words, first value and bounds of each parameter that occurs."""

_OF_KIND = {"clock-skew": {"milliseconds": ("Milliseconds", "1000", "-600000 to 600000, negative for behind")}}
"""The same where it is another for one kind."""


@dataclass(frozen=True)
class Kind:
    """A fault, or an action that is done once."""

    tag: str
    area: str
    once: bool
    help: str
    fields: tuple[Field, ...]
    type: type[Request]

    @property
    def words(self) -> str:
        """Its name in words."""
        return self.tag.replace("-", " ").capitalize()


def _kinds(area: str, union: TypeAlias, *, once: bool) -> list[Kind]:
    return [_kind(area, kind, once=once) for kind in get_args(union) or (union,)]


def _kind(area: str, kind: type[Request], *, once: bool) -> Kind:
    tag = str(kind.__struct_config__.tag)
    parameters = _FIELDS | _OF_KIND.get(tag, {})
    return Kind(
        tag=tag,
        area=area,
        once=once,
        help=" ".join((kind.__doc__ or "").split()),
        fields=tuple(
            Field(one.encode_name, *_unless_left_out(one.default is None, *parameters[one.encode_name]))
            for one in msgspec.structs.fields(kind)
        ),
        type=kind,
    )


def _unless_left_out(optional: bool, words: str, value: str, hint: str) -> tuple[str, str, str]:
    return (words, "", f"{hint}; all if empty") if optional else (words, value, hint)


KINDS: tuple[Kind, ...] = (
    *_kinds("payments", PaymentFault, once=False),
    *_kinds("records", RecordFault, once=False),
    *_kinds("broker", BrokerFault, once=False),
    *_kinds("broker", BrokerAction, once=True),
    *_kinds("processes", ProcessFault, once=False),
    *_kinds("processes", ClockSkew, once=False),
    *_kinds("processes", ServiceAction, once=True),
    *_kinds("links", LinkFault, once=False),
)
"""Everything that the control API can do to a marketplace, by area."""


def made(kind: Kind, values: Mapping[str, str]) -> Fault | Action:
    """The fault or action of a kind with these values.

    Raises:
        InvalidInput: a value is none that the contract allows; `problem.errors` names its field.

    """
    needed = {one.encode_name for one in msgspec.structs.fields(kind.type) if one.required}
    fields = {name: value.strip() for name, value in values.items() if value.strip() or name in needed}
    try:
        return cast("Fault | Action", msgspec.convert({"type": kind.tag, **fields}, type=kind.type, strict=False))
    except msgspec.ValidationError as error:
        place = _PLACE.search(str(error))
        wrong = FieldError(field=place[1] if place else "", message=_PLACE.sub("", str(error)))
        raise InvalidInput(problem(400, "invalid-input", wrong.message, errors=[wrong])) from error


def values_in(asked: Fault | Action) -> dict[str, str]:
    """The parameters of a fault or an action as they are typed, by their names in the contract."""
    names = zip(asked.__struct_encode_fields__, asked.__struct_fields__, strict=True)
    values = {name: getattr(asked, attribute) for name, attribute in names}
    return {name: "" if one is None else str(one) for name, one in values.items()}


def parameters(asked: Fault | Action) -> str:
    """The parameters of a fault or an action in words: `topic order-created, share 0.5`."""
    return ", ".join(f"{_FIELDS[name][0].lower()} {value}" for name, value in values_in(asked).items() if value)


@dataclass(frozen=True)
class Entry:
    """A row of the list: a kind, and one that is in force; None where none of its kind is."""

    kind: Kind
    active: ActiveFault | None = None

    @property
    def key(self) -> str:
        """Unique in the list. Where there is one of a kind at a time, it is the same in force and not."""
        return self.active.id if self.active else self.kind.tag


def entries(active: Sequence[ActiveFault]) -> list[Entry]:
    """All kinds, and in place of each kind those of it that are in force."""
    found = []
    for kind in KINDS:
        in_force = [Entry(kind, one) for one in active if type(one.fault) is kind.type]
        found += in_force or [Entry(kind)]
    return found

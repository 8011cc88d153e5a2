"""Decoding of what comes from outside, by the contract and nothing more lenient: JSON, and the texts of parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Generic, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import inspect

from services_stub.contracts.mailbox import EMAIL
from services_stub.contracts.problem import FieldError
from services_stub.contracts.text import E164, LINE, PHONE, TEXT, WRITTEN_LINE, WRITTEN_TEXT
from services_stub.contracts.times import RFC3339

T = TypeVar("T")

INTEGER = r"^-?(0|[1-9][0-9]{0,18})$(?!\n)"
NUMBER = r"^-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,18})?$(?!\n)"

_FORMS: Mapping[Any, re.Pattern[str]] = {
    bool: re.compile(r"^(true|false)$(?!\n)"),
    int: re.compile(INTEGER),
    Decimal: re.compile(NUMBER),
    datetime: re.compile(RFC3339),
}
_SAID: Mapping[Any, str] = {
    bool: "must be true or false",
    int: "must be a whole number such as 20",
    Decimal: "must be an amount such as 12.50",
    datetime: "must be a time such as 2026-01-31T12:00:00Z",
}


_FORM_IN_WORDS = {
    LINE: "must be one line of text without control characters",
    WRITTEN_LINE: "must be one line of text, not blank and without control characters",
    TEXT: "must be text without control characters",
    WRITTEN_TEXT: "must be text, not blank and without control characters",
    EMAIL: "must be an e-mail address such as jo@example.org",
    PHONE: "must be a telephone number such as +1 555-0100",
    E164: "must be a telephone number like +15550100, or empty",
    RFC3339: "must be a time such as 2026-01-31T12:00:00Z",
}
_IN_WORDS = {"Expected `str` of length >= 1": "must not be empty"} | {
    f"Expected `str` matching regex {pattern!r}": words for pattern, words in _FORM_IN_WORDS.items()
}
"""The words for a text of another form than its pattern, by what msgspec says."""


class StrictDecoder(Generic[T]):
    """Decodes JSON of a type. Amounts must be numbers: msgspec alone takes any text that Python reads as a decimal."""

    def __init__(self, of: Any) -> None:
        self._decoder = msgspec.json.Decoder[T](of)
        numbers = _numbers_of(inspect.type_info(of))
        self._numbers = None if numbers is None else msgspec.json.Decoder(numbers)

    def decode(self, body: bytes) -> T:
        """The value.

        Raises:
            msgspec.MsgspecError: it is not of the type; names the field.
            UnicodeDecodeError: it is not UTF-8.
        """
        decoded: T = self._decoder.decode(body)
        if self._numbers is not None:
            try:
                self._numbers.decode(body)
            except msgspec.ValidationError as error:
                raise msgspec.ValidationError(str(error).replace("`float", "`number")) from error
        return decoded


def decode_body(body: bytes, of: Any) -> Any:
    """The body of a request as a value of a type, whose texts have no U+0000: not every database can keep it.

    Raises:
        msgspec.MsgspecError: it is none; names the field.
        UnicodeDecodeError: it is not UTF-8.
    """
    try:
        decoded = _decoder_of(of).decode(body)
    except msgspec.ValidationError as error:
        said, at, path = str(error).partition(" - at ")
        if said in _IN_WORDS:
            raise msgspec.ValidationError(f"{_IN_WORDS[said]}{at}{path}") from error
        raise
    if b"\\u0000" in body:
        for path in _texts_with_nul("$", msgspec.to_builtins(decoded)):
            raise msgspec.ValidationError(f"the character U+0000 is not allowed - at `{path}`")
    return decoded


def wrong_parameters(kinds: Mapping[str, Any], sent: Iterable[tuple[str, str]]) -> Iterator[FieldError]:
    """The faults of the parameters of a query: a text that is not of the form of its kind, or one that comes twice.

    Frameworks alone take what Python does: `1_000`, ` 7 `, digits of any script, `null` for nothing.
    """
    seen: set[str] = set()
    for name, text in sent:
        if name not in kinds:
            continue
        if name in seen:
            yield FieldError(field=name, message="must be given once")
        seen.add(name)
        kind = kinds[name]
        if kind in _FORMS and _FORMS[kind].search(text) is None:
            yield FieldError(field=name, message=_SAID[kind])


def number_of(text: str) -> Decimal:
    """The number that people write as JSON has it, in digits of ASCII, with spaces around it at most.

    Raises:
        ValueError: it is none.
    """
    if _FORMS[Decimal].search(text.strip()) is None:
        raise ValueError(_SAID[Decimal])
    return Decimal(text.strip())


@cache
def parameters_of(function: Callable[..., Any]) -> Mapping[str, Any]:
    """The parameters that a function takes as texts, and the kind of each: the type that the text is read as, or text.

    They are named as the `query` of their annotation says, or else as in the function.
    """
    found = {}
    for name, annotation in get_type_hints(function, include_extras=True).items():
        plain, *said = get_args(annotation) if get_origin(annotation) is Annotated else (annotation,)
        kinds = [kind for kind in (get_args(plain) or (plain,)) if kind is not type(None)]
        if len(kinds) == 1 and kinds[0] in (*_FORMS, str):
            names = [each.query for each in said if getattr(each, "query", None)]
            found[names[0] if names else name] = kinds[0]
    return found


@cache
def _decoder_of(of: Any) -> StrictDecoder[Any]:
    return StrictDecoder(of)


def _texts_with_nul(path: str, value: Any) -> Iterator[str]:
    if isinstance(value, str) and "\0" in value:
        yield path
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _texts_with_nul(f"{path}.{name}", member)
    elif isinstance(value, list):
        for place, member in enumerate(value):
            yield from _texts_with_nul(f"{path}[{place}]", member)


def _numbers_of(found: inspect.Type) -> Any:
    """The type as JSON has it, reduced to its amounts, which are floats in it; None where it has none."""
    match found:
        case inspect.Metadata():
            return _numbers_of(found.type)
        case inspect.DecimalType():
            return float
        case inspect.UnionType():
            others = [inner for inner in found.types if not isinstance(inner, inspect.NoneType)]
            numbers = _numbers_of(others[0]) if len(others) == 1 else None
            return None if numbers is None else numbers | None
        case inspect.ListType() | inspect.VarTupleType():
            item = _numbers_of(found.item_type)
            return None if item is None else list[item]  # type: ignore[valid-type]
        case inspect.DictType():
            value = _numbers_of(found.value_type)
            return None if value is None else dict[str, value]  # type: ignore[valid-type]
        case inspect.StructType():
            members: Mapping[str, Any] = {
                field.encode_name: numbers for field in found.fields if (numbers := _numbers_of(field.type)) is not None
            }
            rows = [
                (f"field_{place}", member, msgspec.field(name=name, default=None))
                for place, (name, member) in enumerate(members.items())
            ]
            return msgspec.defstruct(found.cls.__name__, rows) if members else None
        case _:
            return None

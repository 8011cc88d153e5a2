"""Messages of any kind and version, as hypothesis makes them of the definitions."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from services_stub.infra.kafka.broker.definitions import Definition, Field, Kind, definitions, within

_INTEGERS = {"int8": 8, "int16": 16, "int32": 32, "int64": 64}
_KNOWN = st.sampled_from(
    ["t", "u", "g", "h", "member", "range", "consumer", "retention.ms", "1", "", "__consumer_offsets"]
)


def values(field: Field, version: int, known: bool) -> st.SearchStrategy[Any]:
    """Values of a field; where they shall be `known`, mostly those that mean something to a broker."""
    if field.type.startswith("[]"):
        inner = Field(field.name, field.type[2:], field.versions, fields=field.fields)
        found: st.SearchStrategy[Any] = st.lists(values(inner, version, known), max_size=2)
    elif field.type == "struct":
        found = structures(field.fields, version, known)
    elif field.type in _INTEGERS:
        half = 2 ** (_INTEGERS[field.type] - 1)
        return st.integers(-2, 6) | st.integers(-half, half - 1) if known else st.integers(-half, half - 1)
    elif field.type == "string":
        found = _KNOWN if known else st.text(max_size=200)
    elif field.type == "bool":
        return st.booleans()
    elif field.type == "uuid":
        return st.binary(min_size=16, max_size=16)
    else:
        found = st.binary(min_size=1, max_size=200)
    return st.none() | found if within(version, field.nullable) and field.type != "records" else found


def structures(fields: tuple[Field, ...], version: int, known: bool) -> st.SearchStrategy[dict[str, Any]]:
    """Dicts with every field of a version, but for the tagged ones, which the codec passes over."""
    here = [field for field in fields if within(version, field.versions) and not within(version, field.tagged)]
    return st.fixed_dictionaries({field.name: values(field, version, known) for field in here})


@st.composite
def messages(
    draw: st.DrawFn, *, kind: Kind | None = None, known: bool = False
) -> tuple[Definition, int, dict[str, Any]]:
    """A message with its definition and its version."""
    every = sorted(key for key in definitions() if kind in (None, key[0]))
    found = definitions()[draw(st.sampled_from(every))]
    version = draw(st.integers(*found.versions))
    return found, version, draw(structures(found.fields, version, known))

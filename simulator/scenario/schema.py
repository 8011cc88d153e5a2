"""The JSON Schema of a scenario file, for editors that complete and check TOML."""

from __future__ import annotations

from typing import Any

import msgspec

from services_stub.contracts.encoding import encode_json
from services_stub.contracts.schemas import DIALECT, as_on_the_wire
from simulator.scenario.model import Load, Population, Scenario
from simulator.scenario.quantities import Duration, Point, Rate

_DURATION, _RATE = r"([0-9]+(\.[0-9]+)?(us|ms|s|m|h))+", r"[0-9]+(\.[0-9]+)?(/(s|m|h))?"
_WRITTEN: dict[Any, dict[str, Any]] = {
    Duration: {"type": "string", "pattern": f"^{_DURATION}$"},
    Rate: {"type": ["string", "number"], "pattern": f"^{_RATE}$"},
    Point: {"type": "string", "pattern": f"^(0|{_DURATION}):{_RATE}$"},
}


def scenario_schema() -> dict[str, Any]:
    """The schema, complete in itself, with the default of each key."""
    document: dict[str, Any] = as_on_the_wire(msgspec.json.schema(Scenario, schema_hook=_WRITTEN.__getitem__))
    for section in (Load(), Population(), Scenario()):  # those with defaults that msgspec leaves out
        properties = document["$defs"][type(section).__name__]["properties"]
        for key, default in msgspec.json.decode(encode_json(section)).items():
            properties[key]["default"] = default
    return {"$schema": DIALECT, **document}

"""Writes a scenario as the file that stands for it, with the keys alone that differ from their defaults.

A key that has no effect is refused in a file, so those that are as they are by default must not be there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from services_stub.contracts.encoding import encode_json
from simulator.scenario.model import Scenario, Section


def scenario_text(scenario: Scenario) -> str:
    """The TOML file of a scenario."""
    default = Scenario()
    lines, tables = list[str](), list[str]()
    for name in Scenario.__struct_fields__:
        value = getattr(scenario, name)
        if value == getattr(default, name):
            continue
        if isinstance(value, Section):
            tables += ["", f"[{name}]", *_other_keys(value)]
        elif isinstance(value, dict):
            tables += ["", f"[{name}]", *(f"{_toml(key)} = {_toml(each)}" for key, each in value.items())]
        else:
            lines.append(f"{name} = {_toml(value)}")
    return "\n".join([*lines, *tables]).lstrip("\n") + "\n"


def _other_keys(section: Section) -> Iterator[str]:
    for field in msgspec.structs.fields(section):
        value = getattr(section, field.name)
        factory = field.default_factory
        usual: Any = field.default if factory is msgspec.NODEFAULT else factory()
        if value != usual:
            yield f"{field.name} = {_toml(value)}"


def _toml(value: object) -> str:
    """Strings, numbers and lists of JSON are those of TOML, but for one character that TOML wants escaped."""
    return encode_json(value).decode().replace("\x7f", "\\u007f")

"""Reads a scenario: a preset or a TOML file, with flags of the command line over it.

Flags and file go the same way, so that both take the same values and give the same errors.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from simulator.scenario.effects import overridden, without_effect
from simulator.scenario.model import Scenario, Section
from simulator.scenario.places import line_of
from simulator.scenario.quantities import Duration, Point, Rate, duration_of, nearest, point_of, rate_of, shown

LARGEST_FILE = 1_048_576
DEFAULT = "shopping"
PRESETS = (DEFAULT, "flash-sale", "checkout-heavy", "online-marketplace")

_PRESET_FILES = resources.files("simulator.scenario") / "presets"
_PATH = re.compile(r" - at (?:`key` in )?`(\$[^`]*)`$")
_KEY = re.compile(r"\.(\w+)")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_NO_CHOICE = re.compile(r"Invalid enum value (['\"])(.*)\1", re.DOTALL)
_READERS = {Duration: duration_of, Rate: rate_of, Point: point_of}


class ScenarioError(ValueError):
    """A scenario cannot be read; the text names the file, the line, the key, and the way out."""


def preset_text(name: str) -> str:
    """The file of a preset, with its comments."""
    return (_PRESET_FILES / f"{name}.toml").read_text(encoding="utf-8")


def read_scenario(named: str = DEFAULT, flags: Mapping[str, object] | None = None) -> Scenario:
    """The scenario of a preset or a file, with `flags` in place of keys of its table `load`.

    Raises:
        ScenarioError: there is none of this name, or it is none.
    """
    text = preset_text(named) if named in PRESETS else _text_of(named)
    document = _parsed(named, text)
    load, flags = document.get("load", {}), flags or {}
    if isinstance(load, dict):
        for key, problem in without_effect(load).items():
            raise ScenarioError(f"{named}:{line_of(text, ['load', key])}: {problem}")
        load = document["load"] = overridden(load, flags)
        for key, problem in without_effect(load).items():
            raise ScenarioError(f"--{key}: {problem}")
    try:
        return msgspec.convert(document, Scenario, dec_hook=_read)
    except msgspec.ValidationError as error:
        problem, keys = _explained(str(error))
    flag = keys[-1] if keys[:1] == ["load"] else ""
    place = f"--{flag}" if flag in flags else f"{named}:{line_of(text, keys)}"
    raise ScenarioError(f"{place}: {problem}")


def scenario_in(document: Mapping[str, Any]) -> Scenario:
    """The scenario as runs keep it, with every key.

    Raises:
        msgspec.ValidationError: it is none.
    """
    return msgspec.convert(document, Scenario, dec_hook=_read)


def _text_of(named: str) -> str:
    path = Path(named).expanduser()
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        if path.suffix != ".toml" and not path.exists():
            presets = f"The presets are {', '.join(PRESETS)}; a file ends with .toml."
            raise ScenarioError(f"{named} is no preset and no file.{nearest(named, PRESETS)} {presets}") from error
        raise ScenarioError(f"{named}: {getattr(error, 'strerror', None) or error}") from error
    if len(content) > LARGEST_FILE:
        raise ScenarioError(f"{named}: larger than {LARGEST_FILE:,} bytes, so it is no scenario")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ScenarioError(f"{named}:{line}: not UTF-8; save the file as UTF-8") from error
    if not text.strip():
        way_out = f"begin with a preset: marketplace simulate scenarios {DEFAULT} > {named}"
        raise ScenarioError(f"{named}:1: the file is empty; {way_out}")
    return text.replace("\r\n", "\n")


def _parsed(named: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except RecursionError as error:
        raise ScenarioError(f"{named}: nested too deeply") from error
    except ValueError as error:  # besides its own error, one of int() for a number of thousands of digits
        message = str(error)
        place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", message)
        if place is None:
            raise ScenarioError(f"{named}: not TOML: {message.partition(';')[0]}") from error
        line = int(place[1]) if place[1] else text.count("\n") + 1
        column = f" in column {place[2]}" if place[2] else ""
        raise ScenarioError(f"{named}:{line}: not TOML: {message[: place.start()]}{column}") from error


def _read(kind: Any, value: object) -> object:
    return _READERS[kind](value)


def _explained(message: str) -> tuple[str, list[str]]:
    """An error of msgspec in words, and the keys that lead to its place."""
    place = _PATH.search(message)
    keys, default = _known(_KEY.findall(place[1])) if place else _known([])
    problem = message[: place.start()] if place else message
    if (unknown := _UNKNOWN.fullmatch(problem)) and isinstance(default, Section):
        table = f"[{'.'.join(keys)}]" if keys else "a scenario"
        known = default.__struct_fields__
        text = f"{shown(unknown[1])} is no key of {table}.{nearest(unknown[1], known)} Its keys are {', '.join(known)}."
        return text, [*keys, unknown[1]]
    if (choice := _NO_CHOICE.fullmatch(problem)) and isinstance(default, StrEnum):
        values = [str(value) for value in type(default)]
        return f"`{keys[-1]}` must be one of {', '.join(values)}.{nearest(choice[2], values)}", keys
    if own := re.match(r"`(\w+)`", problem):  # of a check of several keys
        return problem, [*keys, own[1]]
    if problem.startswith("Expected"):
        example = "" if isinstance(default, Section | dict | tuple) else f", for example {_toml(default)}"
        return f"`{'.'.join(keys)}`: {problem[0].lower()}{problem[1:]}{example}", keys
    return f"`{'.'.join(keys)}`: {problem}", keys


def _known(names: Sequence[str]) -> tuple[list[str], object]:
    """Those of the keys that a scenario has, and the default of the last."""
    keys: list[str] = []
    default: object = Scenario()
    for name in names:
        if not isinstance(default, Section) or name not in default.__struct_fields__:
            break
        keys, default = [*keys, name], getattr(default, name)
    return keys, default


def _toml(default: object) -> str:
    return str(default) if type(default) in (int, Decimal) else f'"{default}"'

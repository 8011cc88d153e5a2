"""Scenarios: loads on a marketplace as people write them, presets and files."""

from simulator.scenario.model import Arrivals, Cart, Hot, Load, Loop, Mix, Population, Scenario, Shape
from simulator.scenario.quantities import Duration, Point, Rate
from simulator.scenario.reading import DEFAULT, PRESETS, ScenarioError, preset_text, read_scenario, scenario_in
from simulator.scenario.schema import scenario_schema
from simulator.scenario.writing import scenario_text

__all__ = [
    "DEFAULT",
    "PRESETS",
    "Arrivals",
    "Cart",
    "Duration",
    "Hot",
    "Load",
    "Loop",
    "Mix",
    "Point",
    "Population",
    "Rate",
    "Scenario",
    "ScenarioError",
    "Shape",
    "preset_text",
    "read_scenario",
    "scenario_in",
    "scenario_schema",
    "scenario_text",
]

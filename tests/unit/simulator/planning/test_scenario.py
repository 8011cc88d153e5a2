"""Scenario files: what they may say, and what is said of those that are wrong."""

from __future__ import annotations

import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

from simulator.scenario import (
    PRESETS,
    Arrivals,
    Load,
    Mix,
    Scenario,
    ScenarioError,
    preset_text,
    read_scenario,
    scenario_schema,
)
from simulator.scenario.places import line_of
from simulator.scenario.quantities import FASTEST, LONGEST, Duration, Rate, duration_of, point_of, rate_of
from simulator.scenario.reading import LARGEST_FILE

WRONG = [
    (
        "[load]\nraet = 3",
        "shop.toml:2: 'raet' is no key of [load]. Did you mean rate? Its keys are loop, arrivals, shape",
    ),
    ("lod = 3", "shop.toml:1: 'lod' is no key of a scenario. Did you mean load?"),
    ("[mix]\nbuyer = 1\nbuyr = 1", "shop.toml:3: 'buyr' is no key of [mix]. Did you mean buyer?"),
    ("[load.x]\ny = 1", "shop.toml:1: 'x' is no key of [load]."),
    ("# é\n'größe' = 1", "shop.toml:2: 'größe' is no key of a scenario."),
    (
        "\n[population]\nshoppers = 'x'",
        "shop.toml:3: `population.shoppers`: expected `int`, got `str`, for example 2000",
    ),
    ("[population]\nshoppers = 0", "shop.toml:2: `population.shoppers`: expected `int` >= 1, for example 2000"),
    ("[population]\nsellers = 5\nproducts = 4", "shop.toml:3: `products` must be at least as many as `sellers`"),
    ("[population]\nzipf = nan", "shop.toml:2: `zipf` must lie between 0 and 5"),
    ("load = 3", "shop.toml:1: `load`: expected `object`, got `int`"),
    ("[[load]]\nrate = 3", "shop.toml:1: `load`: expected `object`, got `array`"),
    ("[load]\nrate = '5 parsecs'", "shop.toml:2: `load.rate`: '5 parsecs' is no rate: write a number per s, m or h"),
    ("[load]\nrate = true", "shop.toml:2: `load.rate`: True is no rate"),
    ("[load]\nrate = -1", "shop.toml:2: `load.rate`: -1 is no rate"),
    ("[load]\nrate = inf", "shop.toml:2: `load.rate`: Infinity is no rate"),
    ("[load]\nrate = 0", "shop.toml:2: `rate` must be above 0"),
    ("[load]\nrate = 1000001", "shop.toml:2: `load.rate`: 1000001 is more than a million per second"),
    ("[load]\nduration = 60", "shop.toml:2: `load.duration`: 60 is no duration: write a number with us, ms, s, m or h"),
    ("[load]\nduration = '60 sec'", "shop.toml:2: `load.duration`: '60 sec' is no duration"),
    ("[load]\nduration = '٦s'", "shop.toml:2: `load.duration`: '٦s' is no duration"),
    ("[load]\nduration = 2026-01-31", "shop.toml:2: `load.duration`: 2026-01-31 is no duration"),
    ("[load]\nduration = '0s'", "shop.toml:2: `duration` must be above 0"),
    ("[load]\nthink = '8d'", "shop.toml:2: `load.think`: '8d' is no duration"),
    ("[load]\nthink = '169h'", "shop.toml:2: `load.think`: 169h is longer than a week"),
    ("load = { think = '1x' }", "shop.toml:1: `load.think`: '1x' is no duration"),
    ("load.think = '1x'", "shop.toml:1: `load.think`: '1x' is no duration"),
    ("[load]\nprofile = ['0:1', 7]", "shop.toml:2: `load.profile`: 7 is no point of a profile"),
    ("[load]\nprofile = ['1s:1', '2s:1']", "shop.toml:2: `profile` must begin at 0"),
    ("[load]\nprofile = ['0:1', '2s:1', '1s:1']", "shop.toml:2: `profile` must begin at 0 and go forward"),
    ("[load]\nprofile = ['0:0', '2s:0']", "shop.toml:2: `profile` never has a rate above 0"),
    ("[load]\nloop = 'closed'\nprofile = ['0:1']", "shop.toml:3: `profile` has no effect in the loop `closed`; leave"),
    ("[load]\nusers = 3", "shop.toml:2: `users` has no effect in the loop `partly-open`; leave it out"),
    ("[load]\nrate = 1\nprofile = ['0:1', '2s:1']", "shop.toml:2: `rate` has no effect beside `profile`; leave it out"),
    ("[load]\narrivals = 'poison'", "shop.toml:2: `arrivals` must be one of constant, poisson. Did you mean poisson?"),
    ('[load]\narrivals = "x\' - at `$.no"', "shop.toml:2: `arrivals` must be one of constant, poisson."),
    ("'x` - at `$.no' = 1", "shop.toml:1: 'x' is no key of a scenario."),
    ("[mix]\nbuyer = 0", "shop.toml:1: `mix` needs a persona with a weight above 0"),
    ("transaction_distribution = [30, 20, 40, 50, 100]", "shop.toml:1: `transaction_distribution` must have five"),
    ("transaction_distribution = [30, 100]", "shop.toml:1: `transaction_distribution` must have five"),
    ("[cards]\nx = 0", "shop.toml:1: `cards` needs a payment method"),
    ("[cards]\nx = 'much'", "shop.toml:1: `cards`: expected `int`, got `str`"),
    ("[cards]\n'' = 1", "shop.toml:1: `cards` must have names of 1 to 100 characters"),
    ("[hot]\nproducts = 500", "shop.toml:1: `hot` has more products than `population`"),
    ("description = '''\n[load]\nthink = 3\n'''\n[load]\nthink = 3", "shop.toml:6: `load.think`: 3 is no duration"),
    ("a = [[", "shop.toml:1: not TOML: "),
    ("\n[load\nrate = 3", "shop.toml:2: not TOML: "),
    ("x = '\x01'", "shop.toml:1: not TOML: "),
    (f"x = 1{'0' * 5000}", "shop.toml: not TOML: Exceeds the limit"),
    (f"x = {'[' * 9000}", "shop.toml: nested too deeply"),
    ("", "shop.toml:1: the file is empty; begin with a preset: marketplace simulate scenarios shopping > shop.toml"),
    (" \n\n", "shop.toml:1: the file is empty"),
]


@pytest.fixture
def in_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(named: str, flags: dict[str, object] | None = None) -> str:
    with pytest.raises(ScenarioError) as raised:
        read_scenario(named, flags)
    return str(raised.value)


@pytest.mark.parametrize(("text", "says"), WRONG, ids=range(len(WRONG)))
def test_an_error_names_file_line_and_key_and_the_way_out(text: str, says: str, in_directory: Path) -> None:
    (in_directory / "shop.toml").write_text(text, encoding="utf-8")
    assert refused("shop.toml")[: len(says)] == says


def test_a_file_that_is_none_is_refused(in_directory: Path) -> None:
    (in_directory / "bytes.toml").write_bytes(b"a = 1\n\xff\xfe")
    (in_directory / "huge.toml").write_bytes(b"#" * (LARGEST_FILE + 1))
    assert refused("bytes.toml") == "bytes.toml:2: not UTF-8; save the file as UTF-8"
    assert refused("huge.toml") == "huge.toml: larger than 1,048,576 bytes, so it is no scenario"
    assert refused("/dev/zero").startswith("/dev/zero: larger than")
    assert refused(".").endswith("Is a directory")
    assert refused("none.toml") == "none.toml: No such file or directory"
    assert refused("a\0b").startswith("a\0b is no preset and no file.")


def test_an_unknown_name_is_answered_with_the_nearest_preset() -> None:
    says = "flash_sale is no preset and no file. Did you mean flash-sale? The presets are shopping, flash-sale,"
    assert refused("flash_sale").startswith(says)


def test_flags_take_the_place_of_keys_and_are_named_in_errors(in_directory: Path) -> None:
    (in_directory / "shop.toml").write_text("\ufeff[load]\r\nrate = 5\r\nthink = '3s'\r\n", encoding="utf-8")
    load = read_scenario("shop.toml", {"rate": "90/m", "arrivals": "constant"}).load
    assert (str(load.rate), str(load.think), load.arrivals) == ("1.5/s", "3s", Arrivals.CONSTANT)
    assert refused("shop.toml", {"rate": "x"}).startswith("--rate: `load.rate`: 'x' is no rate")
    assert refused("shop.toml", {"duration": "0s"}) == "--duration: `duration` must be above 0"


def test_a_flag_takes_the_place_of_all_that_it_contradicts() -> None:
    flat = read_scenario("flash-sale", {"rate": "9"}).load
    assert (flat.profile, str(flat.rate), str(flat.duration)) == ((), "9/s", "1m")
    assert str(read_scenario("shopping", {"profile": ["0:1", "5s:1"]}).load.end) == "5s"
    closed = read_scenario("flash-sale", {"loop": "closed", "users": 3, "duration": "9s"}).load
    assert (closed.profile, closed.users, str(closed.end)) == ((), 3, "9s")
    assert refused("online-marketplace", {"rate": "9"}).startswith("--rate: `rate` has no effect in the loop `closed`")
    assert refused("shopping", {"users": 9}).startswith("--users: `users` has no effect in the loop `partly-open`")
    assert refused("shopping", {"rate": "9", "profile": ["0:1", "5s:1"]}).startswith("--rate: `rate` has no effect")


@settings(max_examples=40)
@given(st.one_of(st.text(), st.text("[]=.\"'#\nload rate123{},", max_size=60)))
def test_whatever_a_file_holds_is_a_scenario_or_an_error_in_words(text: str) -> None:
    with TemporaryDirectory() as directory:
        path = Path(directory, "any.toml")
        path.write_text(text, encoding="utf-8", errors="surrogatepass")
        try:
            read_scenario(str(path))
        except ScenarioError as error:
            assert str(error).startswith(str(path))


@given(st.integers(0, LONGEST))
def test_a_duration_is_read_as_it_is_written(microseconds: int) -> None:
    assert duration_of(str(Duration(microseconds))) == microseconds


@given(st.integers(0, FASTEST))
def test_a_rate_is_read_as_it_is_written(rate: int) -> None:
    assert rate_of(str(Rate(rate))) == rate


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [("1m30s", 90_000_000), ("0.5s", 500_000), ("250ms", 250_000), ("7us", 7), ("1.0000009s", 1_000_000), ("0s", 0)],
)
def test_durations_are_whole_microseconds(text: str, microseconds: int) -> None:
    assert duration_of(text) == microseconds


def test_a_point_is_a_moment_and_a_rate() -> None:
    assert [str(point_of(text)) for text in ("0:50", "30s:200/m", "1m:0.5")] == ["0s:50/s", "30s:200/m", "1m:0.5/s"]


@pytest.mark.parametrize("named", PRESETS)
def test_a_preset_is_read_and_fits_the_schema(named: str) -> None:
    assert read_scenario(named).description
    Draft202012Validator(scenario_schema()).validate(tomllib.loads(preset_text(named)))


def test_the_schema_refuses_other_keys_and_knows_every_default() -> None:
    schema = scenario_schema()
    Draft202012Validator.check_schema(schema)
    wrongs: list[dict[str, dict[str, object]]] = [
        {"lod": {}},
        {"load": {"rate": "5 parsecs"}},
        {"load": {"duration": 60}},
        {"mix": {"buyer": -1}},
    ]
    for wrong in wrongs:
        with pytest.raises(ValidationError):
            Draft202012Validator(schema).validate(wrong)
    for section in ("Load", "Population", "Hot", "Cart", "Mix"):
        assert all("default" in key for key in schema["$defs"][section]["properties"].values())
    assert schema["$defs"]["Load"]["properties"]["think"]["default"] == "1s"


def test_the_default_is_the_preset_shopping() -> None:
    plain = msgspec.structs.replace(read_scenario("shopping"), description="")
    assert repr(plain).replace("Decimal('1.0')", "Decimal('1')") == repr(Scenario())


def test_online_marketplaces_distribution_is_cumulative() -> None:
    weights = read_scenario("online-marketplace").weights
    assert weights == {"checkout": 30, "dashboard": 5, "price_update": 3, "product_update": 2, "delivery": 60}
    assert Scenario(mix=Mix(buyer=3)).weights["buyer"] == 3


def test_the_line_of_a_key_is_found_in_every_way_to_write_it() -> None:
    text = '# load\n[ load ] # here\n"rate" = 1\n\n[x.y]\nz.a = 2\n[[list]]\nb = 3'
    places = [("load",), ("load", "rate"), ("load", "none"), ("x", "y", "z", "a"), ("list", "b"), ("none",)]
    assert [line_of(text, keys) for keys in places] == [2, 3, 2, 6, 8, 1]


def test_a_load_is_checked_wherever_it_is_made() -> None:
    with pytest.raises(ValueError, match="`rate` must be above 0"):
        Load(rate=rate_of("0"))

"""Keys of `load` that have no effect beside the others. A person who writes one expects something else, and is told."""

from __future__ import annotations

from collections.abc import Mapping

_OF_RATE = ("shape", "rate", "duration")
_WITHOUT_EFFECT = {
    "open": ("users", "think"),
    "partly-open": ("users",),
    "closed": ("arrivals", "profile", "shape", "rate"),
}


def without_effect(load: Mapping[str, object]) -> dict[str, str]:
    """Those of the keys that have none, each with the reason."""
    loop = str(load.get("loop", "partly-open"))
    reasons = dict.fromkeys(_WITHOUT_EFFECT.get(loop, ()), f"in the loop `{loop}`")
    if "profile" in load and "profile" not in reasons:
        reasons |= dict.fromkeys(_OF_RATE, "beside `profile`")
    return {key: f"`{key}` has no effect {reasons[key]}; leave it out" for key in load if key in reasons}


def overridden(load: Mapping[str, object], flags: Mapping[str, object]) -> dict[str, object]:
    """The keys with flags over them: what a flag contradicts or leaves without effect is gone."""
    gone = {"profile"} if flags.keys() & set(_OF_RATE) else set()
    if "profile" in flags:
        gone = set(_OF_RATE)
    kept = {key: value for key, value in load.items() if key not in gone} | dict(flags)
    idle = without_effect(kept).keys() - flags.keys()
    return {key: value for key, value in kept.items() if key not in idle}

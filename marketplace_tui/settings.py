"""The settings of the client: read from a file that may be wrong, written by the settings screen.

A mistake in the file never keeps the client from starting: it becomes a warning, and the default applies.
"""

from __future__ import annotations

import difflib
import errno
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from marketplace_tui.actions.action import conflicts
from marketplace_tui.actions.registry import BY_ID, SWALLOWED, Keymap
from services_stub.client.user_files import config_directory

DEFAULT_THEME = "marketplace"
SWITCHES = ("ascii", "flat", "animations", "mouse")


@dataclass(frozen=True)
class Settings:
    """How the client looks and which keys it has.

    `theme` is the name of a theme. `ascii` draws signs in ASCII; None: where the terminal has no UTF-8. `flat` is for
    screen readers: no lines, no columns. `keys` maps ids of actions to keys.
    """

    theme: str = DEFAULT_THEME
    ascii: bool | None = None
    flat: bool = False
    animations: bool = True
    mouse: bool = True
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Read:
    """The settings that were read, and a warning for each mistake."""

    settings: Settings
    warnings: tuple[str, ...] = ()


def default_path() -> Path:
    """The file of the settings."""
    return config_directory() / "client.toml"


def read(path: Path) -> Read:
    """The settings of a file; the defaults where there is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Read(Settings())
    except (OSError, UnicodeDecodeError) as error:
        return Read(Settings(), (f"{path} cannot be read: {error}. The defaults apply.",))
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Read(Settings(), (f"{path} is no TOML: {error}. The defaults apply.",))
    return checked(values, str(path))


def checked(values: Mapping[str, Any], name: str) -> Read:
    """Settings from the values of a file; what is wrong is left out, with a warning that names `name` and the key."""
    warnings: list[str] = []
    good: dict[str, Any] = {}
    for key, value in values.items():
        if key == "keys" and isinstance(value, dict):
            good["keys"] = dict(_checked_keys(value, name, warnings))
        elif (key in SWITCHES and isinstance(value, bool)) or (key == "theme" and isinstance(value, str)):
            good[key] = value
        elif key in (*SWITCHES, "theme", "keys"):
            expected = "true or false" if key in SWITCHES else "a text" if key == "theme" else "a table"
            warnings.append(f"{name}: {key} must be {expected}")
        else:
            warnings.append(f"{name}: there is no setting {key!r}{_nearest(key, (*SWITCHES, 'theme', 'keys'))}")
    settings = Settings(**good)
    warnings += [
        f"{name}: {key} would mean both {first.id} and {second.id}"
        for key, first, second in conflicts(Keymap(settings.keys).actions)
    ]
    return Read(settings, tuple(warnings))


def write(settings: Settings, path: Path) -> None:
    """Write the settings that differ from the defaults, into the file that a link points to.

    Raises:
        OSError: the file cannot be written, or is no file.

    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no file", str(path))
    default = Settings()
    lines = ["# Settings of the marketplace client. f2 in the client changes them."]
    for key in ("theme", *SWITCHES):
        value = getattr(settings, key)
        if value != getattr(default, key) and value is not None:
            lines.append(f"{key} = {json.dumps(value)}")
    if settings.keys:
        lines += [
            "",
            "[keys]",
            *(f"{json.dumps(key)} = {json.dumps(','.join(keys))}" for key, keys in settings.keys.items()),
        ]
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text("\n".join(lines) + "\n", encoding="utf-8")
    part.replace(path)


def _checked_keys(table: Mapping[str, Any], name: str, warnings: list[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for action_id, value in table.items():
        if action_id not in BY_ID:
            warnings.append(f"{name}: keys: there is no action {action_id!r}{_nearest(action_id, tuple(BY_ID))}")
            continue
        keys = tuple(key.strip() for key in value.split(",")) if isinstance(value, str) else ()
        swallowed = SWALLOWED & set(keys)
        if not keys or not all(keys):
            warnings.append(f"{name}: keys: {action_id} needs a key such as 'x' or 'ctrl+x,f4'")
        elif swallowed:
            warnings.append(f"{name}: keys: {action_id}: terminals do not deliver {', '.join(sorted(swallowed))}")
        else:
            yield action_id, keys


def _nearest(word: str, words: tuple[str, ...]) -> str:
    found = difflib.get_close_matches(word, words, 1)
    return f"; did you mean {found[0]!r}?" if found else ""

"""The settings file: what is wrong becomes a warning, and never keeps the client from starting."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_tui.settings import Read, Settings, checked, read, write

WRONG = {
    "them = 'nord'": "there is no setting 'them'; did you mean 'theme'?",
    "theme = 3": "theme must be a text",
    "flat = 'yes'": "flat must be true or false",
    "keys = 1": "keys must be a table",
    "[keys]\n'cart.ad' = 'x'": "there is no action 'cart.ad'; did you mean 'cart.add'?",
    "[keys]\n'cart.add' = ''": "cart.add needs a key",
    "[keys]\n'cart.add' = 'ctrl+m'": "terminals do not deliver ctrl+m",
    "[keys]\n'cart.add' = 'c'": "c would mean both cart.add and go.cart",
    "theme = ": "is no TOML",
}


@pytest.mark.parametrize(("text", "warning"), WRONG.items())
def test_a_mistake_is_named_and_the_client_starts(text: str, warning: str, tmp_path: Path) -> None:
    path = tmp_path / "client.toml"
    path.write_text(text, encoding="utf-8")
    found = read(path)
    assert warning in found.warnings[0]
    assert str(path) in found.warnings[0]


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    assert read(tmp_path / "client.toml") == Read(Settings())


def test_bytes_that_are_no_text_are_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "client.toml"
    path.write_bytes(b"\xff\xfe")
    assert "cannot be read" in read(path).warnings[0]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "client.toml"
    settings = Settings(theme="nord", ascii=True, flat=True, animations=False, keys={"cart.add": ("z", "ctrl+t")})
    write(settings, path)
    assert read(path) == Read(settings)


def test_a_link_keeps_pointing_to_its_file(tmp_path: Path) -> None:
    kept, link = tmp_path / "dotfiles.toml", tmp_path / "client.toml"
    kept.write_text("", encoding="utf-8")
    link.symlink_to(kept)
    write(Settings(theme="nord"), link)
    assert link.is_symlink()
    assert read(kept).settings.theme == "nord"


def test_what_is_no_file_is_left_alone(tmp_path: Path) -> None:
    pipe = tmp_path / "client.toml"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="no file"):
        write(Settings(), pipe)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from(["theme", "flat", "keys", "ascii", "x"]) | st.text(), _VALUES, max_size=3))
def test_no_values_break_it(values: dict[str, object]) -> None:
    assert isinstance(checked(values, "file").settings, Settings)

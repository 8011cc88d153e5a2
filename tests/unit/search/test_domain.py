"""Words: how they are cut and folded, which are alike, and where they stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services_stub.search.domain import (
    LONGEST_WORD,
    folded,
    highlighter,
    index_terms,
    is_hit,
    query_words,
    spellings,
    within_one_edit,
    words,
)

SHORT = st.text("abcé", max_size=6)


def edits(word: str) -> set[str]:
    """All words one edit away, by construction."""
    cuts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    return {
        changed
        for before, after in cuts
        for other in "abcé"
        for changed in (
            before + other + after,
            before + after[1:],
            before + (other + after[1:] if after else ""),
            before + after[1:2] + after[:1] + after[2:],
        )
    } | {word}


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("CAFÉ", "cafe"),
        ("Cafe\u0301", "cafe"),
        ("Straße", "strasse"),
        ("Łódź", "lodz"),
        ("Smørrebrød", "smorrebrod"),
        ("ÆON", "aeon"),
        ("İstanbul", "istanbul"),
        ("ﬁne", "fine"),
    ],
)
def test_case_diacritics_and_ligatures_are_folded(text: str, same: str) -> None:
    assert folded(text) == same


@given(st.text(), st.text())
def test_folding_goes_character_by_character(one: str, other: str) -> None:
    assert folded(one + other) == folded(one) + folded(other)


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(SHORT, SHORT)
def test_one_edit_is_symmetric_and_is_as_it_is_made(one: str, other: str) -> None:
    assert within_one_edit(one, other) == (other in edits(one)) == (one in edits(other))


@given(SHORT, SHORT)
def test_words_within_one_edit_have_a_spelling_in_common(one: str, other: str) -> None:
    assert not within_one_edit(one, other) or spellings(one) & spellings(other)


@pytest.mark.parametrize(
    ("word", "wanted", "hit"),
    [
        ("kettle", "kettle", True),
        ("kettle", "ket", True),
        ("kettle", "ketle", True),
        ("kettle", "ektle", False),
        ("kettle", "ekttle", True),
        ("cup", "cap", False),
        ("cup", "cupp", True),
        ("model2024", "model2025", False),
        ("2024", "2025", False),
        ("kettle", "ettl", False),
    ],
)
def test_a_hit_begins_with_the_word_or_is_one_edit_away_from_four_characters_on(
    word: str, wanted: str, hit: bool
) -> None:
    assert is_hit(word, wanted) is hit


@given(st.lists(st.text(), max_size=3))
def test_the_terms_of_texts_are_their_words_each_once(texts: list[str]) -> None:
    assert index_terms(*texts).split() == list(dict.fromkeys(word.text for text in texts for word in words(text)))


@given(st.text())
def test_the_terms_of_terms_are_the_same(text: str) -> None:
    assert index_terms(index_terms(text)) == index_terms(text)


def test_words_are_cut_at_all_that_is_neither_character_nor_digit() -> None:
    assert [word.text for word in words("Tea-pot, 0.5l (blue)!\x00 x_y")] == ["tea", "pot", "0", "5l", "blue", "x", "y"]


def test_a_highlight_covers_the_word_as_it_is_written() -> None:
    text = "Un Cafe\u0301 noir, STRASSE oder Straße"
    assert [text[start:end] for start, end in highlighter(["cafe", "strass"])(text)] == [
        "Cafe\u0301",
        "STRASSE",
        "Straße",
    ]


@given(st.text(), st.text(min_size=1))
def test_highlights_lie_inside_the_text_in_order_and_are_hits(text: str, query: str) -> None:
    wanted, behind = query_words(query), 0
    for start, end in highlighter(wanted)(text):
        assert behind <= start < end <= len(text)
        behind = start
        assert any(is_hit(word.text, each) for word in words(text[start:end]) for each in wanted)


@given(st.text(max_size=60))
def test_the_words_of_a_text_find_it_and_fit_the_index(text: str) -> None:
    terms = index_terms(text).split(" ") if index_terms(text) else []
    assert len(terms) == len(set(terms))
    for term in terms:
        assert 0 < len(term) <= LONGEST_WORD
        assert highlighter([term])(text)

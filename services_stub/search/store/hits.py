"""Which products contain the words of a query, and how well."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pyroaring import BitMap
from sqlalchemy import Connection, bindparam, select

from services_stub.search.domain import can_be_corrected, within_one_edit
from services_stub.search.domain import spellings as spellings_of
from services_stub.search.store.facets import FacetNumbers, load_facets
from services_stub.search.store.full_text import Term
from services_stub.search.store.state import IndexState
from services_stub.search.store.tables import INDEXES, ProductIndex

MOST_CORRECTIONS = 50
"""How many words a misspelt one may stand for; a bound to the work that one word of a query makes."""

KEPT_FROM = 1000
"""Terms that fewer products contain are looked up as fast as they are kept."""
_MOST_KEPT = 200


@dataclass
class Kept:
    """Parts of the index that are read once until it changes: the facets, and where frequent words occur."""

    _facets_of: tuple[int, int] | None = None
    _facets: FacetNumbers | None = None
    _texts_of: tuple[int, int] | None = None
    _hits: dict[tuple[bool, Term], BitMap] = field(default_factory=dict)

    def facets(self, connection: Connection, state: IndexState) -> FacetNumbers:
        """The bitmaps of the facets."""
        version = (state.active, state.facets_version)
        if self._facets is None or self._facets_of != version:
            self._facets, self._facets_of = load_facets(connection, state.answering), version
        return self._facets

    def hits(self, connection: Connection, state: IndexState, term: Term, *, in_name: bool) -> BitMap:
        """The products that contain `term`, those that cannot be bought included. Not to be changed."""
        version = (state.active, state.texts_version)
        if self._texts_of != version:
            self._hits, self._texts_of = {}, version
        found = self._hits.get((in_name, term))
        if found is None:
            index = state.answering
            found = BitMap((index.names if in_name else index.texts).find(connection, term))
            if len(found) >= KEPT_FROM:
                if len(self._hits) >= _MOST_KEPT:
                    del self._hits[next(iter(self._hits))]
                self._hits[in_name, term] = found
        return found


class WordHits:
    """The products that contain one word of a query: as a word, as the beginning of one, or misspelt."""

    def __init__(self, connection: Connection, state: IndexState, kept: Kept, word: str) -> None:
        self._connection, self._state, self._kept, self._word = connection, state, kept, word
        self._corrections = corrections(connection, state.answering, word)

    def all(self) -> BitMap:
        """All of them."""
        return BitMap.union(self._beginning(in_name=False), self._misspelt(in_name=False))

    def by_relevance(self) -> Iterator[tuple[int, BitMap]]:
        """All of them in parts, from 6 (the name has the very word) to 1 (misspelt, and not in the name)."""
        before, relevance = BitMap(), 6
        for in_name in (True, False):
            for kind in (self._exact, self._beginning, self._misspelt):
                found = kind(in_name=in_name) - before
                yield relevance, found
                before |= found
                relevance -= 1

    def _exact(self, *, in_name: bool) -> BitMap:
        return self._hits(Term(self._word), in_name)

    def _beginning(self, *, in_name: bool) -> BitMap:
        return self._hits(Term(self._word, prefix=True), in_name)

    def _misspelt(self, *, in_name: bool) -> BitMap:
        return BitMap.union(BitMap(), *(self._hits(Term(word), in_name) for word in self._corrections))

    def _hits(self, term: Term, in_name: bool) -> BitMap:
        return self._kept.hits(self._connection, self._state, term, in_name=in_name)


def by_relevance(words: Sequence[WordHits], found: BitMap) -> Iterator[tuple[int, BitMap]]:
    """The parts of `found`, the most relevant first; the relevance of a product is the sum of those of the words."""
    if len(words) == 1:  # the parts that are not asked for are not looked up
        yield from ((relevance, hits & found) for relevance, hits in words[0].by_relevance())
        return
    parts: Mapping[int, BitMap] = {0: found}
    for word in words:
        narrower: dict[int, BitMap] = defaultdict(BitMap)
        for added, hits in word.by_relevance():
            for relevance, part in parts.items():
                if both := part & hits:
                    narrower[relevance + added] |= both
        parts = narrower
    yield from sorted(parts.items(), reverse=True)


def corrections(connection: Connection, index: ProductIndex, word: str) -> list[str]:
    """The words of the index that are one edit away from `word`."""
    if not can_be_corrected(word):
        return []
    found = set(connection.execute(_words_by_spelling[index.place], {"spellings": list(spellings_of(word))}).scalars())
    return sorted(each for each in found if each != word and within_one_edit(each, word))[:MOST_CORRECTIONS]


_words_by_spelling = [
    select(index.spellings.c.word).where(index.spellings.c.spelling.in_(bindparam("spellings", expanding=True)))
    for index in INDEXES
]

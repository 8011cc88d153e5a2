"""The data of the benchmark of search: a large catalogue of real words, and the queries of shoppers.

Words are drawn by Zipf's law (the n-th most frequent one with a share of 1/n), in texts and in queries alike, so that
the most frequent word is in most products and is asked for most often: harder than in a shop, where it would be "the".
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import accumulate
from typing import NamedTuple
from urllib.parse import urlencode

from faker.providers.color.en_US import Provider as Colors
from faker.providers.job.en_US import Provider as Jobs
from faker.providers.lorem.en_US import Provider as Prose
from faker.providers.person.en_US import Provider as Persons

from services_stub.contracts.events.product import ProductCreated, ProductStatus

CATEGORIES = 40
SELLERS = 1000
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
_SORTS = ("relevance", "relevance", "relevance", "relevance", "relevance", "price", "-price", "name", "newest")


class Query(NamedTuple):
    """The query string of a search, and the kind of search that it stands for."""

    kind: str
    text: str


class Words:
    """Words to draw from, the most frequent first."""

    def __init__(self, chance: random.Random) -> None:
        texts = (*Prose.word_list, *Jobs.jobs, *Colors.all_colors, *Persons.last_names, *Persons.first_names)
        self.all = sorted({word for text in texts for word in re.findall("[a-z]{2,}", text.lower())})
        chance.shuffle(self.all)
        self._chance = chance
        self._shares = list(accumulate(1 / rank for rank in range(1, len(self.all) + 1)))

    def draw(self, count: int) -> list[str]:
        """So many words."""
        return self._chance.choices(self.all, cum_weights=self._shares, k=count)


def catalogue(products: int, seed: int) -> Iterator[ProductCreated]:
    """The events of so many new products, one in thirty of which is sold out or blocked."""
    chance = random.Random(seed)
    words = Words(random.Random(seed))
    for number in range(products):
        name = " ".join(words.draw(chance.randint(2, 4))).title()
        yield ProductCreated(
            product_id=f"00000000-0000-7000-8000-{number:012d}",
            seller_id=f"seller-{min(SELLERS - 1, int(chance.paretovariate(0.4)))}",
            name=name,
            category=f"Category {chance.randrange(CATEGORIES)}",
            description=" ".join(words.draw(12)).capitalize() + ".",
            price=Decimal(chance.randint(100, 50_000)) / 100,
            quantity=chance.choice([0, *range(1, 30)]),
            status=ProductStatus.BLOCKED if chance.random() < 1 / 30 else ProductStatus.ACTIVE,
            version=1,
        )


def queries(count: int, seed: int) -> Iterator[Query]:
    """So many searches: a word, several, the beginning of one, a misspelt one, or none; a third of them filtered."""
    chance = random.Random(seed + 1)
    words = Words(random.Random(seed))
    for _ in range(count):
        kind = chance.choice(["word", "word", "two words", "two words", "beginning", "typo", "browsing"])
        asked = {"q": _text(kind, words, chance), "sort": chance.choice(_SORTS)}
        if chance.random() < 1 / 3:
            filters = {
                "category": f"Category {chance.randrange(CATEGORIES)}",
                "sellerId": f"seller-{chance.randrange(20)}",
                "minPrice": str(chance.choice([10, 15, 25, 100])),
                "maxPrice": str(chance.choice([99.99, 120, 249.99])),
                "inStock": "true",
            }
            asked |= {name: filters[name] for name in chance.sample(sorted(filters), chance.randint(1, 2))}
        yield Query(kind, urlencode(asked))


def _text(kind: str, words: Words, chance: random.Random) -> str:
    if kind == "browsing":
        return ""
    if kind == "two words":
        return " ".join(words.draw(2))
    (word,) = words.draw(1)
    if kind == "beginning":
        return word[: chance.randint(1, 4)]
    if kind == "typo":
        place, other = chance.randrange(len(word)), chance.choice(_ALPHABET)
        return word[:place] + chance.choice([other, other + word[place], ""]) + word[place + 1 :]
    return word

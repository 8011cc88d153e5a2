"""Texts that only people read, made by Faker. No choice depends on them: another version of Faker may make others."""

from __future__ import annotations

import msgspec
from faker import Faker

from simulator.population.catalogue import Product
from simulator.random_stream import RandomStream

_FAKER = Faker("en_US", use_weighting=False)


class ProductTexts(msgspec.Struct, frozen=True):
    """The name and the description of a product; the name contains its kind and number, so that no two are the same."""

    name: str
    description: str


def name_of(seed: int, kind: str, number: int) -> str:
    """The name of a person: of kind `shopper` or `seller`."""
    return str(_seeded(seed, kind, number).name())


def texts_of(seed: int, product: Product) -> ProductTexts:
    """The texts of a product."""
    fake = _seeded(seed, "product", product.number)
    name = f"{fake.color_name()} {product.thing} {product.number}"
    return ProductTexts(name=name, description=str(fake.sentence(nb_words=12)))


def _seeded(seed: int, kind: str, number: int) -> Faker:
    _FAKER.seed_instance(RandomStream(seed, kind, number, "texts").below(1 << 63))
    return _FAKER

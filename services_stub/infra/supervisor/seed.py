"""The first content of a marketplace, made through its own gateway: the users for development and a small catalogue.

It may be interrupted and run again: a user who is there already is only signed in, and a catalogue that is there stays.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

import msgspec
from faker import Faker

from services_stub.client import Conflict, MarketplaceClient, MarketplaceError
from services_stub.infra.processes import channel
from services_stub.infra.processes.messages import Done, Problem
from services_stub.infra.supervisor.messages import SeedArguments

PRODUCTS = 24
_RETRY_PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
_THINGS = {
    "Books": ("Field Guide", "Cookbook", "Atlas", "Novel", "Notebook"),
    "Kitchen": ("Kettle", "Chef's Knife", "Teapot", "Cutting Board", "Coffee Grinder"),
    "Garden": ("Watering Can", "Pruning Shears", "Herb Pot", "Lantern", "Hammock"),
    "Sports": ("Yoga Mat", "Water Bottle", "Climbing Rope", "Bicycle Bell", "Headlamp"),
    "Office": ("Desk Lamp", "Fountain Pen", "Pinboard", "Keyboard", "Monitor Stand"),
    "Toys": ("Wooden Train", "Kite", "Puzzle", "Yo-yo", "Marble Run"),
}


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A product to be."""

    name: str
    category: str
    price: Decimal
    quantity: int
    description: str


def run(argument: bytes, supervisor: socket.socket) -> None:
    """Fill the marketplace; the last message says that it is done, or the problem."""
    arguments = msgspec.json.decode(argument, type=SeedArguments)
    try:
        asyncio.run(fill(arguments))
    except MarketplaceError as error:
        channel.send(supervisor, Problem(text=f"The catalogue could not be made: {error}."))
    else:
        channel.send(supervisor, Done())


async def fill(arguments: SeedArguments) -> None:
    """Register seller and shopper, and put the catalogue into the seller's shop. The admin is there from the start."""
    roles: dict[str, Literal["user", "seller"]] = {"user": "user", "seller": "seller"}
    for user in arguments.users:
        if user.role not in roles:
            continue
        async with MarketplaceClient(arguments.gateway, retry_pauses=_RETRY_PAUSES) as client:
            with contextlib.suppress(Conflict):
                await client.auth.register(
                    user.email, user.password, role=roles[user.role], name=f"Development {user.role}"
                )
            if user.role == "seller":
                await client.auth.login(user.email, user.password)
                await _fill_shop(client, arguments.seed)


async def _fill_shop(client: MarketplaceClient, seed: int) -> None:
    there = {product.name for product in (await client.seller.products(limit=100)).items}
    missing = [item for item in catalogue(seed) if item.name not in there]
    await asyncio.gather(
        *(
            client.seller.create_product(
                item.name,
                category=item.category,
                price=item.price,
                quantity=item.quantity,
                description=item.description,
            )
            for item in missing
        )
    )


def catalogue(seed: int) -> Iterator[Item]:
    """The products that a seed stands for, each name once."""
    fake = Faker("en_US")
    fake.seed_instance(seed)
    choose = random.Random(seed)
    things = [(category, thing) for category, names in _THINGS.items() for thing in names]
    for category, thing in choose.sample(things, PRODUCTS):
        yield Item(
            name=f"{fake.color_name()} {thing}",
            category=category,
            price=Decimal(choose.randrange(300, 15_000)) / 100,
            quantity=choose.randrange(5, 200),
            description=fake.sentence(nb_words=12),
        )

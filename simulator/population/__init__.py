"""The population that a seed stands for: shoppers, sellers, and products with prices and popularity."""

from simulator.population.accounts import Account, account_of
from simulator.population.catalogue import Catalogue, Product
from simulator.population.texts import ProductTexts, name_of, texts_of

__all__ = ["Account", "Catalogue", "Product", "ProductTexts", "account_of", "name_of", "texts_of"]

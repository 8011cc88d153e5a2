"""The store of the product service: products with their stock, reservations, and blocked sellers."""

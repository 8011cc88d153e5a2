"""The product service: the catalogue, the stock, and what of the stock is reserved for orders."""

"""The product service: the catalogue, the stock, and the reservations of stock for orders."""

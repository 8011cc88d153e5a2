"""What the product service keeps: products with their stock, reservations, and which sellers are blocked."""

"""The marketplace: its published contracts, its services, and what runs them."""

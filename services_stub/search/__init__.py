"""The search service: an index of its own of the products that can be bought."""

"""The analytics service: the marketplace in numbers, for admins."""

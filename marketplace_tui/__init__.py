"""The terminal side of the marketplace, and the root of the command `marketplace`."""

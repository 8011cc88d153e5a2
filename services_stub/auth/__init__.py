"""The auth service: accounts with their roles, sessions, and the keys that sign access tokens."""

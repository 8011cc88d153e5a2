"""The store of the auth service: accounts, the refresh tokens of their sessions, and the signing key."""

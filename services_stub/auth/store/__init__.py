"""What the auth service keeps: accounts, the refresh tokens of their sessions, and the key that signs access tokens."""

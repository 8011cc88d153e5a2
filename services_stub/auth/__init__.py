"""The auth service: who somebody is, what they may do, and the keys that prove it."""

"""The models of the admin's screens."""

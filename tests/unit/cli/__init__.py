"""The command `marketplace`."""

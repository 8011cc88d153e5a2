"""The structure of the code, held by tests."""

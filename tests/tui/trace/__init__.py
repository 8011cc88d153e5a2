"""The screens of the trace, on records of the tests."""

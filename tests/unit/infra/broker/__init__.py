"""The embedded broker, in the test's process and without the marketplace."""

"""The screens of the trace, which are imported when they are opened."""

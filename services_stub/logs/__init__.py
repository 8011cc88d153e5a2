"""The logs of a process: structured, small, and never in the way of what is logged."""

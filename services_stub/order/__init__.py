"""Orders and their history: placing, paying, shipping, cancelling, each step an event."""

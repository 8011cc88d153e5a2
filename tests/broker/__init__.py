"""Long runs against the embedded broker in a process of its own: kills, fuzz, a million orders."""

"""One marketplace from its first process to its last: the plan, the supervisor, its control API, the first content."""

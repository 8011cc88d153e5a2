"""The workload: makes the population at a marketplace, and carries out the actions of a plan there, over HTTP alone."""

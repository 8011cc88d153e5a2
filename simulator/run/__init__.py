"""A run: a population, a load from a plan, the Kafka log of it, and a verdict, all kept in a run directory."""

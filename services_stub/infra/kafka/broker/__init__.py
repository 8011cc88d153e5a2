"""The embedded broker: one node that speaks Kafka's protocol, keeps its records in files, and runs in one process."""

"""Kafka clients of other projects, as they are, and what each of them is asked to do with a broker."""

"""Kafka: the one place of the services that speaks to confluent-kafka."""

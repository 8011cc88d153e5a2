"""The kinds of Kafka behind a marketplace: the embedded broker, Apache Kafka, and a cluster that is there already."""

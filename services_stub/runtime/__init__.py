"""The ground of every service: database, writer, outbox, inbox, Kafka, HTTP, process. It knows no business word."""

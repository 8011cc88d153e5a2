"""What every service stands on: database, writer, outbox, inbox, Kafka, HTTP, process. It knows no business word."""

"""SQL: the database of a service, its writer and reader, the outbox and the inbox."""

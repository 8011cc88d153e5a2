"""A running marketplace as the command line looks at it: status, logs, mail, published schemas."""

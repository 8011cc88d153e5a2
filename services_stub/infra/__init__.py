"""The infrastructure of the services: brokers, the cart store, the processes, and the command line's view of them."""

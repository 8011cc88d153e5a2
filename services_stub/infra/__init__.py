"""What the services run on: brokers, the cart store, the processes, and the command line's view of them."""

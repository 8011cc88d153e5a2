"""The state of the client and its operations, without a terminal: screens show the models and call them."""

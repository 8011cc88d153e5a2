"""The stores of the payment service: its payments, and apart from them the memory of the sandbox provider."""

"""What the payment service keeps: its payments, and apart from them what the sandbox provider remembers."""

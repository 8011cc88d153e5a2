"""What runs the services, without the processes."""

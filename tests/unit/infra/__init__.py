"""The infrastructure of the services, without its processes."""

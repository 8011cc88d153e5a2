"""The auditor: checks of what must hold in a marketplace, on nothing but its events and the answers of its services."""

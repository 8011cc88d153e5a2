"""The entry to the marketplace: passes requests on to the services, and answers those that concern several of them."""

"""The one door of the marketplace: passes requests on to the services, and offers what concerns several of them."""

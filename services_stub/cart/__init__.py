"""The cart service: carts of shoppers and guests, kept in Valkey (or Redis) and in no SQL database."""

"""The cart service: what shoppers and guests mean to buy, kept in Valkey (or Redis) and in no SQL database."""

"""The plan of a load, from the random numbers up to the printed schedule."""

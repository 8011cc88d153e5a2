"""Each database and each broker through one suite."""

"""What messages say, what an e-mail looks like, and what follows from a mail server's answer. Pure."""

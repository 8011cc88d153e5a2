"""The texts of messages, the form of an e-mail, and the consequences of a mail server's answer. Pure."""

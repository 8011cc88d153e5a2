"""What a person can do in the client, declared once: keys, footer, help, palette and commands are read from here."""

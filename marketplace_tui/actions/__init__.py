"""The actions of the client, declared once: keys, footer, help, palette and commands are read from here."""

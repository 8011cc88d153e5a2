"""Values as text for people: safe to print, in cells of a terminal, in Unicode or in ASCII. No Textual here."""

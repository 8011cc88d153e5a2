"""The commands that do what the screens do. Each imports its modules when it runs, so help is quick."""

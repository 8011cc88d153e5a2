"""`python -m services_stub`: the commands that run a marketplace."""

from services_stub.cli import app

app(prog_name="marketplace")

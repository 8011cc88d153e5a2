"""`python -m simulator`: the simulator's own command line."""

from simulator.cli import app

app(prog_name="simulator")

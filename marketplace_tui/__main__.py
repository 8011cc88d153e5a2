"""`python -m marketplace_tui`: the command `marketplace`."""

from marketplace_tui.cli import main

main()

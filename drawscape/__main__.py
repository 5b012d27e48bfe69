"""`python -m drawscape` is the `drawscape` command."""

from drawscape.cli import main

main()

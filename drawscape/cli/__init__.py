"""The `drawscape` command; each subcommand is imported when it is asked for."""

from drawscape.cli.root import main

__all__ = ["main"]

"""The `drawscape` command. Read root.py first: it imports each subcommand when that is asked for."""

from drawscape.cli.root import main

__all__ = ["main"]

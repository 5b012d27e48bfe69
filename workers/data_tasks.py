"""The contract's names for the tasks of drawscape.tasks.data."""

from drawscape.tasks.data import process_file

__all__ = ["process_file"]

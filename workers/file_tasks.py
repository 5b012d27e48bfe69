"""The contract's names for the tasks of drawscape.tasks.files."""

from drawscape.tasks.files import process_batch

__all__ = ["process_batch"]

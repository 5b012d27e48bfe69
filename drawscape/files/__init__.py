"""Many files, one operation: packed, summed, converted, worked through in batches."""

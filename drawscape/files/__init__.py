"""Many files, one operation: converted, optimised, painted, summed or packed.

`batch` has what can be done with a file, plans a batch, does its files one by one, and writes what holds
them all.
"""

"""Many files, one operation: converted, optimised, painted, summed or packed.

Read `batch` first: it plans a batch, does its files one by one, and writes what holds them all;
`operations` is what can be done with a file.
"""

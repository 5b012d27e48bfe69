"""Many files, one operation: converted, optimised, painted, summed or packed.

Read `batch` first: it plans a batch and does one file; `operations` is what can be done, `pool` does many
files in processes of their own, `bundle` writes what holds them all.
"""

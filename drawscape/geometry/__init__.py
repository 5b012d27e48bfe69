"""Arrays in, arrays out: no disk, no clock, no global random state."""

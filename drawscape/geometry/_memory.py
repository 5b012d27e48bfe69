"""One hint to the allocator, given when geometry is first loaded."""

import numpy as np

# glibc hands memory back to the system whenever an array of more than 128 kB is freed, and pays for
# fresh pages at the next one, until it has seen a large block come and go. It does so here, untouched:
# noise runs at 30 instead of 8 million samples a second from the first call on.
np.empty(3_900_000)

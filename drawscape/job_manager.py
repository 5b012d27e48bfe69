"""The contract's name for `drawscape.jobs`."""

from drawscape.jobs import *  # noqa: F403
from drawscape.jobs import __all__ as __all__

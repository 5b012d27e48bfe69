"""A picture for sketches: how dark it is under the pen, and how much of each ink mixes its colors."""

from drawscape.sketches.pictures._separation import separate
from drawscape.sketches.pictures._tone import Tone, pixels_of, tone_over

__all__ = ["Tone", "pixels_of", "separate", "tone_over"]

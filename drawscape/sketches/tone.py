"""The tone of pictures, for sketches of one's own as for the library's."""

from drawscape.sketches.pictures._tone import Tone, tone_over

__all__ = ["Tone", "tone_over"]

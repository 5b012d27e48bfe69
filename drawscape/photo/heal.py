"""The missing stretches of a photographed sheet, and the photograph with these marked."""

from dataclasses import dataclass

import cv2
import numpy as np

from drawscape.geometry.lines import Points, stretches
from drawscape.photo.corners import find
from drawscape.photo.ink import FlatSheet, Intervals, judge
from drawscape.photo.placement import Placement
from drawscape.photo.sheet import Picture, Sheet, negative

_MOST_PX_PER_MM = 12.0
_LEAST_PX_PER_MM = 6.0
_MOST_PX = 24_000_000  # of the flattened sheet: more would only take memory
_WORST = 1.5  # of the usual error: how far one of many thousand points may be off
_UPRIGHT = (
    "the drawing looks the same when it is turned, and is taken to be upright in the photograph; "
    "name its corners with --corners if it is not"
)
_MARKS = ((255, 40, 40), (255, 170, 0))


@dataclass(frozen=True, eq=False)
class Finding:
    """The sheet's place in its photograph, the stretches without ink, and the unsure ones.

    `error_mm` is how far off any point of a stroke may be. `warning` is a sentence about what the
    photograph cannot show, '' for none.
    """

    placement: Placement
    missing: Intervals
    unsure: Intervals
    error_mm: float
    warning: str = ""


def examine(sheet: Sheet, picture: Picture, corners: Points | None = None) -> Finding:
    """Return the findings in a photograph (H, W, 3), in RGB, of a sheet.

    `corners` (4, 2) are the sheet's in pixels: top left, top right, bottom right, bottom left as it is drawn.
    Raises PhotoError for a sheet that is not found, or not seen well enough.
    """
    placement = find(sheet, picture, corners)
    finest = np.sqrt(_MOST_PX / sheet.page.prod())
    scale = min(np.clip(placement.px_per_mm, _LEAST_PX_PER_MM, _MOST_PX_PER_MM), finest)
    is_light = placement.signs == (-1,)
    flattened = placement.flattened(negative(picture) if is_light else picture, scale)
    flat = FlatSheet(sheet, flattened, scale, is_light)
    warning = "" if placement.is_turn_known else _UPRIGHT
    error_mm = _WORST * np.max(placement.errors_mm(sheet.lines.points))
    return Finding(placement, *judge(flat, placement), error_mm, warning)


def marked(sheet: Sheet, picture: Picture, finding: Finding) -> Picture:
    """Return the photograph with missing stretches in red, and unsure ones in orange."""
    shown = picture.copy()
    thick = max(2, round(0.4 * finding.placement.px_per_mm))
    for rows, color in zip((finding.unsure, finding.missing), _MARKS[::-1]):
        parts = stretches(sheet.lines, rows.strokes, rows.begin_mm, rows.end_mm)
        places = parts.with_points(finding.placement.pixels(parts.points))
        for line in places:
            cv2.polylines(
                shown, [np.round(line).astype(np.int32)], False, color, thick, cv2.LINE_AA
            )
    return shown

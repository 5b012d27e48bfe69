"""Filled shapes as a pen fills them: hatched in the colour of the fill."""

import numpy as np

from drawscape.drawing.color import is_white
from drawscape.geometry.lines import Ints, Lines
from drawscape.svg.read.regions import region
from drawscape.svg.read.scene import Scene

HATCH_MM = 1.0
"""Distance of the hatch lines: three widths of the usual pen, so that the paper shines through."""


def hatched(scene: Scene, lines: Lines, outlines: Ints) -> tuple[Lines, Ints]:
    """Return the lines with a hatch in each shape that is filled, and the outline of each line.

    The hatches are new outlines of the scene, in the colours of the fills. White fills stay empty.
    """
    from drawscape.geometry.hatch import hatch

    whole, owners = scene.lines(0.05, cut=False)
    parts, numbers = [lines], [outlines]
    drawn = set(np.unique(outlines).tolist())
    for outline in np.unique(owners).tolist():
        context = scene.contexts[scene.of[outline]]
        if outline not in drawn or not context.fill or is_white(context.fill):
            continue
        area = region(whole.take(owners == outline), evenodd=context.evenodd)
        if context.clip is not None:
            area = area.intersection(scene.clips[context.clip])
        if area.is_empty or area.geom_type not in ("Polygon", "MultiPolygon"):
            continue
        filling = hatch(area, HATCH_MM)
        scene.of.append(len(scene.contexts))
        scene.contexts.append(context._replace(stroke=context.fill, fill=None))
        parts.append(filling)
        numbers.append(np.full(len(filling), len(scene.of) - 1))
    return Lines.join(parts), np.concatenate(numbers)

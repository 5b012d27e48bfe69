"""Solids in space as a pen draws them: edges and slices, without what they hide."""

from typing import TYPE_CHECKING, Any

import numpy as np

from drawscape.errors import CanvasError
from drawscape.geometry.lines import Lines
from drawscape.svg.write.canvas import C
from drawscape.svg.write.polylines import polylines

if TYPE_CHECKING:
    from drawscape.geometry.camera import Camera
    from drawscape.geometry.mesh import Mesh


def mesh(
    svg: C,
    solid: "Mesh",
    *,
    camera: "Camera | None" = None,
    slices: int = 0,
    crease_degrees: float = 20.0,
    **style: Any,
) -> C:
    """Draw what is seen of `solid`, as large as the frame allows: edges, and `slices` level cuts.

    `solid` is a `drawscape.geometry.mesh.Mesh`, such as those of `drawscape.geometry.solids`;
    `camera` is isometric unless one is given. Edges are borders, creases of more than
    `crease_degrees`, and the silhouette. Hidden lines are removed exactly (Roberts 1963).
    Raises CanvasError for a negative number of slices.

    >>> from drawscape.geometry.solids import torus
    >>> svg.mesh(torus(), slices=20)
    <SVGBuilder 100 x 100 mm, 1 element>
    """
    from drawscape.geometry.camera import Camera
    from drawscape.geometry.hidden import visible_edges, visible_paths
    from drawscape.geometry.mesh import slices as level_cuts

    if slices < 0:
        raise CanvasError(f"slices={slices!r}: give 0 or more")
    eye = Camera.isometric() if camera is None else camera
    found = [visible_edges(solid, eye, crease_degrees=crease_degrees)]
    if slices and len(solid.vertices):
        low, high = (float(f(solid.vertices[:, 2])) for f in (np.min, np.max))
        levels = low + (high - low) * (np.arange(slices) + 0.5) / slices
        found.append(visible_paths(level_cuts(solid, levels), solid, eye))
    lines = Lines.join(found)
    if not len(lines):
        return svg
    low_xy, high_xy = lines.points.min(axis=0), lines.points.max(axis=0)
    size = np.maximum(high_xy - low_xy, 1e-9)
    frame = svg.frame
    scale = float(min(frame.width / size[0], frame.height / size[1]))
    middle = np.array([frame.cx, frame.cy])
    return polylines(
        svg, lines.with_points((lines.points - (low_xy + high_xy) / 2) * scale + middle), **style
    )

"""Arrays in, arrays out: no disk, no clock, no global random state.

The names below are imported on first use, so that importing this package loads only
numpy. A function with its module's name is imported from there, as in
`from drawscape.geometry.hatch import hatch`: `hatch`, `contours` and `streamlines`. `resample` and
`simplify` are in `drawscape.geometry.lines`.
"""

from typing import TYPE_CHECKING

from drawscape.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from drawscape.geometry.clip import OpaqueShape, clip_to_polygon, clip_to_rectangle, occlude
    from drawscape.geometry.contours import (
        contours_by_level,
        distance_contours,
        values_at,
    )
    from drawscape.geometry.curves import (
        arc,
        beziers,
        catmull_rom,
        circle,
        ellipse,
        rounded,
    )
    from drawscape.geometry.hidden import visible_edges, visible_segments
    from drawscape.geometry.lines import Flags, Floats, Ints, Lines, Points
    from drawscape.geometry.mesh import Camera, Mesh
    from drawscape.geometry.nearest import Nearest
    from drawscape.geometry.noise import Noise
    from drawscape.geometry.offset import beside, inset_rings, parallel
    from drawscape.geometry.poisson import poisson_disc
    from drawscape.geometry.regions import (
        as_on_a4,
        cartesian,
        clamped,
        contains,
        depth_in,
        filled,
        fit_count,
        fitted,
        grow_count,
        polar,
        rectangle,
        rings,
        squares_in,
    )
    from drawscape.geometry.streamlines import growing_streamlines, hatch_along
    from drawscape.geometry.thinning import coats, keep_positive, shortest_swing, thinned
    from drawscape.geometry.tour import tours
    from drawscape.geometry.voronoi import cells, relax, scatter, stippled

__all__ = [
    "Camera",
    "Flags",
    "Floats",
    "Ints",
    "Lines",
    "Mesh",
    "Nearest",
    "Noise",
    "OpaqueShape",
    "Points",
    "arc",
    "as_on_a4",
    "beside",
    "beziers",
    "cartesian",
    "catmull_rom",
    "cells",
    "circle",
    "clamped",
    "clip_to_polygon",
    "clip_to_rectangle",
    "coats",
    "contains",
    "contours_by_level",
    "depth_in",
    "distance_contours",
    "ellipse",
    "filled",
    "fit_count",
    "fitted",
    "grow_count",
    "growing_streamlines",
    "hatch_along",
    "inset_rings",
    "keep_positive",
    "occlude",
    "parallel",
    "poisson_disc",
    "polar",
    "rectangle",
    "relax",
    "rings",
    "rounded",
    "scatter",
    "shortest_swing",
    "squares_in",
    "stippled",
    "thinned",
    "tours",
    "values_at",
    "visible_edges",
    "visible_segments",
]  # fmt: skip

if not TYPE_CHECKING:  # a type checker would take any name for an export
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "drawscape.geometry.clip": "OpaqueShape clip_to_polygon clip_to_rectangle occlude",
            "drawscape.geometry.curves": "arc beziers catmull_rom circle ellipse rounded",
            "drawscape.geometry.contours": "contours_by_level distance_contours values_at",
            "drawscape.geometry.hidden": "visible_edges visible_segments",
            "drawscape.geometry.lines": "Flags Floats Ints Lines Points",
            "drawscape.geometry.mesh": "Camera Mesh",
            "drawscape.geometry.nearest": "Nearest",
            "drawscape.geometry.noise": "Noise",
            "drawscape.geometry.offset": "beside inset_rings parallel",
            "drawscape.geometry.poisson": "poisson_disc",
            "drawscape.geometry.regions": "as_on_a4 cartesian clamped contains depth_in filled "
            "fit_count fitted grow_count polar rectangle rings squares_in",
            "drawscape.geometry.streamlines": "growing_streamlines hatch_along",
            "drawscape.geometry.thinning": "coats keep_positive shortest_swing thinned",
            "drawscape.geometry.tour": "tours",
            "drawscape.geometry.voronoi": "cells relax scatter stippled",
        },
    )

"""Arrays in, arrays out: no disk, no clock, no global random state.

The names below are handed on when they are first asked for, so that importing this package loads
numpy and nothing else. A function that is called like its module is found there:
`from drawscape.geometry.hatch import hatch`, and so for `contours`, `resample`, `simplify` and
`streamlines`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drawscape.geometry.camera import Camera
    from drawscape.geometry.clip import clip_to_polygon, clip_to_rectangle
    from drawscape.geometry.curves import arc, beziers, circle, cubic, ellipse, quadratic
    from drawscape.geometry.hidden import visible_edges, visible_paths
    from drawscape.geometry.implicit import implicit_mesh
    from drawscape.geometry.lines import Lines, Points
    from drawscape.geometry.lloyd import relax, scatter
    from drawscape.geometry.mesh import Mesh
    from drawscape.geometry.nearest import Nearest
    from drawscape.geometry.noise import Noise
    from drawscape.geometry.occlusion import Shape, occlude
    from drawscape.geometry.offset import inset_rings, parallel
    from drawscape.geometry.poisson import poisson_disc
    from drawscape.geometry.regions import contains, rings
    from drawscape.geometry.smooth import catmull_rom
    from drawscape.geometry.voronoi import cells

__all__ = [
    "Camera",
    "Lines",
    "Mesh",
    "Nearest",
    "Noise",
    "Points",
    "Shape",
    "arc",
    "beziers",
    "catmull_rom",
    "cells",
    "circle",
    "clip_to_polygon",
    "clip_to_rectangle",
    "contains",
    "cubic",
    "ellipse",
    "implicit_mesh",
    "inset_rings",
    "occlude",
    "parallel",
    "poisson_disc",
    "quadratic",
    "relax",
    "rings",
    "scatter",
    "visible_edges",
    "visible_paths",
]

_MODULES = {
    "camera": "Camera",
    "clip": "clip_to_polygon clip_to_rectangle",
    "curves": "arc beziers circle cubic ellipse quadratic",
    "hidden": "visible_edges visible_paths",
    "implicit": "implicit_mesh",
    "lines": "Lines Points",
    "lloyd": "relax scatter",
    "mesh": "Mesh",
    "nearest": "Nearest",
    "noise": "Noise",
    "occlusion": "Shape occlude",
    "offset": "inset_rings parallel",
    "poisson": "poisson_disc",
    "regions": "contains rings",
    "smooth": "catmull_rom",
    "voronoi": "cells",
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

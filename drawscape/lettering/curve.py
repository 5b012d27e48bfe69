"""Writing along a curve."""

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import CanvasError
from drawscape.geometry.lines import Lines, Points
from drawscape.lettering.layout import Align, Style


def set_along(
    text: str, style: Style, path: ArrayLike, *, align: Align = "left", offset: float = 0.0
) -> Lines:
    """Return `text` written along the polyline `path`, (N, 2) in mm; letters stay upright to it.

    Each letter is turned as the path runs at its middle. 'justify' spreads the letters over the
    whole path. `offset` in mm lifts the writing off the path to the left of its run.
    Raises CanvasError when the text is longer than the path, GlyphError for what cannot be written.
    """
    points, along = _measured(path)
    glyphs = style.glyphs(text.replace("\n", " "))
    advances = np.array([glyph.advance * style.scale for glyph in glyphs])
    spacing = style.spacing
    needed = float(advances.sum()) + spacing * max(len(glyphs) - 1, 0)
    room = float(along[-1]) - needed
    if room < -1e-9:
        raise CanvasError(
            f"text {text!r} is {needed:.4g} mm long and its curve {along[-1]:.4g} mm; "
            "make the text smaller or the curve longer"
        )
    if align == "justify" and len(glyphs) > 1:
        spacing += room / (len(glyphs) - 1)
    start = {"center": room / 2, "right": room}.get(align, 0.0)
    middles = start + np.cumsum(advances + spacing) - spacing - advances / 2
    strokes: list[Points] = []
    for glyph, advance, middle in zip(glyphs, advances, middles, strict=True):
        centre, turn = _at(points, along, float(middle))
        for stroke in glyph.placed(-advance / 2, -offset, style.scale):
            strokes.append(stroke @ turn + centre)
    return Lines.of(strokes)


def _measured(path: ArrayLike) -> tuple[Points, Points]:
    points = np.asarray(path, dtype=np.float64)
    if points.ndim != 2 or points.shape[1:] != (2,) or not np.isfinite(points).all():
        raise CanvasError("the curve of a text is an (N, 2) array of finite points")
    steps = np.hypot(*np.diff(points, axis=0).T)
    points = points[np.concatenate(([True], steps > 0))] if len(points) else points
    if len(points) < 2:
        raise CanvasError("the curve of a text needs two different points at least")
    along = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))))
    return points, along


def _at(points: Points, along: Points, distance: float) -> tuple[Points, Points]:
    """Return the point at `distance` along the path and the rotation of its direction there."""
    index = int(np.clip(np.searchsorted(along, distance, side="right") - 1, 0, len(points) - 2))
    step = points[index + 1] - points[index]
    length = along[index + 1] - along[index]
    cos, sin = step / length
    point = points[index] + step * ((distance - along[index]) / length)
    return point, np.array([[cos, sin], [-sin, cos]])

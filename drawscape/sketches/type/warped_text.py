"""Rows of a word, bent."""

from typing import Annotated, Literal

import numpy as np
from annotated_types import MaxLen

from drawscape.geometry import Lines, Points, cartesian, clip_to_rectangle, discs_apart, fit_count
from drawscape.geometry.lines import resample
from drawscape.lettering import TextStyle, set_text
from drawscape.sketches import Frame, Palette, Rng, Slider, SVGBuilder, in_pens, sketch

WarpedFont = Literal["futural", "futuram", "rowmans", "timesr", "timesrb", "gothiceng"]


@sketch
def warped_text(
    svg: SVGBuilder,
    rng: Rng,
    *,
    text: Annotated[str, MaxLen(200), "Word or words of the rows"] = "ONE LINE AFTER ANOTHER",
    face: Annotated[WarpedFont, "Hershey's fonts, of one to three strokes"] = "futural",
    rows: Annotated[int, Slider(4, 60, "Rows on A4")] = 46,
    warp: Annotated[Literal["lens", "waves", "twist", "flag"], "What bends them"] = "lens",
    strength: Annotated[float, Slider(-1, 1, "How much; below 0 the other way")] = 0.9,
    palette: Palette = "as designed",
) -> None:
    """A page of rows that lenses, a wave or a twist bend, as if the paper were cloth.

    The letters are Allen V. Hershey's (Calligraphy for Computers, 1967); the bending is in the
    manner of Op art, as in Bridget Riley's Movement in Squares, 1961. The seed places the
    lenses; the second pen writes the letters under them.
    """
    frame = svg.frame
    # As high as on A4, where the frame is 267.6 mm high.
    rows = fit_count(round(rows * frame.height / 267.6), frame.height, 2.4)
    lines = _rows(text.split(), face, rows, frame)
    if not len(lines):
        return
    lines = resample(lines, max(0.4, frame.short / 400))
    radii = np.linspace(0.36, 0.09, 70) * frame.short
    discs = discs_apart(rng, frame, radii, apart=1.06)[: 1 if warp == "twist" else 9]
    phase = rng.uniform(0, 2 * np.pi)
    if warp in ("waves", "flag"):
        discs = discs[:0]
        x, y = lines.points.T
        u, v = (x - frame.x0) / frame.width, (y - frame.y0) / frame.height
        # The sway fades toward the edges, and is too gentle for rows to overtake each other.
        hold = np.sin(np.pi * v) * (np.sin(np.pi * u) if warp == "flag" else 1)
        sway = np.sin(2 * np.pi * (1.5 * u + (v if warp == "flag" else 0)) + phase)
        bent = cartesian(x, y + 0.11 * strength * frame.height * hold * sway)
    else:
        bent = _bent(lines.points, warp, strength, discs)
    lines = clip_to_rectangle(lines.with_points(bent), *frame)
    # A stroke belongs to the lens that its middle lies under: no letter is sliced at a rim.
    middle = np.add.reduceat(lines.points, lines.offsets[:-1]) / lines.counts[:, None]
    under = (discs[:, 2] > np.hypot(*(middle[:, None] - discs[:, :2]).T).T).any(axis=1)
    in_pens(svg, palette, ["#1b1b1b", "#b3402a"], [lines.take(~under), lines.take(under)])


def _rows(words: list[str], face: str, rows: int, frame: Frame) -> Lines:
    """Return rows of whole words that run on from row to row, each as wide as the frame."""
    if not words:
        return Lines.empty()
    step = frame.height / rows
    style = TextStyle(face, 0.62 * step, missing="?")
    widths = [style.width(word + " ") for word in words]
    placed, index = [], 0
    for base in frame.y0 + step * (np.arange(rows) + 0.81):
        chosen, width = [words[index % len(words)]], widths[index % len(words)]
        index += 1
        # Half a word more than fits is squeezed, half a word less is stretched.
        while width + widths[index % len(words)] / 2 < frame.width:
            chosen.append(words[index % len(words)])
            width += widths[index % len(words)]
            index += 1
        row = set_text(" ".join(chosen), style).lines
        left, right = np.min(row.points[:, 0]), np.max(row.points[:, 0])
        # A hair within the frame, or rounding would cut off the first letter's stem.
        stretch = (frame.width - 0.02) / max(right - left, 1e-9)
        x = frame.x0 + 0.01 + (row.points[:, 0] - left) * stretch
        placed.append(row.with_points(cartesian(x, row.points[:, 1] + base)))
    return Lines.join(placed)


def _bent(points: Points, warp: str, strength: float, discs: Points) -> Points:
    """Return the points with those in each disc turned, or moved as by a lens."""
    places = points @ (1, 1j)
    # A lens makes twice as large in the middle, or half, and draws together at the rim.
    grown = 1 + (1.5 if strength > 0 else 0.6) * strength
    for x, y, radius in discs:
        away = places - complex(x, y)
        share = np.minimum(np.abs(away) / radius, 1)
        turn = np.exp(2.6j * strength * (1 - share) ** 2)
        away *= turn if warp == "twist" else grown / (1 + (grown - 1) * share)
        places = away + complex(x, y)
    return cartesian(places.real, places.imag)

"""A portrait of data: each column a band of threads that swells and thins with its values."""

from typing import Annotated

import numpy as np
from annotated_types import MaxLen
from scipy.ndimage import gaussian_filter1d

from drawscape.geometry import (
    Floats,
    Lines,
    Points,
    cartesian,
    fit_count,
    fitted,
    grow_count,
    polar,
)
from drawscape.parameters import InputFile
from drawscape.sketches import KILN, Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose, choose_inks
from drawscape.sketches.curves._table import read_table

COLUMNS = 4
"""Most columns that are drawn, each in its ink."""

SMOOTH = 9
"""How far values are evened out, in steps, of which a band has 1,440."""

FORMS = {
    "a quarter": (0.0, 1.0, -90, 90),
    "rings": (0.5, 0.5, -90, 360),
    "rows": (0.5, 1.0, 0, 0),
    "a fan": (0.5, 1.0, -180, 180),
    "half rings": (0.0, 0.5, -90, 180),
}
"""Where the middle lies, parts of the page, where bands begin, and how far they go, in degrees."""


@sketch
def data_portrait(
    svg: SVGBuilder,
    rng: Rng,
    *,
    data: Annotated[InputFile | None, "A .csv or .gpx file; none: a year of weather"] = None,
    title: Annotated[str, MaxLen(60), "Written below the legend"] = "",
    threads: Annotated[int, Slider(3, 40, "Most threads of a band")] = 22,
    palette: Palette = "as designed",
) -> None:
    """The columns of a table around a year, or the heights of a walk around its track, with a legend.

    Rings of data are Florence Nightingale's idea (1858), rising bands William Playfair's (1786). The
    seed lays the bands out, and makes a year of weather where no file is given.
    """
    frame = svg.frame.inset(0.02 * svg.frame.short)
    columns, track = _weather(rng) if data is None else read_table(data)
    title = title or "A year of weather" * (data is None)
    form = choose(svg, "form", FORMS if track is None else {"rings": FORMS["rings"]})
    names = list(columns)[:COLUMNS]
    names = names[:: choose(svg, "order", {"as given": 1, "turned round": -1})]
    palette = choose_inks(svg, palette, "kiln", "tide", "plum")
    size, u = frame.short / 55, np.linspace(0, 1, 1441)
    high = frame.height - 2.2 * size * (len(names) + 2)
    x, y, begin, sweep = form
    middle = np.array([frame.x0 + x * frame.width, frame.y0 + y * high])
    # As far as the page allows on either side of the middle; rows rise over the page's whole height.
    wide, tall = max(x, 1 - x) * frame.width, max(y, 1 - y) * high
    reach = min(wide, tall) if sweep else tall
    # Rings fill the page as ovals, but for those around a track, which stay round.
    stretch = np.array([wide, tall]) / reach if track is None else 1.0
    inner = reach * (0.34 if sweep else 0)
    room = (reach - inner) / len(names)

    def place(v: Floats) -> Points:
        """Return where the points, v mm above the lowest band, lie on the page."""
        if not sweep:
            return cartesian(frame.x0 + frame.width * u, middle[1] - v)
        return middle + stretch * polar(inner + v, np.radians(begin + sweep * u))

    parts = []
    for band, name in enumerate(names):
        values = np.interp(u, np.linspace(0, 1, len(columns[name])), columns[name])
        values = gaussian_filter1d(values, SMOOTH, mode="wrap" if sweep == 360 else "nearest")
        share = (values - values.min()) / max(np.ptp(values), 1e-9)
        count = fit_count(grow_count(threads, frame), room, 0.85, least=2)
        rise = np.linspace(0, 1, count)[:, None] * (0.2 + 0.7 * share)
        grid = place(room * (band + rise))
        ends = grid[:, [0, -1]].swapaxes(0, 1)[: 2 * (sweep < 360)]
        parts.append(Lines.join([Lines.of(grid), Lines.of(ends)]))
    if track is not None:
        box = (*(middle - 0.62 * inner), *(middle + 0.62 * inner))
        parts[0] = Lines.join([parts[0], Lines.of([fitted(box, track)])])
    in_pens(svg, palette, dict(zip(names, [KILN[0], KILN[1], KILN[4], KILN[2]])), parts)
    legend = [
        f"{name}  {np.min(columns[name]).round(1):g} to {np.max(columns[name]).round(1):g}"
        for name in names
    ]
    for row, (text, pen) in enumerate(zip([*legend, title], [*names, names[0]])):
        low = frame.y1 - size * 2.2 * (len(names) - row)
        place_ = {"x": frame.cx, "align": "center"} if x else {"x": frame.x0}
        svg.lettering(text, **place_, y=low, size=size, missing="?", pen=pen)


def _weather(rng: Rng) -> tuple[dict[str, Floats], None]:
    """Return the days of a year that never was."""
    day = np.arange(365)
    season = -np.cos(2 * np.pi * (day - 20) / 365)
    mild = gaussian_filter1d(rng.normal(size=365), 4, mode="wrap")
    showers = gaussian_filter1d(rng.gamma(0.25, 24, 365), 1.5, mode="wrap")
    wind = gaussian_filter1d(rng.gamma(2, 7, 365), 2, mode="wrap")
    found = {
        "temperature °C": 10 + 9 * season + 9 * mild,
        "rain mm": showers * (1 - 0.4 * season),
        "wind kn": wind * (1.2 - 0.5 * season),
    }
    return found, None

"""From the photograph of a plotted sheet to a plot of its missing strokes."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from drawscape import settings
from drawscape.drawing.values import rgb
from drawscape.errors import MissingExtraError, PhotoError
from drawscape.geometry.lines import Ints, stretches
from drawscape.machine.plan import Plan
from drawscape.machine.plot import Plot, find_plot
from drawscape.parameters import InputFile

try:
    import cv2

    from drawscape.photo.corners import find
    from drawscape.photo.heal import Finding, examine, marked
    from drawscape.photo.ink import Intervals
    from drawscape.photo.load import load
    from drawscape.photo.sheet import Picture, Sheet
except ImportError as error:
    raise MissingExtraError("examining a photograph", "photo") from error

FLATTENED_PX = 1600
"""The longer side of the sheet as a panel shows it."""

Row = dict[str, Any]
"""A stretch: `stroke` from 1, `pen`, `from_mm`, `to_mm`, `points` in mm of the sheet."""


def examine_photograph(
    plot_id: str,
    photo: InputFile,
    *,
    corners: list[list[float]] | None = None,
    sheet: int = 1,
) -> dict[str, Any]:
    """Return the findings in a photograph of a plot's sheet.

    That is `sheet`, `strokes`, `missing`, `unsure`, and a `warning`, which is '' for none.
    `corners` are the sheet's in pixels of the photograph: top left, top right, bottom right, bottom left of
    the sheet as drawn. `marked.jpg` in the plot's folder is the photograph with missing stretches in red and
    unsure ones in orange; the flattened `sheet.jpg` is beside it.
    Raises PhotoError for a photograph that does not show the sheet.
    """
    plot = find_plot(plot_id)
    numbers, seen = _sheet_of(plot.plan, sheet)
    picture = load(settings.readable_path(photo))
    finding = examine(seen, picture, None if corners is None else np.array(corners, dtype=float))
    _write_jpeg(plot.folder / "marked.jpg", marked(seen, picture, finding))
    scale = FLATTENED_PX / max(seen.page)
    _write_jpeg(plot.folder / "sheet.jpg", finding.placement.flattened(picture, scale))
    return _told(plot.plan, numbers, seen, finding)


def place_in_photograph(
    plot: Plot, photo: InputFile, pixel: tuple[float, float]
) -> tuple[float, float]:
    """Return the place on a plot's sheet, in mm as drawn, that a pixel of its photograph shows.

    The sheet is found by the strokes drawn so far; for a healing plot, by those of the healed plot.
    Raises PhotoError for a photograph that does not show the sheet, or a pixel beside it.
    """
    number, source = plot.plan.section_of(plot.state.done).sheet, plot
    while source.record.heals:
        source = find_plot(source.record.heals)
    strokes, sheet = _sheet_of(source.plan, number)
    is_drawn = source.state.drawn[strokes] > 0
    if not is_drawn.any():
        raise PhotoError(
            "nothing is drawn on this sheet yet: align it by its corners, without --photo"
        )
    placement = find(sheet.take(is_drawn), load(settings.readable_path(photo)))
    point = placement.on_page(np.array([pixel]))
    x, y = point[0].tolist()
    if not (0 <= x <= sheet.width_mm and 0 <= y <= sheet.height_mm):
        raise PhotoError(
            f"pixel {pixel[0]:g} {pixel[1]:g} is {x:.0f}, {y:.0f} mm, beside the sheet"
        )
    return x, y


def _write_jpeg(path: Path, picture: Picture) -> None:
    _, data = cv2.imencode(".jpg", picture[..., ::-1])
    path.write_bytes(data.tobytes())


def _sheet_of(plan: Plan, number: int) -> tuple[Ints, Sheet]:
    """Return the numbers of a sheet's strokes, from 0, and the sheet."""
    sections = [section for section in plan.sections if section.sheet == number]
    if not sections:
        most = plan.sections[-1].sheet
        raise PhotoError(f"sheet {number}: the plot has {most}; name one of them with --sheet")
    numbers = np.concatenate([np.arange(s.first, s.last) for s in sections])
    pens = np.repeat(np.arange(len(sections)), [s.last - s.first for s in sections])
    widths = np.array([section.width_mm for section in sections])
    colors = np.array([rgb(section.color) for section in sections]) / 255
    lines = plan.lines.take(numbers)
    return numbers, Sheet(lines, pens, widths, colors, plan.width_mm, plan.height_mm)


def _told(plan: Plan, numbers: Ints, sheet: Sheet, finding: Finding) -> dict[str, Any]:
    def rows(found: Intervals) -> list[Row]:
        parts = stretches(sheet.lines, found.strokes, found.begin_mm, found.end_mm)
        return [
            {
                "stroke": int(numbers[stroke]) + 1,
                "pen": plan.section_of(int(numbers[stroke])).name,
                "from_mm": round(float(begin), 2),
                "to_mm": round(float(end), 2),
                "points": points.round(3).tolist(),
            }
            for stroke, begin, end, points in zip(
                found.strokes, found.begin_mm, found.end_mm, parts
            )
        ]

    corners = finding.placement.pixels(sheet.corners).round(1).tolist()
    return {
        "sheet": {"corners_px": corners, "error_mm": round(finding.error_mm, 3)},
        "strokes": len(numbers),
        "missing": rows(finding.missing),
        "unsure": rows(finding.unsure),
        "warning": finding.warning,
    }


def changed_rows(
    plan: Plan, told: dict[str, Any], *, take_out: Iterable[int] = (), add: Iterable[int] = ()
) -> list[Row]:
    """Return the missing stretches without those of some strokes, and with those of others, from 1.

    An added stroke comes with its unsure stretches, or as a whole. Raises PhotoError for a stroke
    that the plot does not have.
    """
    out, added = set(take_out), set(add)
    for stroke in sorted(out | added):
        if not 1 <= stroke <= len(plan):
            raise PhotoError(f"stroke {stroke}: give 1 to {len(plan)}")
    rows = [row for row in told["missing"] if row["stroke"] not in out]
    for stroke in sorted(added - {row["stroke"] for row in rows}):
        length = float(plan.lines.take([stroke - 1]).lengths_mm[0])
        whole = {"stroke": stroke, "from_mm": 0.0, "to_mm": length}
        rows += [row for row in told["unsure"] if row["stroke"] == stroke] or [whole]
    return rows


def heal_plot(plot: Plot, rows: Iterable[Row]) -> Plot:
    """Return a new plot, derived from `plot`, of stretches of its strokes; it is not queued yet."""
    parts = [(int(row["stroke"]) - 1, row["from_mm"], row["to_mm"]) for row in rows]
    return plot.healing(plot.plan.stretched(parts, plot.device.machine))

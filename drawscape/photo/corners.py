"""Where a sheet may lie in a photograph: four corners, by its outline against the table or by the drawing."""

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np

from drawscape.errors import PhotoError
from drawscape.geometry.lines import Floats, Points
from drawscape.photo.placement import (
    COARSE,
    FINE,
    QUICK,
    Placement,
    contrast,
    perspective,
    refine,
)
from drawscape.photo.sheet import Picture, Sheet

_LONG_SIDE_PX = 900  # of the reduced picture in which outlines are looked for
_MOST_OUTLINES = 4
_TRIED = 6  # places that are compared more closely
_SKEW = 0.45  # logarithm of how far perspective may change the proportion of the sides
_GOOD_SCORE, _CLEAR_SCORE = 0.8, 0.7
_LEAST_COARSE, _LEAST_SCORE = 0.25, 0.5  # likeness of a drawing to its photograph
_LEAST_PX_PER_MM = 4.0
_MOST_OUTSIDE = 0.005  # of the drawing's points
_LEAST_SHARE = 0.08  # of the picture that a sheet covers


def find(sheet: Sheet, picture: Picture, corners: Points | None = None) -> Placement:
    """Return where the sheet lies in a picture, by its outline or `corners` (4, 2), refined by the drawing.

    Raises PhotoError when it is not found, mirrored, of another drawing, too small or partly outside.
    """
    given = [] if corners is None else [corners]
    starts = [Placement.of(sheet, picture, one) for one in given or _hypotheses(sheet, picture)]
    best = _best(sheet, picture, starts, colored=False)
    if best.score < _GOOD_SCORE and len(np.unique(sheet.colors, axis=0)) > 1:
        other = _best(sheet, picture, starts, colored=True)
        best = max(best, other, key=lambda placement: placement.score)
    _check(sheet, picture, best, is_given=bool(given))
    return best


def _best(sheet: Sheet, picture: Picture, starts: list[Placement], *, colored: bool) -> Placement:
    """Return the likeliest of several placements, refined."""
    likely = _likeliest(sheet, picture, starts, colored=colored)
    best = replace(likely[0], score=-1.0)
    for start in likely:
        if best.score < _CLEAR_SCORE:
            placement = refine(sheet, picture, start, COARSE, colored=colored)
            best = max(best, placement, key=lambda one: one.score)
    if best.score < _LEAST_COARSE:
        return best
    return refine(sheet, picture, best, FINE, colored=colored)


def _check(sheet: Sheet, picture: Picture, found: Placement, *, is_given: bool) -> None:
    if found.score < _LEAST_SCORE:
        where = (
            "at these corners"
            if is_given
            else "in the photograph; give its corners, or a better one"
        )
        raise PhotoError(
            f"this drawing is not found {where} (likeness {max(found.score, 0.0):.2f})"
        )
    if cv2.contourArea(found.corners.astype(np.float32), oriented=True) < 0:
        raise PhotoError("the photograph is mirrored; turn off the mirror of the camera or scanner")
    if found.px_per_mm < _LEAST_PX_PER_MM:
        raise PhotoError(
            f"the photograph has {found.px_per_mm:.1f} pixels a mm of the sheet; "
            f"lines need {_LEAST_PX_PER_MM:g}: come closer"
        )
    places = found.pixels(sheet.lines.points)
    outside = float(((places < 0) | (places > np.array(found.size) - 1)).any(axis=1).mean())
    if outside > _MOST_OUTSIDE:
        raise PhotoError(
            f"{outside:.0%} of the drawing lie outside of the photograph; take all of it"
        )


def _likeliest(
    sheet: Sheet, picture: Picture, starts: list[Placement], *, colored: bool
) -> list[Placement]:
    """Return the starts whose quick comparison is best."""
    if len(starts) <= _TRIED:
        return starts
    quick = [refine(sheet, picture, start, QUICK, colored=colored) for start in starts]
    ranked = sorted(zip(quick, starts, strict=True), key=lambda pair: -pair[0].score)
    return [start for _, start in ranked[:_TRIED]]


def _hypotheses(sheet: Sheet, picture: Picture) -> list[Points]:
    """Return where the page's corners may lie: each outline in four turns, and seen from behind."""
    found = []
    for outline, frame in _outlines(sheet, picture):
        for seen in (outline, outline[::-1]):
            for turn in range(4):
                matrix = perspective(frame, np.roll(seen, turn, axis=0))
                page = cv2.perspectiveTransform(sheet.corners[None], matrix)[0]
                if _is_plausible(sheet, page):
                    found.append(page)
    return found


def _is_plausible(sheet: Sheet, corners: Points) -> bool:
    """Whether the page's sides are in about the proportion that they have in the picture."""
    sides = np.hypot(*(corners - np.roll(corners, -1, axis=0)).T)
    seen = (sides[0] + sides[2]) / (sides[1] + sides[3])
    return bool(abs(np.log(seen * sheet.height_mm / sheet.width_mm)) < _SKEW)


def _outlines(sheet: Sheet, picture: Picture) -> Iterator[tuple[Points, Points]]:
    """Yield four corners in pixels, clockwise, and in mm: of the sheet, or of the drawing."""
    factor = max(picture.shape[:2]) / _LONG_SIDE_PX
    size = [round(side / factor) for side in picture.shape[1::-1]]
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    found: list[Points] = []
    for mask in _masks(small):
        for corners in _quadrilaterals(mask):
            if all(np.abs(corners - other).max() > 8 for other in found):
                found.append(corners)
    found.sort(key=lambda corners: -abs(cv2.contourArea(corners.astype(np.float32))))
    whole = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * size
    for corners in [*found[:_MOST_OUTLINES], whole]:
        yield corners * factor, sheet.corners
    scale = 2.0
    drawn = _drawing(sheet.grey(scale), scale)
    seen = _drawing(small, max(size) / max(sheet.page))
    if drawn is not None and seen is not None:
        yield seen * factor, drawn / scale


def _drawing(picture: Picture, px_per_mm: float) -> Points | None:
    """Return four corners around the strokes of a picture, clockwise in pixels; None where there are none."""
    values = np.abs(contrast(picture, px_per_mm))
    values = values if values.ndim == 2 else values.max(axis=2)
    mask = (values > 0.5 * np.percentile(values, 99)).astype(np.uint8)
    size = 2 * round(2 * px_per_mm) + 1
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8))
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    points = cv2.findNonZero(mask)
    if points is None or len(points) < 4:
        return None
    return _clockwise(cv2.approxPolyN(cv2.convexHull(points), 4).reshape(4, 2).astype(np.float64))


def _clockwise(corners: Points) -> Points:
    """Return four corners clockwise, the first one nearest to the top left."""
    middle = corners.mean(axis=0)
    around = corners[np.argsort(np.arctan2(*(corners - middle).T[::-1]))]
    return np.roll(around, -int(around.sum(axis=1).argmin()), axis=0)


def _masks(small: Picture) -> Iterator[Picture]:
    """Yield masks in which the sheet may be one area: by colour, light, and edges."""
    lab = cv2.cvtColor(cv2.GaussianBlur(small, (0, 0), 2), cv2.COLOR_RGB2LAB)
    border = np.concatenate(
        (
            lab[:8].reshape(-1, 3),
            lab[-8:].reshape(-1, 3),
            lab[:, :8].reshape(-1, 3),
            lab[:, -8:].reshape(-1, 3),
        )
    )
    away = np.linalg.norm(lab.astype(np.float32) - np.median(border, axis=0), axis=2)
    colour = np.linalg.norm(lab[..., 1:].astype(np.float32) - 128, axis=2)
    for values in (away, lab[..., 0].astype(np.float32), colour):
        grey = cv2.normalize(values, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
        _, mask = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
        for one in (mask, 255 - mask):
            yield cv2.morphologyEx(one, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    edges = cv2.Canny(cv2.GaussianBlur(small, (0, 0), 1.5), 15, 45)
    yield cv2.morphologyEx(edges, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))


def _quadrilaterals(mask: Picture) -> Iterator[Points]:
    """Yield the corners of areas that have four sides."""
    area = mask.shape[0] * mask.shape[1]
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    for outline in outlines:
        hull = cv2.convexHull(outline)
        if not _LEAST_SHARE * area < cv2.contourArea(hull) < 0.99 * area:
            continue
        corners = cv2.approxPolyN(hull, 4).reshape(4, 2).astype(np.float64)
        if cv2.contourArea(hull) > 0.9 * abs(cv2.contourArea(corners.astype(np.float32))):
            yield _sides_fitted(corners, outline.reshape(-1, 2).astype(np.float64))


def _sides_fitted(corners: Points, outline: Points) -> Points:
    """Return the corners where lines through the outline's sides meet, clockwise."""
    corners = _clockwise(corners)
    sides = [
        _line(outline, *pair) for pair in zip(corners, np.roll(corners, -1, axis=0), strict=True)
    ]
    met = []
    for before, after, old in zip(np.roll(sides, 1, axis=0), sides, corners, strict=True):
        cross = np.cross(before, after)
        point = cross[:2] / cross[2] if abs(cross[2]) > 1e-9 else old
        met.append(point if np.hypot(*(point - old)) < 25 else old)
    return np.array(met)


def _line(outline: Points, start: Points, end: Points) -> Floats:
    """Return the line a x + b y + c = 0 through the outline's points beside a side, as (a, b, c)."""
    way = (end - start) / np.hypot(*(end - start))
    along, across = (outline - start) @ way, (outline - start) @ np.array([-way[1], way[0]])
    length = np.hypot(*(end - start))
    near = (np.abs(across) < 10) & (along > 0.08 * length) & (along < 0.92 * length)
    points = outline[near] if near.sum() > 10 else np.stack((start, end))
    dx, dy, x, y = (
        cv2.fitLine(points.astype(np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01).ravel().tolist()
    )
    return np.array([dy, -dx, dx * y - dy * x])

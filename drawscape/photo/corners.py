"""Where a sheet may lie in a photograph: four corners, by its outline against the table or by the drawing."""

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np

from drawscape.errors import PhotoError
from drawscape.geometry.lines import Points
from drawscape.photo.placement import (
    COARSE,
    FINE,
    QUICK,
    Placement,
    contrast,
    other_place,
    perspective,
    refine,
)
from drawscape.photo.sheet import Picture, Sheet

_LONG_SIDE_PX = 320  # of the reduced picture that is searched for outlines
_BORDER_PX = 6  # of that picture: any table shows here
_STROKE_PX = 7  # of that picture: strokes are thinner
_TRIED = 6  # places that are compared more closely
_SKEW = 0.45  # how far perspective may change the log of the sides' ratio
_NEARLY_ALIKE, _ALIKE = 0.2, 0.03  # likeness, rough and fine, by which turns of a drawing differ
_LESS_SURE = 0.2  # of the page: how much less of it looks as it should in another turn
_SLIPPED = 0.01  # difference in likeness between two places of an even pattern
_ALL_SURE, _ROUNDS = 0.95, 3  # of the page: where the part that is surely right need not grow
_LEAST_COARSE, _LEAST_SCORE = 0.25, 0.5  # likeness of a drawing to its photograph
_LEAST_PX_PER_MM = 4.0
_MOST_OUTSIDE = 0.005  # of the drawing's points
_LEAST_SHARE = 0.08  # of the picture that a sheet covers


def find(sheet: Sheet, picture: Picture, corners: Points | None = None) -> Placement:
    """Return where the sheet lies in a picture, by its outline or `corners` (4, 2), refined by the drawing.

    Raises PhotoError when it is not found, mirrored, of another drawing, too small or partly outside. It is
    also raised when the drawing would fit another place equally well.
    """
    if not len(sheet.lines):
        raise PhotoError("nothing is drawn on this sheet; name another one with --sheet")
    if corners is not None:
        coarse = _coarse(sheet, picture, [corners])
        where = "at these corners"
    else:
        outlines = [*_outlines(sheet, picture)]
        coarse = _coarse(sheet, picture, _turned(sheet, outlines))
        where = "in the photograph; give its corners, or a better one"
        if coarse[0].score < _LEAST_SCORE:
            behind = [(outline[::-1], frame) for outline, frame in outlines]
            if _coarse(sheet, picture, _turned(sheet, behind))[0].score > _LEAST_SCORE:
                raise PhotoError(
                    "the photograph is mirrored; turn off the mirror of the camera or scanner"
                )
    found = _best(sheet, picture, coarse)
    if found.score < _LEAST_SCORE:
        raise PhotoError(
            f"this drawing is not found {where} (likeness {max(found.score, 0.0):.2f})"
        )
    _check_view(sheet, found)
    return found


def _check_view(sheet: Sheet, found: Placement) -> None:
    if found.px_per_mm < _LEAST_PX_PER_MM:
        raise PhotoError(
            f"the photograph has {found.px_per_mm:.1f} pixels a mm of the sheet; "
            f"lines need {_LEAST_PX_PER_MM:g}: come closer"
        )
    places = found.pixels(sheet.lines.points)
    outside = float(((places < 0) | (places > np.array(found.size) - 1)).any(axis=1).mean())
    if outside > _MOST_OUTSIDE:
        raise PhotoError(
            f"{outside:.0%} of the drawing is outside the photograph; photograph all of it"
        )


def _coarse(sheet: Sheet, picture: Picture, corners: list[Points]) -> list[Placement]:
    """Return places of the page's corners, roughly refined, the likeliest first."""
    starts = [Placement.of(sheet, picture, one) for one in corners]
    if len(starts) > _TRIED:
        quick = [refine(sheet, picture, start, QUICK).score for start in starts]
        starts = [starts[index] for index in np.argsort(quick)[: -_TRIED - 1 : -1]]
    coarse = [refine(sheet, picture, start, COARSE) for start in starts]
    nowhere = Placement.of(sheet, picture, sheet.corners)
    return sorted(coarse, key=lambda placement: -placement.score) or [nowhere]


def _best(sheet: Sheet, picture: Picture, coarse: list[Placement]) -> Placement:
    """Return the likeliest of several places, refined."""
    best = coarse[0]
    if best.score < _LEAST_COARSE:
        return best
    turns = {one.quarter_turns: one for one in reversed(coarse)}  # the likeliest of each turn
    tried = [one for one in turns.values() if one.score > best.score - _NEARLY_ALIKE]
    fine = [refine(sheet, picture, one, FINE) for one in tried]
    highest = max(one.score for one in fine)
    likely = [one for one in fine if one.score > highest - _ALIKE]
    surest = max(one.sure for one in likely)
    alike = [one for one in likely if one.sure > surest - _LESS_SURE]
    if len(alike) == 1:
        return _settled(sheet, picture, alike[0])
    upright = [one for one in alike if one.quarter_turns == 0]
    if not upright:
        raise PhotoError(
            "the drawing looks the same when it is turned; name its corners with --corners, "
            "or photograph it upright"
        )
    return _settled(sheet, picture, replace(upright[0], is_turn_known=False))


def _settled(sheet: Sheet, picture: Picture, found: Placement) -> Placement:
    """Return a placement, or a likelier one a few mm away. Raises PhotoError when both are alike."""
    for _ in range(_ROUNDS):
        found = _grown(sheet, picture, found)
        other, likelier = other_place(sheet, picture, found)
        if likelier < _SLIPPED:
            break
        found = refine(sheet, picture, other, FINE)
    if likelier > -_SLIPPED:
        raise PhotoError(
            "the drawing is an even pattern, and may be off by a line in the photograph; "
            "name its corners with --corners"
        )
    return found


def _grown(sheet: Sheet, picture: Picture, found: Placement) -> Placement:
    """Return a placement found again from the surely right part of the page, while that part grows."""
    for _ in range(_ROUNDS):
        if found.sure > _ALL_SURE:
            break
        sure_part = refine(sheet, picture, found, FINE, from_sure=True)
        if sure_part.sure <= found.sure:
            break
        found = refine(sheet, picture, sure_part, FINE)
    return found


def _turned(sheet: Sheet, outlines: list[tuple[Points, Points]]) -> list[Points]:
    """Return possible corners of the page: each outline in four turns."""
    found = []
    for outline, frame in outlines:
        for turn in range(4):
            matrix = perspective(frame, np.roll(outline, turn, axis=0))
            page = cv2.perspectiveTransform(sheet.corners[None], matrix)[0]
            if _is_plausible(sheet, page):
                found.append(page)
    return found


def _is_plausible(sheet: Sheet, corners: Points) -> bool:
    """Whether the page's sides have about the same ratio as in the picture."""
    sides = np.hypot(*(corners - np.roll(corners, -1, axis=0)).T)
    seen = (sides[0] + sides[2]) / (sides[1] + sides[3])
    return bool(abs(np.log(seen * sheet.height_mm / sheet.width_mm)) < _SKEW)


def _outlines(sheet: Sheet, picture: Picture) -> Iterator[tuple[Points, Points]]:
    """Yield four corners in pixels, clockwise, and in mm: of the sheet, or of the drawing."""
    factor = max(picture.shape[:2]) / _LONG_SIDE_PX
    size = [round(side / factor) for side in picture.shape[1::-1]]
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    for mask in _masks(small):
        for corners in _quadrilaterals(mask):
            yield corners * factor, sheet.corners
    yield np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * picture.shape[1::-1], sheet.corners
    scale = 2.0
    drawn = _drawing(sheet.grey(scale), scale)
    factor /= 3  # strokes are thinner than sheets
    fine = cv2.resize(picture, [3 * side for side in size], interpolation=cv2.INTER_AREA)
    seen = _drawing(cv2.cvtColor(fine, cv2.COLOR_RGB2GRAY), max(fine.shape[:2]) / max(sheet.page))
    if drawn is not None and seen is not None:
        yield seen * factor, drawn / scale


def _drawing(picture: Picture, px_per_mm: float) -> Points | None:
    """Return four corners around the strokes of a picture, clockwise in pixels; None without strokes."""
    values = np.abs(contrast(picture, px_per_mm))
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
    """Yield masks in which the sheet may be one area, by its colours and those of its surroundings.

    Both are learnt from the picture (Rother, Kolmogorov and Blake 2004). Dark or light strokes are removed
    first, and little or nothing is known about where the sheet is.
    """
    square = np.ones((_STROKE_PX, _STROKE_PX), np.uint8)
    height, width = small.shape[:2]
    everywhere = np.full((height, width), cv2.GC_BGD, np.uint8)
    inner = slice(_BORDER_PX, -_BORDER_PX)
    everywhere[inner, inner] = cv2.GC_PR_FGD
    in_middle = np.minimum(everywhere, cv2.GC_PR_BGD)
    in_middle[inner, inner] = cv2.GC_PR_BGD
    in_middle[height // 4 : -height // 4, width // 4 : -width // 4] = cv2.GC_PR_FGD
    for method in (cv2.MORPH_CLOSE, cv2.MORPH_OPEN):
        bare = cv2.morphologyEx(small, method, square)
        for known in (everywhere, in_middle):
            cv2.setRNGSeed(0)  # the same photograph gives the same outline
            mask, _, _ = cv2.grabCut(
                bare, known.copy(), None, np.zeros((1, 65)), np.zeros((1, 65)), 4,
                cv2.GC_INIT_WITH_MASK,
            )  # fmt: skip
            yield cv2.morphologyEx((mask & 1) * 255, cv2.MORPH_CLOSE, square)


def _quadrilaterals(mask: Picture) -> Iterator[Points]:
    """Yield the corners of areas that have four sides."""
    area = mask.shape[0] * mask.shape[1]
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for outline in outlines:
        hull = cv2.convexHull(outline)
        if not _LEAST_SHARE * area < cv2.contourArea(hull) < 0.99 * area:
            continue
        corners = cv2.approxPolyN(hull, 4).reshape(4, 2).astype(np.float64)
        if cv2.contourArea(hull) > 0.9 * abs(cv2.contourArea(corners.astype(np.float32))):
            yield _clockwise(corners)

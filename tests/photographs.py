"""Photographs of plotted sheets, made from a plan: a table, a telephone's lens, light, paper and ink.

`photograph` returns the picture with what is truly missing on it, and where each point of the sheet lies.
Run as a program, it makes the picture of the tutorial about photographs.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from drawscape import draw
from drawscape.drawing.values import rgb
from drawscape.geometry.lines import Lines, stretches
from drawscape.svg_builder import SVGBuilder


@dataclass(frozen=True)
class Scene:
    """What the photograph is of; each figure can be varied alone."""

    px_per_mm: float = 8.0
    turn: float = 0.0  # of the sheet in the picture, degrees
    tilt: float = 0.12  # how far perspective moves a corner, as a share of the side
    lens: tuple[float, float] = (-0.04, 0.01)
    curl_mm: float = 0.8
    fold_mm: float = 0.0  # how far a crease across the middle shifts the paper
    light: float = 0.3  # how much darker the darkest corner is
    shadow: float = 0.35
    grain: float = 0.015
    noise: float = 0.012
    blur_px: float = 0.8
    jpeg: int = 88
    table: str = "wood"  # wood, white, black, cloth, none (a scan)
    margin: float = 0.12  # of table around the sheet
    paper: tuple[int, int, int] = (247, 244, 236)
    cast: tuple[float, float, float] = (1.0, 0.97, 0.92)  # of the light
    pens: dict[str, tuple[tuple[int, int, int], float]] = field(default_factory=dict)
    opacity: float = 0.9
    width_varies: float = 0.12
    seed: int = 0


@dataclass(frozen=True)
class Photograph:
    """The picture (H, W, 3) in RGB, and where points of the sheet in mm are in it, in pixels."""

    picture: np.ndarray
    place: Callable[[np.ndarray], np.ndarray]

    def save(self, path, quality=88):
        cv2.imwrite(str(path), self.picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        return path


def remove(lines, rng, *, whole=0.02, part=0.02, least_mm=3.0):
    """Return what is missing: rows of stroke, from and to in mm; `part` of the strokes lose a stretch."""
    lengths = lines.lengths_mm
    chosen = rng.random(len(lines))
    gone = [(k, 0.0, float(lengths[k])) for k in np.flatnonzero(chosen < whole)]
    for k in np.flatnonzero((chosen >= whole) & (chosen < whole + part)):
        if lengths[k] > 2 * least_mm:
            size = rng.uniform(least_mm, max(least_mm, min(0.7 * lengths[k], 40.0)))
            begin = rng.uniform(0, lengths[k] - size)
            gone.append((k, begin, begin + size))
    return sorted(gone)


def inked(lines, gone):
    """Return the lines without what is gone, and the number of the stroke that each comes from."""
    lengths, parts, rows = lines.lengths_mm, [], {}
    for k, begin, end in gone:
        rows.setdefault(k, []).append((begin, end))
    stay = np.array([k for k in range(len(lines)) if k not in rows], dtype=int)
    for k, holes in rows.items():
        at = 0.0
        for begin, end in [*sorted(holes), (lengths[k], lengths[k])]:
            if begin - at > 0.01:
                parts.append((k, at, begin))
            at = end
    which = np.array([k for k, _, _ in parts], dtype=int)
    begin, end = (np.array([part[i] for part in parts], dtype=float) for i in (1, 2))
    some = stretches(lines, which, begin, end)
    return Lines.join((lines.take(stay), some)), np.concatenate((stay, which))


def photograph(lines, pens, page, inks, scene):
    """Photograph a sheet of `page` mm with `lines`, drawn by `pens` (M,) of `inks`: (rgb, width in mm)."""
    rng = np.random.default_rng(scene.seed)
    sheet, resolution = _sheet(lines, pens, page, inks, scene, rng)
    corners, size = _corners(page, scene, rng)
    frame = np.float32([[0, 0], [page[0], 0], page, [0, page[1]]])
    matrix = cv2.getPerspectiveTransform(frame, np.float32(corners))
    bend = _bend(page, scene, rng)
    xs, ys = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    straight = _lens(np.stack((xs, ys), -1).reshape(-1, 2).astype(np.float64), size, scene, True)
    flat = cv2.perspectiveTransform(straight[None], np.linalg.inv(matrix))[0]
    at = flat - bend(flat)  # bends are slow: one step inverts them well enough ...
    at = flat - bend(at)  # ... and a second one to a hundredth of a millimetre
    maps = [(at[:, i] * resolution - 0.5).reshape(size[::-1]).astype(np.float32) for i in (0, 1)]
    seen = cv2.remap(sheet, *maps, cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    inside = ((at >= 0) & (at <= page)).all(axis=1).reshape(size[::-1]).astype(np.float32)
    inside = cv2.GaussianBlur(inside, (0, 0), 0.7)[..., None]
    edge = cv2.GaussianBlur(np.roll(inside[..., 0], (6, 5), (0, 1)), (0, 0), 6)[..., None]
    scenery = _table(size, scene, rng) * (1 - 0.35 * edge * (scene.table != "none"))
    picture = seen * inside + scenery * (1 - inside)
    picture *= _light(size, scene, rng)[..., None] * np.array(scene.cast)
    picture = cv2.GaussianBlur(picture, (0, 0), max(scene.blur_px, 0.05))
    picture = np.clip(picture, 0, 1) ** (1 / 2.2)
    noise = rng.normal(0, scene.noise, (size[1], size[0], 3)).astype(np.float32)
    picture = np.clip((picture + noise) * 255, 0, 255).astype(np.uint8)
    coded = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, scene.jpeg])[1]
    picture = cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1]

    def place(points):
        points = np.asarray(points, dtype=np.float64)
        there = cv2.perspectiveTransform((points + bend(points))[None], matrix)[0]
        return _lens(there, size, scene, False)

    return Photograph(np.ascontiguousarray(picture), place)


def circles(count=60):
    """Draw circles anywhere on a sheet of A7, which lies like no other turn of itself."""
    sheet, rng = SVGBuilder(105, 74), np.random.default_rng(4)
    for x, y in rng.uniform((14, 14), (91, 60), (count, 2)):
        sheet.circle(x, y, rng.uniform(3, 9))
    return sheet


def photograph_of(plan, gone, scene):
    """Photograph the sheet of a plot's plan without the strokes that are `gone`, counted from 1."""
    lengths = plan.lines.lengths_mm
    kept, strokes = inked(plan.lines, [(k - 1, 0.0, float(lengths[k - 1])) for k in gone])
    pens = np.repeat(np.arange(len(plan.sections)), [s.last - s.first for s in plan.sections])
    inks = [(rgb(section.color), section.width_mm) for section in plan.sections]
    return photograph(kept, pens[strokes], (plan.width_mm, plan.height_mm), inks, scene)


def _sheet(lines, pens, page, inks, scene, rng):
    """Return the sheet's reflectance (linear), and its pixels a mm."""
    resolution = float(np.clip(1.6 * scene.px_per_mm, 14, 24))
    size = [int(np.ceil(side * resolution)) for side in page]
    paper = np.float32(np.array(scene.paper) / 255) ** 2.2
    sheet = np.empty((size[1], size[0], 3), np.float32)
    grain = rng.normal(0, 1, (size[1] // 3 + 1, size[0] // 3 + 1)).astype(np.float32)
    grain = cv2.resize(cv2.GaussianBlur(grain, (0, 0), 1.0), size, interpolation=cv2.INTER_CUBIC)
    sheet[:] = paper
    sheet *= (1 + 2.5 * scene.grain * grain)[..., None]
    if scene.fold_mm:
        shade = np.ones(size[1], np.float32)
        shade[size[1] // 2 :] = 0.93
        crease = size[1] // 2
        shade[crease - 2 : crease + 3] *= 0.9
        sheet *= cv2.GaussianBlur(shade, (1, 0), 1.5).reshape(-1, 1, 1)
    dark = np.mean(scene.paper) < 110
    for pen, (color, width) in enumerate(inks):
        ink = np.float32(np.array(color) / 255) ** 2.2
        mine = lines.take(np.flatnonzero(pens == pen))
        for layer in (0, 1):  # ink over the ink of the same pen is darker
            cover = np.zeros((size[1], size[0]), np.uint8)
            for line in list(mine)[layer::2]:
                thick = width * resolution * (1 + scene.width_varies * rng.uniform(-1, 1))
                at = np.round((line * resolution - 0.5) * 16).astype(np.int32)
                cv2.polylines(cover, [at], False, 255, max(1, round(thick)), cv2.LINE_AA, 4)
            alpha = (scene.opacity / 255 * cover.astype(np.float32))[..., None]
            sheet += alpha * ((ink if dark or min(color) > 240 else sheet * ink) - sheet)
    return sheet, resolution


def _corners(page, scene, rng):
    """Return where the sheet's corners are in the picture, clockwise from its top left, and its size."""
    side = np.array(page) * scene.px_per_mm
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float) * side
    square += rng.uniform(-0.5, 0.5, (4, 2)) * scene.tilt * min(side)
    angle = np.radians(scene.turn)
    turned = square @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    border = scene.margin * min(side)
    turned += border - turned.min(axis=0)
    return turned, [int(v) for v in np.ceil(turned.max(axis=0) + border)]


def _lens(points, size, scene, undo):
    """Return points as the lens bends them, or as they would be without it."""
    middle, radius = np.array(size) / 2 - 0.5, np.hypot(*size) / 2
    unit = (points - middle) / radius
    if not undo:
        r2 = (unit**2).sum(axis=1, keepdims=True)
        return middle + radius * unit * (1 + scene.lens[0] * r2 + scene.lens[1] * r2**2)
    found = unit.copy()
    for _ in range(8):
        r2 = (found**2).sum(axis=1, keepdims=True)
        found = unit / (1 + scene.lens[0] * r2 + scene.lens[1] * r2**2)
    return middle + radius * found


def _bend(page, scene, rng):
    """Return by how many mm curl and fold move a point of the sheet."""
    width, height = page
    phase = rng.uniform(0, np.pi, 2)
    angle = rng.uniform(0, 2 * np.pi)

    def bend(points):
        x, y = points[:, 0] / width, points[:, 1] / height
        curl = scene.curl_mm * np.sin(np.pi * x * 1.3 + phase[0]) * np.cos(np.pi * y + phase[1])
        fold = scene.fold_mm * np.maximum(0, np.abs(y - 0.5) * -2 + 1)
        return np.stack((curl * np.cos(angle), curl * np.sin(angle) + fold), axis=1)

    return bend


def _table(size, scene, rng):
    if scene.table == "none":
        return np.ones((size[1], size[0], 3), np.float32)
    base = {"wood": (0.33, 0.19, 0.1), "white": (0.72, 0.72, 0.7), "black": (0.02, 0.02, 0.022),
            "cloth": (0.1, 0.16, 0.3)}[scene.table]  # fmt: skip
    rough = rng.normal(0, 1, (size[1] // 4 + 2, size[0] // 4 + 2)).astype(np.float32)
    spread = (25, 0.8) if scene.table == "wood" else (1.2, 1.2)
    rough = cv2.GaussianBlur(rough, (0, 0), sigmaX=spread[0], sigmaY=spread[1])
    rough = cv2.resize(rough / (rough.std() + 1e-9), size, interpolation=cv2.INTER_CUBIC)
    strong = {"wood": 0.25, "cloth": 0.3}.get(scene.table, 0.03)
    return np.float32(base) * np.clip(1 + strong * rough, 0.1, 3)[..., None]


def _light(size, scene, rng):
    x, y = np.meshgrid(np.linspace(-1, 1, size[0]), np.linspace(-1, 1, size[1]))
    angle = rng.uniform(0, 2 * np.pi)
    slope = (x * np.cos(angle) + y * np.sin(angle)) / 2.8 + 0.5
    light = (1 - scene.light * slope) * (1 - 0.12 * (x**2 + y**2))
    if scene.shadow:  # a hand: a palm and fingers at one edge
        hand = np.zeros((size[1], size[0]), np.float32)
        palm = np.array([rng.uniform(0.2, 0.8) * size[0], 0.97 * size[1]])
        reach = 0.16 * min(size)
        cv2.circle(hand, tuple(int(v) for v in palm), int(reach), 1.0, -1)
        for finger in np.radians(rng.uniform(-130, -50, 4)):
            tip = palm + 2.0 * reach * np.array([np.cos(finger), np.sin(finger)])
            ends = [tuple(int(v) for v in p) for p in (palm, tip)]
            cv2.line(hand, *ends, 1.0, int(0.4 * reach))
        light = light * (1 - scene.shadow * cv2.GaussianBlur(hand, (0, 0), 0.012 * min(size)))
    return light.astype(np.float32)


def main():
    """Make the photograph of the tutorial about photographs: a pen that was dry, and one that skipped."""
    document = draw("truchet", 105, 148, seed=1).document()
    lines = [layer.lines.drawable() for layer in document.layers]
    pens = np.repeat(np.arange(len(lines)), [len(one) for one in lines])
    inks = [(rgb(layer.color), layer.width_mm) for layer in document.layers]
    drawn = Lines.join(lines)
    gone = remove(drawn, np.random.default_rng(4), whole=0.008, part=0.008, least_mm=4.0)
    kept, strokes = inked(drawn, gone)
    scene = Scene(px_per_mm=8.0, turn=6.0, table="wood", seed=9)
    photo = photograph(kept, pens[strokes], (105.0, 148.0), inks, scene)
    photo.save(
        Path(__file__).parents[1] / "notebooks" / "pictures" / "plotted_sheet.jpg", quality=75
    )


if __name__ == "__main__":
    main()

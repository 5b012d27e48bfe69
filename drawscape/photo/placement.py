"""Where each point of the sheet lies in a photograph: perspective, lens, and bends of the paper.

The drawing is its own registration mark: blocks of the predicted picture are searched for in the
photograph, coarse ones first. Blocks are weighted by how well their lines fix a direction (Lucas and
Kanade 1981; Shi and Tomasi 1994).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import cv2
import numpy as np
from scipy import sparse
from scipy.optimize import least_squares
from scipy.sparse.linalg import splu

from drawscape.geometry.lines import Flags, Floats, Points
from drawscape.geometry.nearest import Nearest
from drawscape.photo.sheet import Picture, Sheet, Values, ink_as_dark

_KNOT_MM = 10.0  # between two places at which the paper's bend is known
_AROUND_MM = 2.0  # what lies around a pixel
_CURVED_MM = 0.1  # usual second difference of the bend between knots
_MOST_BEND_MM = 3.0
_NOISE_MM = 0.02  # of a block's place, at least
_OVERLAP = 4  # blocks that show the same ink
_WEAK = 0.005  # of the structure: blocks along straight lines show nothing
_BOUND = 3.0  # standard deviations
_AROUND, _SURE_SCORE = 20, 0.85  # blocks; part of the best blocks' likeness
_SCORE_PERCENT = 80  # of the blocks: ink may be missing in a third of the drawing or more
_FAR_MM, _NEARER = (
    2.0,
    0.15,
)  # searches so far: how much less likeness counts at their end than in the middle
_MOST_BLOCKS = 10  # along a side: if the whole page moves alike, more would add nothing
_LOGS: Values = np.log(np.arange(256, dtype=np.float32) + 12)  # of light, 0 to 255
_NEWTON = 8  # steps; the last ones change nothing
_STEP_PX = 8  # between pixels whose place is computed; those in between are interpolated


@dataclass(frozen=True)
class Level:
    """A round of the search for blocks: sizes in mm, and what may change."""

    px_per_mm: float
    block_mm: float
    search_mm: float
    lens: bool = False
    bend: bool = False


_OTHER = Level(2, 0, 6)
_NO_OTHER_MM = 0.7  # nearer places are the same one
QUICK = (Level(1.5, 40, 7),)
COARSE = (Level(2, 36, 7), Level(2, 24, 4), Level(3, 18, 2, lens=True))
FINE = (
    Level(3, 18, 3.0, lens=True, bend=True),
    Level(4, 14, 1.5, lens=True, bend=True),
    Level(6, 12, 0.9, lens=True, bend=True),
    Level(8, 9, 0.5, lens=True, bend=True),
    Level(8, 6, 0.35, lens=True, bend=True),
)


@dataclass(frozen=True, eq=False)
class Placement:
    """Where points of a page lie in a picture of `size` (width, height) pixels.

    `corners` (4, 2) are those of the page before the lens bends them. `lens` are two terms of radial
    distortion. `bend` (R, C, 2) moves points of the page in mm, one for each knot, and `precision`
    (2RC, 2RC) is the inverse of its covariance. `signs` are 1 for inks darker than the paper, -1 for lighter
    ones, both if that is not known yet. `score` is the likeness of the two pictures, -1 to 1.
    `is_turn_known` is false for a drawing that looks the same when it is turned. `sure` is the part of the
    page that looks as it should: another part may have been found off by a line.
    """

    page: Floats
    size: tuple[int, int]
    corners: Points
    lens: Floats
    bend: Floats
    signs: tuple[int, ...] = (1, -1)
    precision: Any = None
    score: float = 0.0
    is_turn_known: bool = True
    sure: float = 1.0

    @classmethod
    def of(cls, sheet: Sheet, picture: Picture, corners: Points) -> "Placement":
        """Return a flat sheet with its corners at `corners` (4, 2), in pixels."""
        knots = np.ceil(sheet.page[::-1] / _KNOT_MM).astype(int) + 1
        size = picture.shape[1], picture.shape[0]
        return cls(sheet.page, size, corners, np.zeros(2), np.zeros((*knots, 2)))

    @property
    def _middle(self) -> Floats:
        return (np.array(self.size) - 1) / 2

    @property
    def _radius(self) -> float:
        return np.hypot(*self.size) / 2

    def bent(self, points: Points) -> Points:
        """Return by how many mm the paper's bend moves points of the page, (N, 2)."""
        return _weights(points, self.bend.shape) @ self.bend.reshape(-1, 2)

    def errors_mm(self, points: Points, normals: Points | None = None) -> Floats:
        """Return how far off points of the page (N, 2) may be, in mm: at most, or along their normals."""
        near = _weights(points, self.bend.shape)
        spread = np.asarray(near @ self._covariance).reshape(-1, 2, 2)
        if normals is None:
            variance = np.linalg.eigvalsh(spread)[:, 1]
        else:
            variance = np.einsum("ni,nij,nj->n", normals, spread, normals)
        return _BOUND * np.sqrt(variance)

    @cached_property
    def _covariance(self) -> Floats:
        """The covariance of each knot's bend, (R * C, 4)."""
        total = (
            splu(self.precision)
            .solve(np.eye(self.bend.size))
            .reshape(-1, 2, self.bend.size // 2, 2)
        )
        each = np.arange(len(total))
        return total[each, :, each].reshape(-1, 4)

    def pixels(self, points: Points) -> Points:
        """Return where points of the page in mm, (N, 2), lie in the picture, in pixels."""
        return self.projected(points + self.bent(points))

    def projected(self, points: Points) -> Points:
        """Return where points of the page lie in pixels, (N, 2), after its bend has moved them."""
        frame = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * self.page
        matrix = perspective(frame, (self.corners - self._middle) / self._radius)
        flat = np.column_stack((points, np.ones(len(points)))) @ matrix.T
        unit = flat[:, :2] / flat[:, 2:]
        square = (unit**2).sum(axis=1, keepdims=True)
        stretched = unit * (1 + square * (self.lens[0] + square * self.lens[1]))
        return self._middle + self._radius * stretched

    def jacobian(self, points: Points) -> Floats:
        """Return pixels a mm along x and y at points, (N, 2, 2)."""
        columns = [
            self.pixels(points + step) - self.pixels(points - step) for step in np.eye(2) / 2
        ]
        return np.stack(columns, axis=2)

    def on_page(self, pixels: Points) -> Points:
        """Return which points of the page, in mm, lie at pixels of the picture, (N, 2)."""
        points = np.tile(self.page / 2, (len(pixels), 1))
        for _ in range(_NEWTON):
            off = pixels - self.pixels(points)
            points = points + np.linalg.solve(self.jacobian(points), off[..., None])[..., 0]
        return points

    @property
    def quarter_turns(self) -> int:
        """How the page's upper side lies in the picture: 0 for upright, 1 for its left side above, to 3."""
        right, down = self.corners[1] - self.corners[0] + self.corners[2] - self.corners[3]
        return int(np.round(np.arctan2(down, right) / (np.pi / 2))) % 4

    @property
    def px_per_mm(self) -> float:
        """How fine the picture is at the middle of the page."""
        return np.sqrt(abs(np.linalg.det(self.jacobian(self.page[None] / 2)[0])))

    def flattened(self, picture: Picture, px_per_mm: float) -> Picture:
        """Return the page as it looks from above, at `px_per_mm`; the edge is repeated off the picture."""
        size = np.ceil(self.page * px_per_mm).astype(int)
        coarse = np.ceil(size / _STEP_PX).astype(int)
        columns, rows = np.meshgrid(*(np.arange(n) for n in coarse))
        # OpenCV enlarges a coarse pixel to a block with the same middle.
        middles = np.stack((columns, rows), axis=-1).reshape(-1, 2) * _STEP_PX + _STEP_PX / 2
        places = self.pixels(middles / px_per_mm).reshape(*coarse[::-1], 2)
        reduced, factor = _reduced(picture, self.px_per_mm / px_per_mm)
        places = ((places + 0.5) / factor - 0.5).astype(np.float32)
        fine = cv2.resize(places, (coarse * _STEP_PX).tolist(), interpolation=cv2.INTER_LINEAR)
        fine = fine[: size[1], : size[0]]
        border = cv2.BORDER_REPLICATE
        return cv2.remap(reduced, fine, None, cv2.INTER_LINEAR, borderMode=border)


def perspective(frame: Points, corners: Points) -> Floats:
    """Return the matrix (3, 3) that takes four points to four others."""
    rows = []
    for (x, y), (u, v) in zip(frame, corners):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    return np.append(np.linalg.solve(np.array(rows), corners.ravel()), 1.0).reshape(3, 3)


def _reduced(picture: Picture, ratio: float) -> tuple[Picture, int]:
    """Return the picture with about one pixel for one of the page, and the whole factor between them."""
    factor = max(1, int(ratio))
    height, width = (side // factor for side in picture.shape[:2])
    cut = picture[: height * factor, : width * factor]
    return cv2.resize(cut, (width, height), interpolation=cv2.INTER_AREA), factor


def contrast(light: Picture, px_per_mm: float) -> Values:
    """Return the contrast of each pixel (H, W) with its surroundings, as the logarithm of their ratio.

    Darker pixels are below 0.
    """
    logs = _LOGS[light]
    return logs - cv2.GaussianBlur(logs, (0, 0), _AROUND_MM * px_per_mm)


def refine(
    sheet: Sheet,
    picture: Picture,
    start: Placement,
    levels: tuple[Level, ...],
    *,
    from_sure: bool = False,
) -> Placement:
    """Return the placement that makes the picture most like the predicted one.

    All inks are darker than the paper, or all are lighter. With `from_sure`, only the part of the page that
    looks as it should is followed.
    """
    placement = start
    for level in levels:
        scale = level.px_per_mm
        wanted = _wanted(sheet, scale)
        tried = [
            (sign, _Blocks.matched(wanted, _seen(placement, picture, scale, sign), level))
            for sign in placement.signs
        ]
        sign, blocks = max(tried, key=lambda pair: pair[1].scores.sum())
        if len(blocks.middles) < 3:
            return replace(placement, score=-1.0)
        score, near = blocks.score, blocks.near_best()
        sure = near.mean()
        placement = _fitted(placement, blocks.take(near) if from_sure else blocks, level)
        placement = replace(placement, signs=(sign,), score=score, sure=sure)
    return placement


def other_place(sheet: Sheet, picture: Picture, placement: Placement) -> tuple[Placement, float]:
    """Return the likeliest place of the whole drawing a few mm away, and how much likelier that is.

    Even patterns look much the same when they are moved by a line; only their ends differ.
    """
    scale = _OTHER.px_per_mm
    wanted = _wanted(sheet, scale)
    seen = _seen(placement, picture, scale, placement.signs[0])
    reach = round(_OTHER.search_mm * scale)
    padded = cv2.copyMakeBorder(seen, reach, reach, reach, reach, cv2.BORDER_CONSTANT, value=0.0)
    likeness = cv2.matchTemplate(padded, wanted, cv2.TM_CCOEFF_NORMED)
    here = float(likeness[reach, reach])
    likeness[likeness < cv2.dilate(likeness, np.ones((3, 3)))] = -1.0  # not a peak
    near = round(_NO_OTHER_MM * scale)
    inner = slice(reach - near, reach + near + 1)
    likeness[inner, inner] = -1.0
    _, there, _, (x, y) = cv2.minMaxLoc(likeness)
    moved = placement.pixels(sheet.corners + np.array([x - reach, y - reach]) / scale)
    shift = moved - placement.pixels(sheet.corners)
    return replace(placement, corners=placement.corners + shift), there - here


@lru_cache(maxsize=8)
def _wanted(sheet: Sheet, px_per_mm: float) -> Values:
    """Return the contrast that the plan predicts, (H, W)."""
    return _smoothed(contrast(sheet.grey(px_per_mm), px_per_mm), px_per_mm)


def _seen(placement: Placement, picture: Picture, px_per_mm: float, sign: int) -> Values:
    """Return the contrast of the page in a picture, (H, W), below 0 where ink is."""
    flat = placement.flattened(picture, px_per_mm)
    dark = ink_as_dark(flat, is_light=sign < 0)
    return _smoothed(contrast(dark, px_per_mm), px_per_mm)


def _smoothed(values: Values, px_per_mm: float) -> Values:
    return cv2.GaussianBlur(values, (0, 0), 0.12 * px_per_mm)


@dataclass(frozen=True, eq=False)
class _Blocks:
    """Blocks of the page: their middles, and how far each is off, in mm, (K, 2).

    `weights` (K, 2, 2) say how well that is known, `scores` (K,) how alike both pictures are.
    """

    middles: Points
    off: Points
    weights: Floats
    scores: Floats

    @classmethod
    def matched(cls, wanted: Values, seen: Values, level: Level) -> "_Blocks":
        """Look for the blocks of one picture in the other."""
        rows = [*_matches(wanted, seen, level)]
        scale = level.px_per_mm
        middles, off, weights, scores = (np.array([row[part] for row in rows]) for part in range(4))
        if not rows:
            return cls(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros((0, 2, 2)), np.zeros(0))
        strongest = np.percentile(np.linalg.norm(weights, axis=(1, 2)), 80)
        return cls((middles + 0.5) / scale, off / scale, weights / strongest, scores)

    @property
    def score(self) -> float:
        """How much alike the best blocks are, -1 to 1."""
        return np.percentile(self.scores, _SCORE_PERCENT)

    def near_best(self) -> Flags:
        """Return which blocks are, with those around them, about as much alike as the best, (K,)."""
        near = Nearest(self.middles).query(self.middles, min(_AROUND, len(self.scores)))[1]
        return self.scores[near].mean(axis=1) > _SURE_SCORE * self.score

    def take(self, which: Flags) -> "_Blocks":
        """Return some of the blocks."""
        return _Blocks(
            self.middles[which], self.off[which], self.weights[which], self.scores[which]
        )


def _matches(
    wanted: Values, seen: Values, level: Level
) -> Iterator[tuple[Points, Points, Floats, float]]:
    """Yield middle and shift in pixels, structure and likeness of each block that has lines."""
    block, reach = (round(mm * level.px_per_mm) for mm in (level.block_mm, level.search_mm))
    block = min(block, *wanted.shape[:2])
    least = 0.25 * float(wanted.std())
    down, across = np.gradient(wanted, axis=(0, 1))
    padded = cv2.copyMakeBorder(seen, reach, reach, reach, reach, cv2.BORDER_CONSTANT, value=0.0)
    most = None if level.bend else _MOST_BLOCKS
    for top in _starts(wanted.shape[0], block, most):
        for left in _starts(wanted.shape[1], block, most):
            part = wanted[top : top + block, left : left + block]
            if part.std() < least:
                continue
            window = padded[top : top + block + 2 * reach, left : left + block + 2 * reach]
            likeness = cv2.matchTemplate(window, part, cv2.TM_CCOEFF_NORMED)
            shift, score = _peak(likeness, reach, _NEARER if level.search_mm > _FAR_MM else 0.0)
            middle = np.array([left, top]) + (block - 1) / 2
            cut = slice(top, top + block), slice(left, left + block)
            yield middle, shift, _structure(down[cut], across[cut]) * max(score, 0.0) ** 2, score


def _starts(length: int, block: int, most: int | None) -> list[int]:
    """Return where blocks begin on a side, each half over the one before, or `most` blocks with gaps."""
    count = max(1, round(2 * (length - block) / block)) + 1
    count = min(count, most or count)
    return np.linspace(0, length - block, count).astype(int).tolist()


def _peak(likeness: Values, reach: int, less: float) -> tuple[Points, float]:
    """Return the highest place from the middle, between pixels, and how high it is.

    In an even pattern many places are alike, so those at the end of a far search count `less`. In a near one
    that would hide shifts along lines, which only the lines' ends show.
    """
    across = (np.arange(2 * reach + 1, dtype=np.float32) / reach - 1) ** 2
    nearer = likeness - less * (across[:, None] + across)
    _, _, _, (x, y) = cv2.minMaxLoc(nearer)
    shift = np.array([x, y], dtype=np.float64) - reach
    for axis, (line, at) in enumerate(((likeness[y], x), (likeness[:, x], y))):
        if 0 < at < len(line) - 1:
            before, here, after = line[at - 1 : at + 2].tolist()
            curve = before - 2 * here + after
            move = 0.5 * (before - after) / curve if curve < -1e-9 else 0.0
            shift[axis] += min(max(move, -1.0), 1.0)
    return shift, float(likeness[y, x])


def _structure(down: Values, across: Values) -> Floats:
    """Return the structure tensor (2, 2) of a block's slopes: how visible a shift in each direction is."""
    down, across = down.ravel(), across.ravel()
    mixed = down @ across
    return np.array([[across @ across, mixed], [mixed, down @ down]], dtype=np.float64)


def _fitted(placement: Placement, blocks: _Blocks, level: Level) -> Placement:
    """Return the placement that moves the blocks to where they were found."""
    middles = blocks.middles
    bent = middles + placement.bent(middles)
    jacobian = placement.jacobian(middles)
    target = placement.pixels(middles) + np.einsum("kij,kj->ki", jacobian, blocks.off)
    to_mm = np.linalg.inv(jacobian)
    values, vectors = np.linalg.eigh(blocks.weights)
    known = np.clip(values - _WEAK * values[:, 1:], 0, 1)
    roots = np.sqrt(known)[:, :, None] * vectors.transpose(0, 2, 1)
    pull = roots @ to_mm
    px_per_mm = placement.px_per_mm

    def moved(numbers: Floats) -> Placement:
        corners = placement.corners + numbers[:8].reshape(4, 2) * px_per_mm
        lens = placement.lens + (numbers[8:] if level.lens else 0.0)
        return replace(placement, corners=corners, lens=lens)

    def residuals(numbers: Floats) -> Floats:
        left = np.einsum("kij,kj->ki", pull, moved(numbers).projected(bent) - target)
        return np.concatenate((left.ravel(), 3.0 * numbers[8:]))

    start = np.zeros(10 if level.lens else 8)
    found = least_squares(
        residuals, start, loss="soft_l1", f_scale=0.15 * level.search_mm, max_nfev=8
    )
    placement = moved(found.x)
    if level.bend:
        off = np.einsum("kij,kj->ki", to_mm, target - placement.pixels(middles))
        bend, precision = _bend(placement, middles, off, roots)
        placement = replace(placement, bend=bend, precision=precision)
    return placement


def _bend(placement: Placement, middles: Points, off: Points, roots: Floats) -> tuple[Floats, Any]:
    """Return by how many mm each knot moves, (R, C, 2), and the inverse of the covariance of all.

    Blocks are `off` mm (K, 2). The bend is a random field of little curvature (Wahba 1990): knots that no
    block fixes follow those around them, and are less sure. One block that is far off counts little.
    """
    shape = placement.bend.shape
    before, both = placement.bend.ravel(), sparse.eye_array(2)
    curves = _curvatures(shape)
    prior = sparse.kron(curves.T @ curves, both) / _CURVED_MM**2
    prior = prior + sparse.eye_array(len(before)) / _MOST_BEND_MM**2
    blocks = np.arange(len(roots) + 1)
    known = sparse.bsr_array((roots, blocks[:-1], blocks))
    design = (known @ sparse.kron(_weights(middles, shape), both)).tocsr()
    target = np.einsum("kij,kj->ki", roots, off).ravel() + design @ before
    bend = before
    for _ in range(4):
        far = np.hypot(*(target - design @ bend).reshape(-1, 2).T)
        noise = max(1.2 * np.median(far), _NOISE_MM)
        trust = 1 / (1 + (far / (3 * noise)) ** 2) ** 2 / (noise**2 * _OVERLAP)
        weighted = design.T @ sparse.diags_array(np.repeat(trust, 2))
        precision = (weighted @ design + prior).tocsc()
        bend = splu(precision).solve(weighted @ target)
    return bend.reshape(shape), precision


def _weights(points: Points, shape: tuple[int, ...]) -> Any:
    """Return how much each knot counts at points, (N, R * C), sparse, by bilinear interpolation."""
    rows, columns = shape[:2]
    at = np.clip(points[:, ::-1] / _KNOT_MM, 0, [rows - 1, columns - 1])
    low = np.minimum(at.astype(int), [rows - 2, columns - 2])
    down, right = (at - low).T
    knots = low @ [columns, 1] + np.array([[0], [1], [columns], [columns + 1]])
    shares = [(1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right]
    each = np.tile(np.arange(len(points)), 4)
    size = len(points), rows * columns
    return sparse.csr_array((np.ravel(shares), (each, knots.ravel())), shape=size)


def _curvatures(shape: tuple[int, ...]) -> Any:
    """Return the sparse matrix that gives the second differences between knots, (D, R * C)."""
    rows, columns = shape[:2]
    down, right = (_steps(count) for count in (rows, columns))
    return sparse.vstack(
        [
            sparse.kron(_steps(rows - 1) @ down, sparse.eye_array(columns)),
            sparse.kron(sparse.eye_array(rows), _steps(columns - 1) @ right),
            np.sqrt(2) * sparse.kron(down, right),
        ]
    )


def _steps(count: int) -> Any:
    """Return the sparse matrix of the differences of neighbours, (count - 1, count)."""
    return sparse.diags_array([-1.0, 1.0], offsets=[0, 1], shape=(count - 1, count))

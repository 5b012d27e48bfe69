"""The stretches of strokes that have no ink on a flattened sheet, and those that are unsure.

The look of each pen's ink is measured on the sheet itself. Across each stroke, the sheet is compared with
two predictions: with the stroke and without it. Where other strokes cover it, both are alike, and nothing
is learnt. Evidence is added up along a stroke by two states that rarely change (Viterbi 1967).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from drawscape.geometry.lines import Flags, Floats, Ints, Points, Segments, ranges
from drawscape.photo.placement import Placement
from drawscape.photo.sheet import Picture, Sheet, Values, negative

_ROW_MM = 0.15  # between two places of a stroke that are examined
_CHUNK = 30_000  # rows at once; OpenCV's limit is 32,767
_COUNTED = 100  # strokes at once, to save memory
_FITTED = 6_000  # rows that are enough for a pen's blur and strength
_BLURS_MM = (0.05, 0.08, 0.12, 0.17, 0.24, 0.33)
_LEAST_NOISE = 0.15  # of full ink: no prediction is more exact
_CLIP = 2.5  # the evidence of one row, in nats
_REPEATS = 2.5  # consecutive rows that share the same information
_AROUND_PX_PER_MM = 1.5  # of the picture of the paper's brightness
_EACH = 3  # every third row and column of pixels gives the noise of the paper
_FIRM = 30.0  # weight of free paper's level, in pixels
_DOUBT = 0.8  # how much less evidence counts between other inks
_SWITCH = 6.0  # what a change between ink and no ink costs, in nats
_FIRST = 3.0  # what a stroke without ink at its start costs
_LEAST_MM = 1.2  # of a gap; the ends of strokes are as uncertain as the placement
_ENOUGH = 8.0  # evidence that there is no ink, in nats
_SURE = 2.0  # evidence that a whole stroke needs, in nats
_PLAIN = 3.0  # times the least contrast: such an ink would be seen
_LEAST_GAIN = 0.3  # of an ink's colour: less does not count as ink
_DOUBLED = 0.4  # of a stretch under strokes that run along it: whether it has ink does not show
_BESIDE_MM = 1.6  # how far beside a stretch to search for its ink
_BESIDE_LONG_MM = 3.0  # length that is examined together
_BESIDE = 0.6  # of a stroke's ink
_PLACED_MM = 0.5  # beside a stroke: further off, it may be mistaken for the next one
_FAINT = 3.0  # least contrast of an ink, in standard deviations of the paper


@dataclass(frozen=True, eq=False)
class Intervals:
    """Stretches of strokes, (K,) each: the stroke, from 0, and from and to in mm along it."""

    strokes: Ints
    begin_mm: Floats
    end_mm: Floats

    @classmethod
    def of(cls, rows: list[tuple[int, float, float]]) -> "Intervals":
        """Return rows of stroke, begin and end, sorted."""
        parts = np.array(sorted(rows), dtype=np.float64).reshape(-1, 3)
        return cls(parts[:, 0].astype(np.int64), parts[:, 1], parts[:, 2])

    def __len__(self) -> int:
        return len(self.strokes)


@dataclass(frozen=True, eq=False)
class Rows:
    """Places along strokes, (R, ...): middle and normal (R, 2), stroke, mm along it, mm beyond its end."""

    middles: Points
    normals: Points
    strokes: Ints
    along_mm: Floats
    beyond_mm: Floats

    @classmethod
    def of(cls, sheet: Sheet, chosen: Ints, step_mm: float, over_mm: float = 0.0) -> "Rows":
        """Return the rows of some strokes, which begin and end `over_mm` beyond their ends."""
        lines = sheet.lines.take(chosen).drawable()
        parts = Segments.of(lines)
        way = parts.b - parts.a
        length = np.hypot(*way.T)
        line_mm = lines.lengths_mm
        counts = np.ceil((line_mm + 2 * over_mm) / step_mm).astype(np.int64) + 1
        strokes = np.repeat(np.arange(len(lines)), counts)
        share = ranges(0, counts) / np.maximum(counts - 1, 1).repeat(counts)
        along = share * (line_mm + 2 * over_mm)[strokes] - over_mm
        first = np.searchsorted(parts.line, np.arange(len(lines)))
        before = np.concatenate(([0.0], np.cumsum(length)))
        at = np.clip(along, 0.0, line_mm[strokes]) + before[first][strokes]
        last = np.append(first[1:], len(length))[strokes] - 1
        segment = np.clip(np.searchsorted(before, at, side="right") - 1, first[strokes], last)
        rest = along + before[first][strokes] - before[segment]
        unit = np.where(length[:, None] > 0, way / np.maximum(length, 1e-12)[:, None], [1.0, 0.0])
        unit = unit[segment]
        beyond = np.maximum(-along, along - line_mm[strokes])
        middles = parts.a[segment] + unit * rest[:, None]
        normals = np.stack((-unit[:, 1], unit[:, 0]), axis=1)
        return cls(middles, normals, chosen[strokes], along, np.maximum(beyond, 0.0))

    def __len__(self) -> int:
        return len(self.strokes)

    def take(self, which: Ints | slice | Flags) -> "Rows":
        """Return some of the rows."""
        return Rows(
            self.middles[which], self.normals[which], self.strokes[which],
            self.along_mm[which], self.beyond_mm[which],
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class FlatSheet:
    """A sheet and its flattened photograph, as a negative if the ink is lighter than the paper."""

    sheet: Sheet
    picture: Picture
    px_per_mm: float
    is_light: bool = False

    @cached_property
    def counts(self) -> list[Picture]:
        """How many strokes of each pen cover each pixel, up to 255."""
        return [self._counted(pen) for pen in range(len(self.sheet.widths_mm))]

    def _counted(self, pen: int) -> Picture:
        """Count the strokes over each pixel; a stroke that returns to a place counts twice."""
        height, width = self.picture.shape[:2]
        step_mm = 0.7 / self.px_per_mm
        wide = self.sheet.widths_mm[pen]
        half = max(wide / 2 - 0.25 / self.px_per_mm, 0.3 / self.px_per_mm)
        offsets = np.linspace(-half, half, max(3, int(np.ceil(2 * half / step_mm)) + 1))
        total = np.zeros(height * width, np.uint16)
        strokes = np.flatnonzero(self.sheet.pens == pen)
        for chosen in np.array_split(strokes, 1 + len(strokes) // _COUNTED):
            some = Rows.of(self.sheet, chosen, step_mm)
            place = np.floor(self.places(some, offsets) + 0.5).astype(np.int64)
            inside = ((place >= 0) & (place < [width, height])).all(axis=2)
            pixel = place[..., 1] * width + place[..., 0]
            key = (some.strokes[:, None] * total.size + pixel)[inside]
            along = np.broadcast_to(some.along_mm[:, None], inside.shape)[inside]
            order = np.argsort(key, kind="stable")
            key, along = key[order], along[order]
            again = np.diff(along, prepend=0.0) > 3 * wide + 0.5
            visit = (np.diff(key, prepend=-1) > 0) | again
            np.add.at(total, key[visit] % total.size, 1)
        return np.minimum(total, 255).astype(np.uint8).reshape(height, width)

    @cached_property
    def paper(self) -> Flags:
        """Where no stroke is near, (H, W)."""
        bare = np.all([count == 0 for count in self.counts], axis=0).astype(np.uint8)
        size = 2 * round(0.2 * self.px_per_mm) + 1
        return cv2.erode(bare, np.ones((size, size), np.uint8)) > 0

    @cached_property
    def density(self) -> Values:
        """How far each pixel's colours are from the paper's around it, as a share of that, (H, W, 3)."""
        density = self.picture.astype(np.float32)
        around = self._around(density, self.paper)
        density -= around
        density /= around + 10
        return density / self._brightness(density) if self.is_light else density

    def _brightness(self, density: Values) -> Values:
        """Return how bright light ink is around each pixel, (H, W, 1): dark paper does not show the light."""
        inked = np.any([count > 0 for count in self.counts], axis=0)
        shown = np.abs(density).max(axis=2)
        usual = np.median(shown[inked]) if inked.any() else 1.0
        seen = inked & (shown > 0.4 * usual)
        return self._around(np.repeat(shown[..., None], 3, axis=2) / usual, seen)[..., :1]

    def _around(self, values: Values, known: Flags) -> Values:
        """Return the mean of the known pixels around each pixel, (H, W, 3); nearer ones count more."""
        shape = values.shape[1::-1]
        small = [max(2, round(_AROUND_PX_PER_MM * side / self.px_per_mm)) for side in shape]
        mask = known.astype(np.float32)
        share = cv2.resize(mask, small, interpolation=cv2.INTER_AREA)
        channels = (values[..., channel] * mask for channel in range(3))
        light = np.dstack(
            [cv2.resize(one, small, interpolation=cv2.INTER_AREA) for one in channels]
        )
        weight, found = np.zeros_like(share), np.zeros_like(light)
        for sigma_mm, trust in ((2.0, 1.0), (6.0, 0.05), (25.0, 0.001)):
            sigma = _AROUND_PX_PER_MM * sigma_mm
            weight += trust * cv2.GaussianBlur(share, (0, 0), sigma)
            found += trust * cv2.GaussianBlur(light, (0, 0), sigma)
        return cv2.resize(found / np.maximum(weight, 1e-9)[..., None], shape)

    @cached_property
    def noise(self) -> Floats:
        """Covariance (3, 3) of the paper's densities."""
        values = self.density[::_EACH, ::_EACH][self.paper[::_EACH, ::_EACH]]
        if len(values) < 100:
            return np.eye(3) * 0.05**2
        near = np.abs(values).max(axis=1) < 6 * np.median(np.abs(values)) + 0.02
        return np.cov(values[near].T) + np.eye(3) * 0.015**2

    def strength(self, color: Floats) -> float:
        """Return how many standard deviations of the paper a density (3,) is away from it."""
        return float(np.sqrt(color @ np.linalg.solve(self.noise, color)))

    def places(self, rows: Rows, offsets_mm: Floats) -> Values:
        """Return the pixels at `offsets_mm` (J,) from the middles of rows, (R, J, 2)."""
        points = rows.middles[:, None] + rows.normals[:, None] * offsets_mm[:, None]
        return np.asarray(points * self.px_per_mm - 0.5, dtype=np.float32)


def _sampled(values: Values, places: Values) -> Values:
    """Return values between pixels, at places (R, J, 2)."""
    border = cv2.BORDER_REPLICATE
    return cv2.remap(values, places, None, cv2.INTER_LINEAR, borderMode=border)


def judge(flat: FlatSheet, placement: Placement) -> tuple[Intervals, Intervals]:
    """Return the stretches without ink, and the unsure ones.

    They are also unsure where nothing fixes the sheet: strokes may lie beside the examined places.
    """
    pens = [np.flatnonzero(flat.sheet.pens == pen) for pen in range(len(flat.counts))]
    inks = [_color_of(flat, pen, own) if len(own) else None for pen, own in enumerate(pens)]
    missing: list[tuple[int, float, float]] = []
    unsure = []
    lengths = flat.sheet.lines.lengths_mm
    for pen, (strokes, ink) in enumerate(zip(pens, inks)):
        if ink is None:
            unsure += [(k, 0.0, lengths[k]) for k in strokes.tolist()]
            continue
        rows = Rows.of(flat.sheet, strokes, _ROW_MM, flat.sheet.widths_mm[pen] / 3)
        look = _Look.fitted(flat, pen, _direction(flat, inks, ink), rows)
        evidence, known, doubled = _evidence(look, rows)
        is_placed = placement.errors_mm(rows.middles, rows.normals) < _PLACED_MM
        for stroke, first, last in _parts(rows.strokes):
            part = slice(first, last)
            along, length = rows.along_mm[part], lengths[stroke]
            gaps = _gaps(evidence[part])
            for begin, end in gaps:
                row = stroke, max(along[begin], 0.0), min(along[end - 1], length)
                if row[2] - row[1] < min(_LEAST_MM, 0.9 * length):
                    continue
                sure = (
                    evidence[part][begin:end].sum() > _ENOUGH
                    and is_placed[part][begin:end].all()
                    and doubled[part][begin:end].mean() < _DOUBLED
                    and look.beside(rows.take(slice(first + begin, first + end))) < _BESIDE
                )
                (missing if sure else unsure).append(row)
            if not gaps and known[part][is_placed[part]].sum() < _SURE:
                unsure.append((stroke, 0.0, length))
    return Intervals.of(missing), Intervals.of(unsure)


def _color_of(flat: FlatSheet, pen: int, strokes: Ints) -> Floats | None:
    """Return the density (3,) of a pen's ink where no other stroke is, None when it is too faint to see.

    If an ink that must be visible is not seen at all, it has its colour in the plan.
    """
    rows = Rows.of(flat.sheet, strokes, 0.5)
    some = rows.take(slice(None, None, 1 + len(rows) // _CHUNK))
    places = flat.places(some, np.zeros(1))
    total = np.sum([_sampled(count, places)[:, 0].astype(int) for count in flat.counts], axis=0)
    values = _sampled(flat.density, places)[:, 0]
    chosen = values[total <= 1] if (total <= 1).sum() > 50 else values
    size = np.einsum("ki,ij,kj->k", chosen, np.linalg.inv(flat.noise), chosen)
    low, high = np.percentile(size, [60, 97])
    color = np.median(chosen[(size >= low) & (size <= high)], axis=0)
    if flat.strength(color) > _FAINT:
        return color
    paper = np.median(flat.picture[flat.paper], axis=0) if flat.paper.any() else np.full(3, 255.0)
    ink = np.round(255 * flat.sheet.colors[pen]).astype(np.uint8)
    expected = ((negative(ink) if flat.is_light else ink) - paper) / (paper + 10)
    return np.asarray(expected) if flat.strength(expected) > _PLAIN * _FAINT else None


def _direction(flat: FlatSheet, inks: list[Floats | None], color: Floats) -> Floats:
    """Return weights of the three densities that give 1 for this ink, and little for paper and others."""
    spread = flat.noise.copy()
    for other in inks:
        if other is not None and other @ color < 0.9 * np.sqrt((other @ other) * (color @ color)):
            spread += 0.1 * np.outer(other, other)
    weights = np.linalg.solve(spread, color)
    return weights / (weights @ color)


def _evidence(look: "_Look", rows: Rows) -> tuple[Floats, Floats, Floats]:
    """Return for each row how much likelier no ink is than ink, in nats, and how much it can show.

    The third is how much more other inks cover the row than its sides.
    """
    sums = np.concatenate(
        [look.compared(rows.take(slice(at, at + _CHUNK))) for at in range(0, len(rows), _CHUNK)],
        axis=1,
    )
    ratio, usual = sums[0] / np.maximum(sums[1], 1e-9), np.percentile(sums[1], 70)
    known = sums[1] > 0.3 * usual
    spread = np.abs(ratio[known] - np.median(ratio[known])) if known.any() else np.ones(1)
    noise = max(1.4826 * np.median(spread), _LEAST_NOISE)
    scale = 2 * noise**2 * max(usual, 1e-9) * _REPEATS
    logs = np.stack((2 * sums[0] - sums[1], 2 * sums[2] - sums[3])) / scale
    most = _CLIP * (1 - _DOUBT * sums[4])
    return np.clip(logs.max(axis=0), -most, most), sums[1] / scale, sums[5]


@dataclass(frozen=True, eq=False)
class _Look:
    """The cross-section of one pen's strokes, at `offsets_mm` (J,) from their middles.

    `seen` is its ink in the photograph, `wanted` the predicted ink; both are 1 under a stroke. `shown` is
    how much of the ink shows, which is less where other inks are.
    `covered` is where other pens' strokes are, `trust` the weight of a pixel there.
    """

    flat: FlatSheet
    pen: int
    offsets_mm: Floats
    blur_mm: float
    seen: Values
    wanted: Values
    shown: Values
    covered: Values
    trust: float

    @classmethod
    def fitted(cls, flat: FlatSheet, pen: int, direction: Floats, rows: Rows) -> "_Look":
        """Return the blur and the strength of each ink that fit the photograph best."""
        step_mm = min(0.09, 0.8 / flat.px_per_mm)
        reach = int(np.ceil((flat.sheet.widths_mm[pen] / 2 + 0.2) / step_mm))
        offsets = step_mm * np.arange(-reach, reach + 1.0)
        seen = cv2.transform(flat.density, direction[None].astype(np.float32))
        others = [count for other, count in enumerate(flat.counts) if other != pen]
        covered = _blurred(flat, sum(others, np.zeros_like(flat.counts[pen])), _BLURS_MM[1])
        places = flat.places(rows.take(slice(None, None, 1 + len(rows) // _FITTED)), offsets)
        alone = _sampled(flat.counts[pen], places) <= 1
        values, under = _sampled(seen, places)[alone], _sampled(covered, places)[alone]
        fits = []
        for blur_mm in _BLURS_MM:
            layers = [_blurred(flat, count, blur_mm) for count in (flat.counts[pen], *others)]
            layers += [layers[0] * layer for layer in layers[1:]]  # ink over other ink shows less
            design = np.stack([_sampled(layer, places)[alone] for layer in layers], axis=1)
            gains, off = _robust_fit(design, values)
            fits.append((np.minimum(off, 0.5)[under < 0.5].mean(), blur_mm, gains, off))
        _, blur_mm, gains, off = min(fits, key=lambda fit: fit[0])
        scale = max(float(gains[0]), _LEAST_GAIN)
        gains = gains / scale
        own = _blurred(flat, flat.counts[pen], blur_mm)
        shown, wanted = np.ones_like(own), np.zeros_like(own)
        first = len(others) + 1
        for count, gain, less in zip(others, gains[1:first], gains[first:]):
            cover = _blurred(flat, count, blur_mm)
            shown += np.float32(less) * cover
            wanted += np.float32(gain) * cover
        shown = np.clip(shown, 0, 1)
        wanted += own * shown
        clear, hidden = (
            np.mean(np.minimum(off[part], 0.5) ** 2) if part.any() else 1.0
            for part in (under < 0.1, under > 0.5)
        )
        trust = float(min(clear / max(hidden, 1e-6), 1.0))
        seen = seen / np.float32(scale)
        return cls(flat, pen, offsets, blur_mm, seen, wanted, shown, covered, trust)

    def compared(self, rows: Rows) -> Floats:
        """Return for each row, (6, R): the lack of ink times the stroke's ink, and the latter squared.

        The first two are where no other stroke of the pen is; the next two as if none were there. Then comes
        how much of the stroke is under or over other inks, 0 to 1, and how much more than its sides.
        """
        flat, pen = self.flat, self.pen
        places = flat.places(rows, self.offsets_mm)
        wanted = _sampled(self.wanted, places)
        lacks = wanted - _sampled(self.seen, places)
        inside = self._inside(rows)
        shown = _sampled(self.shown, places)
        hidden = np.minimum(2 * _sampled(self.covered, places), 1)
        weight = 1 - (1 - self.trust) * hidden
        # On free paper the level is known; between other inks it is that of the stroke's sides.
        firm = _FIRM * (1 - hidden.mean(axis=1)) ** 2 + weight.sum(axis=1)
        sums = []
        for share in (inside & (_sampled(flat.counts[pen], places) <= 1), inside):
            adds = np.minimum(share @ self._spread * shown, np.maximum(wanted, 0.0))
            total = (weight * adds).sum(axis=1) / firm
            level = (weight * lacks).sum(axis=1)
            sums.append((weight * adds * lacks).sum(axis=1) - total * level)
            sums.append((weight * adds**2).sum(axis=1) - total**2 * firm)
        under, beside = (
            (hidden * part).sum(axis=1) / np.maximum(part.sum(axis=1), 1)
            for part in (inside, ~inside)
        )
        return np.array([*sums, under, under - beside])

    def _inside(self, rows: Rows) -> Flags:
        """Return which places across rows are under the stroke, (R, J)."""
        away = np.hypot(self.offsets_mm, rows.beyond_mm[:, None])
        return away < self.flat.sheet.widths_mm[self.pen] / 2 + 0.01

    @cached_property
    def _spread(self) -> Floats:
        """How much the ink at each place shows at each other place, (J, J)."""
        between = self.offsets_mm[:, None] - self.offsets_mm
        spread = np.exp(-((between / self.blur_mm) ** 2) / 2)
        return np.asarray(spread / spread[len(spread) // 2].sum(), dtype=np.float32)

    def beside(self, rows: Rows) -> float:
        """Return how much ink lies in rows, or along them up to _BESIDE_MM away, as a share of a stroke's.

        That is ink where the plan has none. Much of it shows that the sheet's assumed place is wrong.
        """
        step_mm = self.offsets_mm[1] - self.offsets_mm[0]
        reach = round(_BESIDE_MM / step_mm)
        offsets = step_mm * np.arange(-reach, reach + 1.0)
        places = self.flat.places(rows, offsets)
        strokes = np.sum([_sampled(one, places) for one in self.flat.counts], axis=0)
        width_mm = self.flat.sheet.widths_mm[self.pen]
        own = np.abs(offsets) < width_mm / 2 + self.blur_mm
        free = strokes < np.where(own, 1.5, 0.5)
        ink = _sampled(self.seen, places) - (~own) * _sampled(self.wanted, places)
        long = max(round(_BESIDE_LONG_MM / _ROW_MM), 1)
        size = max(round(width_mm / step_mm), 1), min(long, len(rows))
        seen = cv2.boxFilter(np.where(free, ink, 0.0), -1, size)
        known = cv2.boxFilter(free.astype(np.float64), -1, size)
        return np.median(np.where(known > 0.5, seen / np.maximum(known, 0.5), 0.0).max(axis=1))


def _blurred(flat: FlatSheet, count: Picture, blur_mm: float) -> Values:
    """Return how much a blurred photograph shows of what strokes cover, 0 to 1."""
    cover = (count > 0).astype(np.float32)
    return cv2.GaussianBlur(cover, (0, 0), blur_mm * flat.px_per_mm)


def _robust_fit(design: Values, values: Values) -> tuple[Floats, Floats]:
    """Return the gains (K,) of columns (N, K) that give the values, and how far off each value is."""
    trust: Values = np.ones(len(values), np.float32)
    for _ in range(4):
        pull = design * trust[:, None]
        left = (design.T @ pull).astype(np.float64) + np.eye(design.shape[1]) * 1e-3 * (
            1 + len(values) / 1000
        )
        gains = np.linalg.solve(left, pull.T @ values)
        off = np.abs(values - design @ gains)
        trust = 1 / (1 + (off / 0.2) ** 2).astype(np.float32)
    return gains, off


def _parts(strokes: Ints) -> Iterator[tuple[int, int, int]]:
    """Yield each stroke with its first row and the row after its last."""
    bounds = np.flatnonzero(np.diff(strokes, prepend=-1, append=-1))
    for first, last in zip(bounds[:-1].tolist(), bounds[1:].tolist()):
        yield int(strokes[first]), first, last


def _gaps(evidence: Floats) -> list[tuple[int, int]]:
    """Return the runs of rows without ink, as first and after the last, by the likeliest states."""
    sums = np.cumsum(evidence)
    lowest = np.minimum.accumulate(np.minimum(sums, 0.0))
    if (sums < lowest + _FIRST).all():
        return []
    ink, none, came = 0.0, -_FIRST, []
    for value in evidence.tolist():
        stays, starts = none, ink - _SWITCH
        from_ink = starts > stays
        from_none = none - _SWITCH > ink
        ink = max(ink, none - _SWITCH)
        none = max(stays, starts) + value
        came.append((from_ink, from_none))
    state, gaps, end = none > ink, [], len(came)
    for at in range(len(came) - 1, -1, -1):
        from_ink, from_none = came[at]
        if state and from_ink:
            gaps.append((at, end))
            state = False
        elif not state and from_none:
            state, end = True, at
    if state:
        gaps.append((0, end))
    return gaps[::-1]

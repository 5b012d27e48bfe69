"""The cost of a drawing: lines, points, travel, lifts, and minutes by a plotter's speed."""

from dataclasses import dataclass, fields, replace

import numpy as np

from drawscape.drawing.document import Document, Motion
from drawscape.drawing.values import INCH, check_number
from drawscape.geometry.lines import Floats, Lines, Points
from drawscape.plot.lifts import LiftTimes

# The AxiDraw's motors reach 8.6979 in/s; its software draws at 25 % and travels at 75 % of that.
_AXIDRAW_TOP = 8.6979 * INCH


@dataclass(frozen=True, kw_only=True)
class Plotter:
    """Speeds in mm/s, accelerations in mm/s², times in s; the defaults are the AxiDraw's (3.9).

    `corner_deviation_mm` is how far the pen may swing off a corner; it limits the speed there. `raise_s`
    and `lower_s` are the servo's time from 30 to 60 % of its range at its default rates. The pen begins to
    come down `early_s` before the end of its way, or later on a short one, and moves `begin_s` after that.
    `low_lift` has these times for a low lift, before a short way; None if all lifts are high. A
    layer's own speed is a percentage of `top_speed`. With
    `per_axis` the accelerations and `travel_speed` apply to each axis alone, as in GRBL: a diagonal may be
    faster by the square root of 2. `lookahead` is how many moves it plans at once, so that it can always
    stop after them; 0 for all.
    """

    top_speed: float = _AXIDRAW_TOP
    draw_speed: float = 0.25 * _AXIDRAW_TOP
    travel_speed: float = 0.75 * _AXIDRAW_TOP
    draw_acceleration: float = 0.75 * 40 * INCH
    travel_acceleration: float = 0.75 * 60 * INCH
    corner_deviation_mm: float = 0.002 * INCH
    raise_s: float = 0.131
    lower_s: float = 0.146
    early_s: float = 0.0
    begin_s: float = 0.0
    low_lift: LiftTimes | None = None
    per_axis: bool = False
    lookahead: int = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.name == "low_lift":
                continue
            may_be_0 = field.name.endswith(("_s", "_mm", "_axis", "lookahead"))
            check_number(may_be_0=may_be_0, **{field.name: getattr(self, field.name)})

    def at(self, motion: Motion) -> "Plotter":
        """Return the plotter as it draws a layer that asks for this motion."""
        if motion.speed is None:
            return self
        return replace(self, draw_speed=self.top_speed * motion.speed / 100)

    def lifting_low(self) -> "Plotter":
        """Return the plotter as it lifts its pen before a short way."""
        return self if self.low_lift is None else replace(self, **self.low_lift._asdict())

    def strokes(self, lines: Lines) -> tuple[float, float]:
        """Return the length of all strokes in mm, and the seconds that they take, each from rest to rest.

        The speed at a corner keeps the arc that cuts it within the deviation (Jeon 2011, in grbl).
        Between corners it follows a trapezoid. The passes that make the corners' speeds reachable
        are running minima, so that there is no loop over points.
        """
        steps = self.motion(lines)
        return float(steps[0].sum()), float(_step_seconds(*steps).sum())

    def stroke_seconds(self, lines: Lines) -> Floats:
        """Return the seconds that the pen draws on each line, (M,); no line may be empty."""
        steps = np.concatenate((_step_seconds(*self.motion(lines)), [0.0]))
        return np.add.reduceat(steps, lines.offsets[:-1])

    def motion(self, lines: Lines) -> tuple[Floats, Floats, Floats | float, Floats | float]:
        """Return each step's length, (N - 1,), the points' squared speeds, (N,), and the limits of each step.

        Those are its top speed and its acceleration. The step from one line's end to the next one's start
        has no length.
        """
        across, down = np.diff(np.ascontiguousarray(lines.points.T))
        lengths = np.sqrt(across * across + down * down)
        # The pen does not draw from one line's end to the next one's start.
        lengths[lines.offsets[1:-1][lines.offsets[1:-1] < len(lines.points)] - 1] = 0.0
        least = np.maximum(lengths, 1e-12)
        across /= least
        down /= least
        top: Floats | float = self.draw_speed
        acceleration: Floats | float = self.draw_acceleration
        if self.per_axis:
            fraction = np.where(lengths > 0, np.maximum(np.abs(across), np.abs(down)), 1.0)
            top = np.minimum(self.draw_speed, self.travel_speed / fraction)
            acceleration = self.draw_acceleration / fraction
        caps = self._corner_caps(across, down, top, lines)
        if self.lookahead:
            far = np.concatenate(([0.0], np.cumsum(lengths)))
            ahead = np.minimum(np.arange(len(far)) + self.lookahead, len(far) - 1)
            caps = np.minimum(caps, 2 * self.draw_acceleration * (far[ahead] - far))
        return lengths, _reachable(caps, lengths, acceleration), top, acceleration

    def _corner_caps(
        self, across: Floats, down: Floats, top: Floats | float, lines: Lines
    ) -> Floats:
        """Return the square of the top speed at each point; 0 at the ends of lines.

        `across` and `down` are the directions of the steps.
        """
        caps = np.zeros(len(lines.points))
        turn = across[1:] * across[:-1]
        turn += down[1:] * down[:-1]
        half = np.sqrt((1 + np.clip(turn, -1.0, 1.0)) / 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            sharp = self.draw_acceleration * self.corner_deviation_mm * half
            corner = np.where(half < 1, sharp / (1 - half), np.inf)
            if self.per_axis:  # along the change of direction
                x, y = np.abs(np.diff(across)), np.abs(np.diff(down))
                corner *= np.nan_to_num(np.hypot(x, y) / np.maximum(x, y), nan=1.0)
        most = np.minimum(top[1:], top[:-1]) if isinstance(top, np.ndarray) else top
        np.minimum(corner, most**2, out=caps[1:-1])
        caps[lines.offsets[:-1][lines.counts > 0]] = 0.0
        caps[lines.offsets[1:][lines.counts > 0] - 1] = 0.0
        return caps

    def distances(self, moves: Points) -> Floats:
        """Return the length of each pen-up move (N, 2) for its time; with `per_axis`, its longer side."""
        return np.abs(moves).max(axis=1) if self.per_axis else np.hypot(*moves.T)

    def travel_s(self, distances: Floats) -> float:
        """Return the seconds of pen-up moves of these lengths in mm, each from rest to rest."""
        return float(self.travel_seconds(distances).sum())

    def lowering_s(self, distances: Floats) -> Floats:
        """Return the seconds of each of these pen-up moves, with the pen's way down at its end."""
        return self.travel_seconds(distances) + self.lower_s

    def travel_seconds(self, distances: Floats) -> Floats:
        """Return the seconds of each of these moves, until the pen begins to come down."""
        a, v = self.travel_acceleration, self.travel_speed
        ramp = v * v / a
        seconds = np.where(distances < ramp, 2 * np.sqrt(distances / a), distances / v + v / a)
        # A pen that still rises on a short way is not yet high enough.
        early_s = np.minimum(self.early_s, (self.begin_s + seconds) / 2)
        return np.maximum(seconds - early_s, 0.0)


def _step_seconds(
    lengths: Floats, squares: Floats, top: Floats | float, acceleration: Floats | float
) -> Floats:
    """Return the seconds of each step; a step of length 0 takes none."""
    speeds = np.sqrt(squares)
    both = squares[:-1] + squares[1:]
    peak = np.minimum(np.square(top), both / 2 + acceleration * lengths)
    fastest = np.sqrt(peak)
    ramps = 2 * fastest - speeds[:-1] - speeds[1:]
    steady = np.maximum(lengths - (peak - both / 2) / acceleration, 0.0)
    times = ramps / acceleration + steady / np.maximum(fastest, 1e-12)
    return np.where(lengths > 0, times, 0.0)


def _reachable(caps: Floats, lengths: Floats, acceleration: Floats | float) -> Floats:
    """Return the squared speeds below `caps` that the acceleration allows from point to point."""
    gained = np.concatenate(([0.0], np.cumsum(2 * acceleration * lengths)))
    forward = gained + np.minimum.accumulate(caps - gained)
    lost = gained[-1] - gained
    backward = lost + np.minimum.accumulate((forward - lost)[::-1])[::-1]
    return np.clip(backward, 0.0, None)


@dataclass(frozen=True)
class PlotStatistics:
    """Figures of a layer or a whole drawing; `lifts` counts how often the pen goes up."""

    name: str
    lines: int = 0
    points: int = 0
    pen_down_mm: float = 0.0
    pen_up_mm: float = 0.0
    lifts: int = 0
    seconds: float = 0.0


def layer_statistics(
    lines: Lines,
    *,
    name: str = "",
    plotter: Plotter | None = None,
) -> PlotStatistics:
    """Return the figures of `lines` in their order, from the sheet's corner, without the way back.

    `name` is the layer's: its codes for speed, passes and delay apply, and a layer that is not plotted
    costs nothing (see drawscape.drawing.document).

    >>> layer_statistics(Lines.of([[(0, 0), (100, 0)]])).pen_down_mm
    100.0
    """
    motion = Motion.of(name)
    plotter = (plotter or Plotter()).at(motion)
    if not motion.plotted:
        return PlotStatistics(name)
    lines = lines if lines.counts.all() else lines.take(lines.counts > 0)
    moves = lines.starts - np.concatenate(([(0.0, 0.0)], lines.ends))[: len(lines)]
    ink_mm, down_s = plotter.strokes(lines)
    down_s += len(lines) * (plotter.raise_s + plotter.lower_s)
    once_s = down_s + plotter.travel_s(plotter.distances(moves))
    air_mm, count = float(np.sqrt(moves[:, 0] ** 2 + moves[:, 1] ** 2).sum()), motion.passes
    if count > 1 and len(lines):
        # Each further pass begins where the last one ended.
        back = np.append(moves[1:], [lines.starts[0] - lines.ends[-1]], axis=0)
        once_s += (count - 1) * (down_s + plotter.travel_s(plotter.distances(back)))
        air_mm += (count - 1) * float(np.hypot(*back.T).sum())
    return PlotStatistics(
        name,
        count * len(lines),
        count * len(lines.points),
        count * ink_mm,
        air_mm,
        count * len(lines),
        once_s + (motion.delay_ms or 0) / 1000,
    )


def statistics(document: Document, *, plotter: Plotter | None = None) -> tuple[PlotStatistics, ...]:
    """Return the figures of each layer, each drawn from the sheet's corner, and their total at the end.

    >>> red, blue, total = statistics(document)
    >>> total.lines, round(total.pen_down_mm)
    (4, 388)
    """
    layers = [
        layer_statistics(layer.lines, name=layer.name, plotter=plotter) for layer in document.layers
    ]
    figures = [figure.name for figure in fields(PlotStatistics)[1:]]
    total = PlotStatistics(
        "total", *(sum(getattr(one, name) for one in layers) for name in figures)
    )
    return (*layers, total)


def matched(
    before: tuple[PlotStatistics, ...], after: tuple[PlotStatistics, ...]
) -> tuple[PlotStatistics, ...]:
    """Return the figures after, one per row before: a layer that is gone has zeros."""
    waiting = list(after)
    return tuple(
        waiting.pop(0) if waiting and waiting[0].name == row.name else PlotStatistics(row.name)
        for row in before
    )

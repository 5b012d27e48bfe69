"""The order in which a plotter draws: as little travel with the pen up as can be found in time."""

from collections.abc import Callable
from typing import Literal

import numpy as np

from drawscape.errors import PlotError
from drawscape.geometry.lines import Floats, Ints, Lines
from drawscape.plot.entries import choose_entries
from drawscape.plot.fragments import join_fragments
from drawscape.plot.nearest_end import walk_to_nearest
from drawscape.plot.tours import Tour, drawn, travel_of

Effort = Literal["normal", "high"]
EFFORTS: tuple[Effort, ...] = ("normal", "high")

_Heuristic = Callable[[Floats, tuple[float, float]], Ints]
_HEURISTICS: tuple[_Heuristic, ...] = (join_fragments, walk_to_nearest)

# Up to here all that is tried takes a fraction of a second, and the shortest tour is kept.
_TRY_BOTH = 20_000
# Above, a sample decides which suits the drawing: hatches want the one, scattered lines the other.
_SAMPLE = 2_000
# Rounds of exchange and new entries; the second already gains little.
_HIGH_ROUNDS = 3
_POLISHING_ROUNDS = 2


def order(
    lines: Lines, *, effort: Effort = "normal", start: tuple[float, float] = (0.0, 0.0)
) -> Lines:
    """Return the same lines in an order that saves pen-up travel, beginning near `start`.

    Lines may be reversed, closed ones entered at any vertex. `effort='high'` improves the tour further
    and takes a few times as long. Never longer than the order given. Empty lines are left out.
    Raises PlotError for an unknown effort.

    >>> lines = Lines.of([[(90, 0), (99, 0)], [(0, 0), (9, 0)], [(50, 0), (59, 0)]])
    >>> order(lines).points[:, 0]
    array([ 0.,  9., 50., 59., 90., 99.])
    """
    if effort not in EFFORTS:
        raise PlotError(f"effort={effort!r}: choose one of {', '.join(EFFORTS)}")
    lines = lines if (lines.counts > 0).all() else lines.take(lines.counts > 0)
    if not len(lines):
        return lines
    return drawn(lines, best_tour(lines, effort=effort, start=start))


def best_tour(lines: Lines, *, effort: Effort, start: tuple[float, float]) -> Tour:
    """Return the shortest tour found through `lines`, none of them empty."""
    given = Tour.as_given(lines)
    tours = [given]
    for steps in _first_tours(given.ends(lines), effort, start):
        tours.append(choose_entries(lines, Tour(steps, given.entries), start))
    if effort == "high":
        few = len(lines) <= _TRY_BOTH
        better = sorted(tours[1:], key=lambda tour: tour.travel(lines, start))
        tours += [_improved(lines, tour, start) for tour in (better if few else better[:1])]
    best = min(tours, key=lambda tour: tour.travel(lines, start))
    return _polished(lines, best, start) if effort == "high" and len(lines) <= _TRY_BOTH else best


def _first_tours(ends: Floats, effort: Effort, start: tuple[float, float]) -> list[Ints]:
    if effort == "high" or len(ends) <= _TRY_BOTH:
        return [heuristic(ends, start) for heuristic in _HEURISTICS]
    return [_better_on_a_sample(ends)(ends, start)]


def _better_on_a_sample(ends: Floats) -> _Heuristic:
    """Return the heuristic that does better on the lines in the middle of the drawing."""
    centres = ends.mean(axis=1)
    away = np.abs(centres - np.median(centres, axis=0)).max(axis=1)
    sample = ends[np.sort(np.argpartition(away, _SAMPLE)[:_SAMPLE])]
    start = tuple(sample[0, 0].tolist())
    return min(
        _HEURISTICS, key=lambda heuristic: travel_of(heuristic(sample, start), sample, start)
    )


def _improved(lines: Lines, tour: Tour, start: tuple[float, float]) -> Tour:
    from drawscape.plot.exchange import exchange

    travel = tour.travel(lines, start)
    # Another round helps where rings were patched in (short lines) or entries moved (closed ones).
    again = len(lines) <= _TRY_BOTH or lines.closed.any()
    for _ in range(_HIGH_ROUNDS if again else 1):
        steps = exchange(tour.steps, tour.ends(lines), start)
        tour = choose_entries(lines, Tour(steps, tour.entries), start)
        before, travel = travel, tour.travel(lines, start)
        if travel > before * 0.995:
            break
    return tour


def _polished(lines: Lines, tour: Tour, start: tuple[float, float]) -> Tour:
    """Return the tour after searches that move one stretch or one line at a time."""
    from drawscape.plot.reinsert import reinsert
    from drawscape.plot.untangle import untangle

    for _ in range(_POLISHING_ROUNDS):
        for search in (untangle, reinsert):
            steps = search(tour.steps, tour.ends(lines), start)
            changed = choose_entries(lines, Tour(steps, tour.entries), start)
            tour = min(changed, tour, key=lambda one: one.travel(lines, start))
    return tour

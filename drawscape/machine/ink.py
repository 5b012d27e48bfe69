"""How far pens have written, by the journals of all plots, and how far they can still write."""

from collections import Counter

from drawscape.machine.plot import shown_plots
from drawscape.pens import read_pen, stored_pens, update_pen


def metres_written() -> dict[str, float]:
    """Return the metres that machines have drawn with each pen, by its name.

    Each stroke counts as often as it was executed, no matter how many runs a plot took.
    """
    total: Counter[str] = Counter()
    for plot in shown_plots():
        total.update(plot.get("metres", {}))  # a damaged one has none
    return dict(total)


def metres_left() -> dict[str, float]:
    """Return how far each pen with a known capacity can surely still write, in metres."""
    pens, left = stored_pens().values(), {}
    written = metres_written() if any(pen.capacity_m for pen in pens) else {}
    for pen in pens:
        metres = pen.left_m(written.get(pen.name, 0.0))
        if metres is not None:
            left[pen.name] = metres
    return left


def put_in_new(name: str, *, was_dry: bool = False) -> float:
    """Note that a new pen of that name is in; return its capacity in metres, 0 if unknown.

    With `was_dry`, the metres of the old pen become the capacity of the next. Raises UnknownNameError.
    """
    written_m, old = metres_written().get(name, 0.0), read_pen(name)
    capacity_m = written_m - old.replaced_at_m if was_dry else old.capacity_m
    new = update_pen(name, replaced_at_m=written_m, capacity_m=capacity_m or None)
    return new.left_m(written_m) or 0.0

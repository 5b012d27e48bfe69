"""Traits: what sketches say of their drawings, counted."""

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import numpy as np

from drawscape.catalogue.drawing import Drawing, short

_MOST_VALUES = 12
"""Of a trait that is a number; more are counted in ranges."""


class Traits(dict[str, dict[Any, int]]):
    """How many drawings have each value of each trait, by name and value; a notebook shows bars.

    Numbers of many values stand in ten ranges, by their lower ends.
    """

    @classmethod
    def of(cls, drawings: Iterable[Drawing]) -> "Traits":
        """Return the counts of these drawings."""
        found: dict[str, list[Any]] = {}
        for drawing in drawings:
            for name, value in drawing.traits.items():
                found.setdefault(name, []).append(value)
        return cls({name: _counts(values) for name, values in sorted(found.items())})

    def _repr_html_(self) -> str:
        if not self:
            return "<p>no traits; a sketch gives some by svg.trait('density', 'high')</p>"
        rows = []
        for name, counts in self.items():
            rows.append(f"<tr><th colspan='3' style='text-align: left'>{escape(name)}</th></tr>")
            for value, count in counts.items():
                width = round(200 * count / max(counts.values()))
                bar = f'<div style="width: {width}px; height: 1em; background: #4a7ba7"></div>'
                rows.append(
                    f"<tr><td>{escape(short(value))}</td><td>{count}</td><td>{bar}</td></tr>"
                )
        return f"<table>{''.join(rows)}</table>"


def _counts(values: Sequence[Any]) -> dict[Any, int]:
    is_number = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values)
    if is_number and len(set(values)) > _MOST_VALUES:
        counts, ends = np.histogram(values, bins=10)
        return dict(zip(map(float, ends), map(int, counts), strict=False))
    counted = Counter(values)
    ordered = sorted(counted, key=lambda value: (str(type(value)), value))
    return {value: counted[value] for value in ordered}

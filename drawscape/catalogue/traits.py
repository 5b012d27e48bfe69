"""Traits: values that sketches report about their drawings, counted."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from drawscape.catalogue.drawing import Drawing


def count_traits(drawings: Iterable[Drawing]) -> dict[str, dict[Any, int]]:
    """Return how many drawings have each value of each trait, by name and value, both in order."""
    found: dict[str, Counter[Any]] = {}
    for drawing in drawings:
        for name, value in drawing.traits.items():
            found.setdefault(name, Counter())[value] += 1
    return {
        name: dict(sorted(counts.items(), key=lambda pair: (str(type(pair[0])), pair[0])))
        for name, counts in sorted(found.items())
    }

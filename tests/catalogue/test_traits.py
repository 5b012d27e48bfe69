"""What a sketch says of its drawing is in the file and the catalogue: found, counted over seeds, kept."""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest

from drawscape.catalogue import Drawing, drawings, find, rebuild
from drawscape.errors import CanvasError, UnknownNameError
from drawscape.svg_builder import SVGBuilder

Draw = Callable[..., Drawing]


def dots(svg: Any, rng: Any, *, most: int = 9) -> None:
    count = int(rng.integers(1, most))
    svg.trait("density", "high" if count > 4 else "low").trait("count", count)
    for _ in range(count):
        svg.circle(*rng.uniform(10, 30, 2), 1)


def slopes(svg: Any, rng: Any) -> None:
    svg.trait("slope", float(rng.uniform(0, 5)))
    svg.line(1, 1, 9, 9)


def test_traits_are_found_and_counted_over_seeds_and_survive_a_rebuild(drawn):
    made = [drawn(dots, seed=seed) for seed in range(12)]
    assert made[3].provenance.traits == made[3].traits == find(made[3].path).traits
    counts = drawings("dots").trait_counts()
    assert sum(counts["density"].values()) == sum(counts["count"].values()) == 12
    assert set(counts["density"]) == {"high", "low"}
    assert "high" in counts._repr_html_()
    for _ in range(2):
        high = drawings("dots", where={"density": "high"})
        assert len(high) == counts["density"]["high"] == len(drawings("dots", text="high"))
        assert all(one.traits["count"] > 4 for one in high)
        assert len(drawings("dots", where={"count": (None, 4)})) == counts["density"]["low"]
        rebuild()
    with pytest.raises(UnknownNameError, match="densty"):
        drawings("dots", where={"densty": "high"})


def test_a_trait_of_many_numbers_is_counted_in_ten_ranges(drawn):
    assert "no traits" in drawings().trait_counts()._repr_html_()
    for seed in range(14):
        drawn(slopes, seed=seed)
    counts = drawings().trait_counts()["slope"]
    assert (len(counts), sum(counts.values())) == (10, 14)


@pytest.mark.parametrize(
    ("name", "value"),
    [("", "high"), ("density", None), ("density", [1]), ("n", float("nan")), (3, 1)],
)
def test_a_trait_that_is_none_is_refused(name, value):
    svg = SVGBuilder(40, 40)
    with pytest.raises(CanvasError, match="give a name"):
        svg.trait(name, value)
    assert svg.trait("n", cast(Any, np.int64(3))).traits == {"n": 3}

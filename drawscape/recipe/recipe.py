"""A recipe: everything that determines a drawing, and its address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from drawscape.errors import ParameterError
from drawscape.recipe.origin import Origin, origin_of
from drawscape.recipe.provenance import LAST_SEED, Provenance, address_of, plain
from drawscape.recipe.sketch import Sketch
from drawscape.svg_builder import SVGBuilder


@dataclass(frozen=True)
class Recipe:
    """A sketch with checked arguments on a page, and the digest of its code.

    `request` is the address of these. It does not include files that the sketch reads while it draws.
    """

    sketch: Sketch
    arguments: Mapping[str, Any]
    seed: int
    width: float
    height: float
    margin: float
    origin: Origin

    @property
    def parameters(self) -> dict[str, Any]:
        """The arguments in a form for JSON."""
        values = {}
        for p in self.sketch.parameters:
            value = plain(p.shown(self.arguments[p.name]))
            # 1 and 1.0 are the same to a sketch.
            is_whole = p.kind == "float" and isinstance(value, int)
            values[p.name] = float(value) if is_whole else value
        return values

    @cached_property
    def _asked(self) -> Provenance:
        return Provenance(
            self.sketch.name,
            self.seed,
            self.width,
            self.height,
            self.margin,
            self.parameters,
            code=self.origin.code,
            versions={"numpy": np.__version__},
        )

    @cached_property
    def request(self) -> str:
        """The address of the arguments, page and code: 24 hexadecimal digits."""
        seed = self.seed if self.sketch.is_random else 0
        return address_of({**self._asked.as_dict(), "seed": seed})

    def provenance(
        self,
        reads: Mapping[str, str],
        parents: Sequence[str] = (),
        traits: Mapping[str, Any] | None = None,
    ) -> Provenance:
        """Return the metadata of the file; `reads` are digests of the files read while it was drawn."""
        reads = dict(sorted(reads.items()))
        source = self.origin.source
        return replace(
            self._asked,
            recipe=address_of({"request": self.request, "reads": reads}) if reads else self.request,
            request=self.request if reads else "",
            reads=reads,
            source="" if source is None else source.reference,
            parents=list(parents),
            traits=dict(traits or {}),
        )


def recipe_of(
    sketch: Sketch,
    width: float,
    height: float,
    *,
    seed: int = 0,
    margin: float | None = None,
    values: Mapping[str, Any] | None = None,
) -> Recipe:
    """Return the recipe of `sketch` with `values` on a page of mm, without drawing it.

    Raises UnknownNameError, ParameterError and CanvasError for impossible values.
    """
    arguments = sketch.arguments(values or {})
    page = SVGBuilder(width, height, margin=margin or 0.0)
    sides = float(page.width), float(page.height)
    own_margin = margin_for(*sides) if margin is None else float(page.margin)
    return Recipe(
        sketch, arguments, checked_seed(seed), *sides, own_margin, origin_of(sketch.function)
    )


def margin_for(width: float, height: float) -> float:
    """Return a page's default margin in mm: 15 on A4, since plotters' clamps need 10."""
    return round(0.07 * min(width, height), 6)


def checked_seed(seed: Any) -> int:
    """Return `seed` as an int. Raises ParameterError for another value, or more than 63 bits."""
    is_whole = isinstance(seed, (int, np.integer)) and not isinstance(seed, bool)
    whole = int(seed) if is_whole else -1
    if not 0 <= whole <= LAST_SEED:
        raise ParameterError(
            "seed", seed, f"must be a whole number of at least 0 and at most {LAST_SEED}"
        )
    return whole

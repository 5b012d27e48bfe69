"""Which drawings make a sheet: one per seed, or one per combination of values."""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from drawscape.catalogue.captions import short
from drawscape.errors import ParameterError
from drawscape.notebook.text import label_of
from drawscape.parameters import Parameter

MOST_CELLS = 400
"""A typing error in a range must not fill the queue; a wall of prints has fewer."""

_SEED = Parameter("seeds", "int", low=0)
_COLUMNS = Parameter("columns", "int", low=1)
_COUNT = Parameter("sobol", "int", low=1, high=MOST_CELLS)


@dataclass(frozen=True)
class Cell:
    """One drawing of a sheet: its values and the words under it."""

    values: Mapping[str, Any]
    caption: str


@dataclass(frozen=True)
class Matrix:
    """Drawings in rows of `columns`."""

    cells: tuple[Cell, ...]
    columns: int


def seed_matrix(seeds: Iterable[int], fixed: Mapping[str, Any], columns: int) -> Matrix:
    """Return one cell per seed, all else as in `fixed`. Raises ParameterError for none or many."""
    if not _is_axis(seeds):
        raise ParameterError("seeds", seeds, "give a list or range of whole numbers")
    if "seed" in fixed:
        raise ParameterError("seed", fixed["seed"], "a contact sheet takes seeds=, a list or range")
    chosen = [_SEED.check(seed) for seed in _limited("seeds", seeds)]
    cells = tuple(Cell({**fixed, "seed": seed}, f"seed {seed}") for seed in chosen)
    return Matrix(cells, min(_COLUMNS.check(columns), len(cells)))


def value_matrix(choices: Mapping[str, Any], columns: int | None = None) -> Matrix:
    """Return one cell per combination; a list, tuple or range is an axis, anything else is fixed.

    The last axis runs across, so that two axes make a table with the first one down. One axis
    alone, or a number of `columns`, flows. Raises ParameterError where there are no or too many.
    """
    axes = {name: _limited(name, v) for name, v in choices.items() if _is_axis(v)}
    fixed = {name: value for name, value in choices.items() if name not in axes}
    if not axes:
        raise ParameterError("variations", dict(choices), "give a list of values for a parameter")
    rows = _limited("variations", itertools.product(*axes.values()))
    cells = tuple(_cell(dict(zip(axes, row, strict=True)), fixed) for row in rows)
    across = len(axes[next(reversed(axes))]) if len(axes) > 1 else min(4, len(cells))
    return Matrix(cells, across if columns is None else _COLUMNS.check(columns))


def paired_matrix(choices: Mapping[str, Any], columns: int | None = None) -> Matrix:
    """Return one cell for each place in the axes, which run side by side and have one length."""
    axes = {name: _limited(name, v) for name, v in choices.items() if _is_axis(v)}
    lengths = {name: len(values) for name, values in axes.items()}
    if not axes or len(set(lengths.values())) > 1:
        raise ParameterError(
            "paired", lengths, "give lists of one length for two or more parameters"
        )
    return _flowing(axes, {n: v for n, v in choices.items() if n not in axes}, columns)


def sampled_matrix(
    choices: Mapping[str, Any],
    count: int,
    parameters: Iterable[Parameter],
    columns: int | None = None,
) -> Matrix:
    """Return `count` cells spread evenly over all axes at once: scrambled points of Sobol (1967), seed 0.

    An axis is a pair (low, high); the numbers of a whole-number parameter are whole.
    """
    from scipy.stats import qmc  # 0.4 s to import, and seldom wanted

    wanted = _COUNT.check(count)
    axes = {name: _limited(name, v) for name, v in choices.items() if _is_axis(v)}
    if not axes or any(len(ends) != 2 or ends[0] >= ends[1] for ends in axes.values()):
        raise ParameterError("sobol", axes, "give each axis as a pair (low, high)")
    whole = {parameter.name for parameter in parameters if parameter.kind == "int"} | {"seed"}
    sampler = qmc.Sobol(len(axes), seed=0)
    points = sampler.random_base2((wanted - 1).bit_length())[:wanted]
    found = {
        name: [_number(low + (high - low) * share, whole=name in whole) for share in points[:, i]]
        for i, (name, (low, high)) in enumerate(axes.items())
    }
    return _flowing(found, {n: v for n, v in choices.items() if n not in axes}, columns)


def _flowing(
    axes: Mapping[str, list[Any]], fixed: Mapping[str, Any], columns: int | None
) -> Matrix:
    rows = zip(*axes.values(), strict=True)
    cells = tuple(_cell(dict(zip(axes, row, strict=True)), fixed) for row in rows)
    return Matrix(cells, min(4, len(cells)) if columns is None else _COLUMNS.check(columns))


def _number(value: float, *, whole: bool) -> float:
    return round(value) if whole else float(value)


def _is_axis(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping))


def _cell(chosen: dict[str, Any], fixed: Mapping[str, Any]) -> Cell:
    words = ", ".join(f"{label_of(name)} {short(value)}" for name, value in chosen.items())
    return Cell({**fixed, **chosen}, words)


def _limited(name: str, values: Iterable[Any]) -> list[Any]:
    taken = list(itertools.islice(values, MOST_CELLS + 1))
    if not taken:
        raise ParameterError(name, [], "give at least one value")
    if len(taken) > MOST_CELLS:
        raise ParameterError(
            name, f"{taken[:3]}...", f"more than {MOST_CELLS} drawings on one sheet"
        )
    return [value.item() if hasattr(value, "item") else value for value in taken]

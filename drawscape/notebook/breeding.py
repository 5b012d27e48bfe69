"""New settings from settings that somebody liked: crossed, then changed a little or a lot."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from drawscape.errors import ParameterError
from drawscape.parameters import Parameter

Values = Mapping[str, Any]

BEYOND = 0.5
"""How far outside of its two parents, as a part of their distance, a child's number may lie."""

UNLIKE = 0.7
"""How much siblings differ in their spread (of its logarithm): some stay near, a few go further and so
leave a valley in which all others are stuck."""


def random_values(parameter: Parameter, rng: np.random.Generator) -> Any:
    """Return a value anywhere within a parameter's bounds or choices; its default where it has none."""
    if parameter.kind == "bool":
        return bool(rng.integers(2))
    if parameter.choices:
        return list(parameter.choices.values())[rng.integers(len(parameter.choices))]
    if parameter.low is None or parameter.high is None:
        return parameter.default
    return _within(parameter, rng.uniform(parameter.low, parameter.high))


def child(
    parameters: Sequence[Parameter],
    parents: Sequence[Values],
    rng: np.random.Generator,
    *,
    spread: float,
    locked: Collection[str] = (),
) -> dict[str, Any]:
    """Return settings bred from one or more `parents`.

    Each number lies between two of them or a little beyond, each choice is one of theirs; then `spread`,
    0 (near) to 1 (far), moves numbers by about that part of their range and exchanges choices that often,
    in one child a little more than in the next.
    What is `locked`, and what has neither bounds nor choices, is the first parent's.
    """
    if not parents:
        raise ParameterError("parents", [], "give at least one")
    first, second = (parents[i] for i in rng.integers(len(parents), size=2))
    found = dict(parents[0])
    own_spread = spread * float(np.exp(rng.normal(0, UNLIKE)))
    for parameter in parameters:
        name = parameter.name
        if name not in locked and name in first and name in second:
            found[name] = _bred(parameter, first[name], second[name], rng, own_spread)
    return found


def _bred(
    parameter: Parameter, one: Any, other: Any, rng: np.random.Generator, spread: float
) -> Any:
    low, high = parameter.low, parameter.high
    numbers = all(
        isinstance(value, (int, float)) and not isinstance(value, bool) for value in (one, other)
    )
    if low is not None and high is not None and numbers:
        share = rng.uniform(-BEYOND, 1 + BEYOND)
        moved = one + share * (other - one) + rng.normal(0, spread * (high - low) / 3)
        return _within(parameter, moved)
    if (parameter.choices or parameter.kind == "bool") and rng.uniform() < spread:
        return random_values(parameter, rng)
    return one if rng.integers(2) else other


def _within(parameter: Parameter, number: float) -> Any:
    """Return `number` reflected into the bounds, whole or a multiple where it has to be one."""
    low, high = float(parameter.low or 0), float(parameter.high or 0)
    step = parameter.step or (1 if parameter.kind == "int" else 0)
    low += (step or (high - low) * 1e-6) * parameter.low_open
    high -= (step or (high - low) * 1e-6) * parameter.high_open
    number = low + abs(number - low)
    number = min(max(high - abs(high - number), low), high)
    if step:
        first, last = -(-low // step), high // step
        number = min(max(round(number / step), first), last) * step
    return parameter.check(int(number) if parameter.kind == "int" else float(number))

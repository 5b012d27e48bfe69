"""The controls for the seed and for the seeds of named streams, each with its die."""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets as widgets

from drawscape.errors import ParameterError, UnknownNameError
from drawscape.notebook.control import Control, lock_button
from drawscape.notebook.controls import number_field
from drawscape.parameters import Parameter

HIGHEST_SEED = 2**32 - 1

DICE_SIDES = 10_000
"""The dice gives seeds that a person can read out and note down."""

FOLLOWS = "as the seed"

_SEED = Parameter("seed", "int", low=0, high=HIGHEST_SEED, default=0)


class SeedControl:
    """A seed to type, a die for the next one and, for the seed of the whole drawing, a lock."""

    def __init__(
        self, on_die: Callable[[], None], parameter: Parameter = _SEED, of: str = ""
    ) -> None:
        self._control: Control = number_field(parameter)
        tooltip = f"Draw with another seed of {of}" if of else "Draw with another seed"
        die = widgets.Button(icon="dice", tooltip=tooltip, layout={"width": "auto"})
        die.add_class("drawscape-dice")
        die.on_click(lambda _button: self._die_clicked(on_die))
        self._lock = None if of else lock_button()
        row, hint = self._control.rows()
        row.children = (*row.children, die, *([self._lock] if self._lock else []))
        self.rows = [row, hint]
        if of:
            self._control.inputs[0].placeholder = FOLLOWS

    @property
    def value(self) -> int | None:
        """The seed; None for a stream's that follows it. Raises ParameterError for what is none."""
        return None if self._control.value is None else int(self._control.value)

    @value.setter
    def value(self, seed: int | None) -> None:
        self._control.set(seed)

    @property
    def locked(self) -> bool:
        """Whether Shuffle leaves it alone."""
        return self._lock is not None and bool(self._lock.value)

    def throw(self) -> None:
        """Show a seed that nobody chose."""
        self._control.write(secrets.randbelow(DICE_SIDES))

    def observe(self, callback: Callable[[], None]) -> None:
        """Call `callback` after each change."""
        self._control.observe(callback)

    def _die_clicked(self, on_die: Callable[[], None]) -> None:
        self.throw()
        on_die()


class StreamControls:
    """A seed for each named stream of a sketch; an empty one follows the drawing's seed."""

    def __init__(self, names: Sequence[str], on_die: Callable[[], None]) -> None:
        self._by_name = {name: SeedControl(on_die, _parameter(name), name) for name in names}

    @property
    def rows(self) -> list[Any]:
        """The widgets from top to bottom."""
        return [row for control in self._by_name.values() for row in control.rows]

    @property
    def values(self) -> dict[str, int]:
        """The seeds of the streams that have one of their own. Raises ParameterError."""
        seeds = {name: control.value for name, control in self._by_name.items()}
        return {name: seed for name, seed in seeds.items() if seed is not None}

    def set(self, seeds: Mapping[str, int]) -> None:
        """Show these seeds; streams that are not among them follow the drawing's.

        Raises UnknownNameError or ParameterError.
        """
        if not isinstance(seeds, Mapping):
            raise ParameterError("streams", seeds, "must be seeds by name, such as {'colour': 5}")
        for name in seeds:
            if name not in self._by_name:
                raise UnknownNameError("stream", name, self._by_name)
        for name, control in self._by_name.items():
            control.value = seeds.get(name)

    def observe(self, callback: Callable[[], None]) -> None:
        """Call `callback` after each change."""
        for control in self._by_name.values():
            control.observe(callback)


def _parameter(stream: str) -> Parameter:
    name = "seed_of_" + re.sub(r"\W+", "_", stream)
    doc = f"What comes from rng.stream({stream!r})"
    return Parameter(name, "int", low=0, high=HIGHEST_SEED, default=None, optional=True, doc=doc)

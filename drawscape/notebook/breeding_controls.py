"""How the next generation is bred: how near, what is kept, from which; and the tree of those there are."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import ipywidgets as widgets

from drawscape.errors import UnknownNameError
from drawscape.notebook.generation_tree import tree_html
from drawscape.notebook.style import line, write_html
from drawscape.notebook.target import Target
from drawscape.parameters import Parameter

NEAR, FAR = 0.02, 0.6
"""A part of each parameter's range: at the ends of the slider."""


class BreedingControls:
    """Widgets of an evolution; `parts` are to be placed by it. `on_next()` is called for the button.

    `fixed` parameters are not offered, those in `keep` are locked at first.
    """

    def __init__(
        self,
        target: Target,
        fixed: Collection[str],
        keep: Collection[str],
        *,
        on_next: Callable[[], object],
    ) -> None:
        self._fixed = frozenset(fixed)
        self._spread = widgets.FloatSlider(
            value=0.2,
            min=NEAR,
            max=FAR,
            step=0.01,
            description="near to far",
            readout=False,
            tooltip="How far children are from their parents",
        )
        self._keep_seed = widgets.Checkbox(
            value="seed" in keep,
            description="keep the seed",
            indent=False,
            layout={"width": "auto"},
        )
        button = widgets.Button(description="Next", tooltip="Breed from what has stars")
        button.add_class("drawscape-draw")
        button.on_click(lambda _button: on_next())
        seed = [self._keep_seed] if target.has_seed and "seed" not in fixed else []
        row = widgets.HBox([button, self._spread, *seed]).add_class("drawscape-buttons")
        bred = [p.name for p in target.parameters if p.name not in fixed and _is_bred(p)]
        self._locks = {name: _lock(name, locked=name in keep) for name in bred}
        locks = widgets.HBox([line("keep:", "drawscape-note"), *self._locks.values()])
        locks.add_class("drawscape-locks")
        self._tree = line("", "drawscape-queue").add_class("drawscape-tree")
        self.parts = [row, locks, self._tree]

    @property
    def spread(self) -> float:
        """From NEAR to FAR."""
        return float(self._spread.value)

    @property
    def keeps_seed(self) -> bool:
        """Whether children have their first parent's seed."""
        return bool(self._keep_seed.value)

    @property
    def locked(self) -> frozenset[str]:
        """The parameters that children have from their first parent as they are."""
        return self._fixed | {name for name, lock in self._locks.items() if lock.value}

    @locked.setter
    def locked(self, names: Collection[str]) -> None:
        for name in names:
            if name not in self._locks and name not in self._fixed:
                raise UnknownNameError("parameter", name, self._locks)
        for name, lock in self._locks.items():
            lock.value = name in names

    def show_tree(self, parents: Sequence[int | None], stars: Sequence[int], shown: int) -> None:
        """Show the tree; arguments are those of `tree_html`."""
        write_html(self._tree, tree_html(parents, stars, shown))


def _is_bred(parameter: Parameter) -> bool:
    bounded = parameter.low is not None and parameter.high is not None
    return bounded or parameter.kind == "bool" or bool(parameter.choices)


def _lock(name: str, *, locked: bool) -> Any:
    """Return a switch that keeps a parameter as it is."""
    words = name.replace("_", " ")
    return widgets.ToggleButton(
        value=locked, description=words, tooltip=f"Keep {words} as it is", layout={"width": "auto"}
    ).add_class("drawscape-keep")

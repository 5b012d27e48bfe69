"""Drawings bred by choice: the stars of one generation are the parents of the next."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import traitlets

from drawscape.catalogue import Drawing, find
from drawscape.drawing.document import Orientation
from drawscape.drawing.values import check_name
from drawscape.errors import ParameterError
from drawscape.notebook.board import Board, Cell, TileContent, control, enqueue_missing, plan
from drawscape.notebook.draw_target import (
    DrawTarget,
    SketchLike,
    Values,
    is_drawing,
    sketch_of,
    target_of,
)
from drawscape.notebook.field_values import random_value, within
from drawscape.notebook.form_settings import DICE_SIDES, SEED, Settings
from drawscape.parameters import Parameter, parameters_apart

Beginning = SketchLike | Drawing | Path | Sequence[Drawing | Path | str]
"""What an evolution begins with: a sketch, or drawings of one, or their files."""

MOST = 48
_SIZE = Parameter("size", "int", low=2, high=MOST)

NEAR, FAR = 0.02, 0.6  # a part of each parameter's range: at the ends of the slider

PARENT = " · bred from"
"""Shown in the tile of a drawing that the next generation was bred from."""

BEYOND = 0.5
"""How far beyond its two parents a child's number may lie, as a part of their distance."""

UNLIKE = 0.7
"""How much the log of the spread differs between siblings: some stay near, a few go further."""


@parameters_apart("vary", lambda sketch: _target(sketch).names)
def evolve(
    sketch: Beginning,
    size: int = 12,
    *,
    paper: str | None = None,
    orientation: Orientation | None = None,
    seed: int = 0,
    job_timeout: Any = "5m",
    vary: Values | None = None,
    **values: Any,
) -> "Evolution":
    """Return a first generation of `size` drawings of `sketch`; give stars, then press Next.

    `values` are fixed; `vary` holds those whose names are options here. The settings of the first
    generation cover each parameter's whole range, by `seed`; the paper is A6 unless named.
    Given drawings of one sketch (the `chosen` of a history, or files), it begins with them and their
    children. The children have the parents' paper unless another is named.
    Raises as `form` does, and ParameterError for drawings of several sketches, or none.

    >>> evolve("spiral", size=4)
    <Evolution: an evolution of spiral>
    >>> from drawscape.tasks.drawing import generate_complex_svg
    >>> evolve(generate_complex_svg(100, 100, "spiral"), size=4)
    <Evolution: an evolution of spiral>
    """
    size, found = _SIZE.check(size), _parents(sketch)
    if len(found) >= size:
        words = f"choose 1 to {size - 1} of them for a generation of {size}"
        raise ParameterError("drawings", len(found), words)
    if len(names := {drawing.sketch for drawing in found}) > 1:
        raise ParameterError("drawings", sorted(names), "must be of one sketch to be bred")
    settings = [Settings.of_drawing(drawing, paper, orientation) for drawing in found]
    parents = [
        Cell("", one.values, parents=drawing.parents, drawing=drawing)
        for one, drawing in zip(settings, found)
    ]
    return Evolution(
        Settings.of(_target(sketch), paper or "A6", orientation),
        parents,
        size=size,
        fixed=dict(vary or {}),
        rng=np.random.default_rng(seed),
        job_timeout=job_timeout,
    )


def _parents(begin: Beginning) -> list[Drawing]:
    """Return the drawings that an evolution begins with, none for a sketch."""
    chosen = [begin] if is_drawing(begin) else begin
    if isinstance(chosen, str) or not isinstance(chosen, Sequence):
        return []
    if not chosen:
        raise ParameterError("drawings", [], "choose at least one to breed from")
    return [one if isinstance(one, Drawing) else find(one) for one in chosen]


def _target(begin: Beginning) -> DrawTarget:
    found = _parents(begin)
    return target_of(sketch_of(found[0]) if found else cast(SketchLike, begin))


@dataclass
class Generation:
    """Drawings as cells, and the generation they were bred from: an index in the list, None for the first."""

    cells: list[Cell]
    parent: int | None = None


class Evolution(Board):
    """Generations of drawings, the present one on a board; `next()` breeds, `go_to(n)` goes back.

    The tree shows which was bred from which.
    """

    tree = traitlets.List(traitlets.Dict()).tag(sync=True)
    _page_calls = f"{Board._page_calls} next go_to"

    def __init__(
        self,
        first: Settings,
        parents: Sequence[Cell],
        *,
        size: int,
        fixed: dict[str, Any],
        rng: np.random.Generator,
        job_timeout: Any,
    ) -> None:
        target = first.target
        self._settings, self._target, self._size = first, target, size
        self._fixed, self._rng, self._job_timeout = fixed, rng, job_timeout
        seed = [SEED] if target.sketch.is_random else []
        free = [p for p in (*target.parameters, *seed) if p.name not in fixed]
        self._locks = [p.name for p in free if p.bounded or p.kind == "bool" or p.choices]
        self._spread = 0.2
        self.generations: list[Generation] = []
        self._place = 0
        near = {"low": NEAR, "high": FAR, "value": self._spread}
        far = "How far children are from their parents"
        super().__init__(
            f"an evolution of {target.title}",
            {},
            head={"title": f"{target.title}: give stars, then press Next"},
            controls=[
                control(
                    "next", "button", "Next", primary=True, tooltip="Breed from what has stars"
                ),
                control("spread", "slider", "small changes", end="large", tooltip=far, **near),
                control("lock", "toggles", "keep", hidden=not self._locks),
            ],
            columns=4,
        )
        self.lock()
        bred_first = self._bred(parents, size - len(parents), self._spread) if parents else []
        self._grow([*parents, *bred_first] or [self._first(n) for n in range(size)], None)

    @property
    def generation(self) -> Generation:
        """The generation that is shown."""
        return self.generations[self._place]

    def lock(self, *names: str) -> None:
        """Let children inherit these, and no others, from the first parent: parameters, or 'seed'.

        Raises UnknownNameError.
        """
        known = [*self._target.names, "seed"]
        for name in names:
            check_name("parameter", name, known)
        self._locked = frozenset(names)
        self._set_control("lock", options=[(name, name in names) for name in self._locks])

    def next(self, spread: float | None = None) -> Generation:
        """Return the next generation, bred from the drawings with stars and queued.

        `spread`, 0 (near) to 1 (far), replaces the slider's value. Raises ParameterError without stars.
        """
        parents = [cell for cell in self.generation.cells if cell.stars]
        if not parents:
            raise ParameterError("stars", 0, "give at least one drawing a star")
        parents.sort(key=lambda cell: -cell.stars)
        for cell in parents:
            cell.caption = cell.caption.removesuffix(PARENT) + PARENT
        share = self._spread if spread is None else spread
        kept = Cell("", dict(parents[0].values), parents=parents[0].parents)
        self._grow([kept, *self._bred(parents, self._size - 1, share)], self._place)
        return self.generation

    def go_to(self, generation: int) -> None:
        """Show generation `generation`, from 1 on: its stars may be changed, and bred from again."""
        if not 1 <= generation <= len(self.generations):
            raise ParameterError("generation", generation, f"there are {len(self.generations)}")
        self._place = generation - 1
        self.selected = []
        cells = enumerate(self.generation.cells, 1)
        self.show({f"{generation}.{number}": cell for number, cell in cells})

    def _on_spread(self, spread: float) -> None:
        self._spread = spread

    def _on_lock(self, name: str) -> None:
        self.lock(*self._locked ^ {name})

    def _first(self, number: int) -> Cell:
        free = self._locks if number else ()
        chosen = {
            p.name: random_value(p, self._rng) if p.name in free else p.default
            for p in self._target.parameters
            if not p.required
        }
        return Cell("", {**chosen, **self._seed({}), **self._fixed})

    def _bred(self, parents: Sequence[Cell], count: int, spread: float) -> list[Cell]:
        """Return children of the parents; more stars give more children."""
        weights = [cell.values for cell in parents for _ in range(max(1, cell.stars))]
        recipes = tuple(cell.drawing.recipe for cell in parents if cell.drawing)
        parameters, locked = self._target.parameters, self._locked | self._fixed.keys()
        children = []
        for _ in range(count):
            values = child(parameters, weights, self._rng, spread=spread, locked=locked)
            every = {**values, **self._seed(values), **self._fixed}
            children.append(Cell("", every, parents=recipes))
        return children

    def _seed(self, values: Values) -> Values:
        if "seed" not in self._locks:
            return {}
        if "seed" in self._locked:
            return {"seed": values.get("seed", 0)}
        return {"seed": int(self._rng.integers(DICE_SIDES))}

    def _grow(self, cells: list[Cell], parent: int | None) -> None:
        for number, cell in enumerate(cells, 1):
            is_kept = number == 1 and parent is not None
            cell.caption = "1, the parent" if is_kept else str(number)
        plan(self._settings, cells)
        enqueue_missing(self._target, cells, job_timeout=self._job_timeout)
        self.generations.append(Generation(cells, parent))
        self.go_to(len(self.generations))
        self.follow(cells)

    def _count(self) -> None:
        super()._count()
        self.tree = [self._node(number, one) for number, one in enumerate(self.generations, 1)]

    def _node(self, number: int, generation: Generation) -> TileContent:
        """Return a node of the tree; generations count from 1, and 0 is the parent of the first."""
        cells, parent = generation.cells, generation.parent
        born = cells if parent is None else cells[1:]  # the first is the parent again
        picture = max(born, key=lambda cell: (cell.drawing is not None, cell.stars)).picture()
        return {
            "number": number,
            "parent": 0 if parent is None else parent + 1,
            "stars": sum(cell.stars > 0 for cell in cells),
            "current": number - 1 == self._place,
            "url": picture.url if picture else "",
        }


def child(
    parameters: Sequence[Parameter],
    parents: Sequence[Values],
    rng: np.random.Generator,
    *,
    spread: float,
    locked: Collection[str] = (),
) -> dict[str, Any]:
    """Return settings bred from one or more `parents`.

    Each number lies between two of them or a little beyond, each choice is one of theirs. Then `spread`,
    0 (near) to 1 (far), moves numbers by about that part of their range, and changes choices that often.
    Parameters that are `locked`, or have neither bounds nor choices, are those of the first parent.
    """
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
    if low is not None and high is not None and None not in (one, other):
        share = rng.uniform(-BEYOND, 1 + BEYOND)
        moved = one + share * (other - one) + rng.normal(0, spread * (high - low) / 3)
        return within(parameter, moved, float(low), float(high))
    if (parameter.choices or parameter.kind == "bool") and rng.uniform() < spread:
        return random_value(parameter, rng)
    return one if rng.integers(2) else other

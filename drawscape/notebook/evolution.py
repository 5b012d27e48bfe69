"""Drawings bred by choice: the stars of one generation are the parents of the next."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from drawscape.drawing.paper import Orientation, paper_size
from drawscape.errors import ParameterError, UnknownNameError
from drawscape.jobs import enqueue_many, watch
from drawscape.notebook.breeding import child, random_values
from drawscape.notebook.breeding_controls import BreedingControls
from drawscape.notebook.generation import Beginning, Generation, Individual, beginning
from drawscape.notebook.matrix import Cell
from drawscape.notebook.reader import ENDED, state_of
from drawscape.notebook.sheet_cells import drawing_of, planned_cells
from drawscape.notebook.standing import SHEET_PRIORITY
from drawscape.notebook.style import LiveBox, line, write
from drawscape.notebook.target import Target, target_of
from drawscape.notebook.text import status_words
from drawscape.notebook.thumbnail import Thumbnail
from drawscape.notebook.tile_grid import Tile
from drawscape.notebook.wall import Wall
from drawscape.notebook.worker import ensure_worker, guard
from drawscape.parameters import MISSING, Parameter

MOST = 48
_SIZE = Parameter("size", "int", low=2, high=MOST)


def evolve(
    sketch: Beginning,
    size: int = 12,
    *,
    paper: str | None = None,
    orientation: Orientation | None = None,
    keep: Collection[str] = (),
    seed: int = 0,
    job_timeout: Any = "5m",
    **values: Any,
) -> "Evolution":
    """Return a first generation of `size` drawings of `sketch`; give stars, then press Next.

    `values` are fixed, and so are the parameters named in `keep`, at their defaults. The settings of the
    first generation come from all over each parameter's range, by `seed`; the paper is A6 unless named.
    Given drawings of one sketch, or their files, such as the `chosen` of a history, it begins with them and
    with what is bred from them, on their own paper unless another is named.
    Raises as `form` does, and ParameterError for drawings of several sketches.

    >>> evolve("spiral", size=4)
    <Evolution: an evolution of spiral>
    >>> from drawscape.tasks.drawing import generate_complex_svg
    >>> evolve(generate_complex_svg(100, 100, "spiral"), size=4)
    <Evolution: an evolution of spiral>
    """
    bred, parents = beginning(sketch, size, paper, orientation)
    target, page = target_of(bred), paper_size(paper or "A6", orientation)
    names = [parameter.name for parameter in target.parameters]
    if isinstance(keep, str):
        raise ParameterError("keep", keep, "give a list of names")
    for name in keep:
        if name not in (*names, "seed"):
            raise UnknownNameError("parameter", name, [*names, "seed"])
    return Evolution(
        target,
        page,
        parents,
        size=_SIZE.check(size),
        fixed=values,
        keep=frozenset(keep) | values.keys(),
        rng=np.random.default_rng(seed),
        job_timeout=job_timeout,
    )


class Evolution(LiveBox):
    """Generations of drawings, the present one on a wall; `next()` breeds, `go_to(n)` goes back.

    The tree shows which was bred from which; keys on the wall are those of a contact sheet.
    """

    def __init__(
        self,
        target: Target,
        page: tuple[float, float],
        parents: Sequence[Individual],
        *,
        size: int,
        fixed: dict[str, Any],
        keep: frozenset[str],
        rng: np.random.Generator,
        job_timeout: Any,
    ) -> None:
        self._target, self._page, self._size = target, page, size
        self._fixed, self._keep, self._rng, self._job_timeout = fixed, keep, rng, job_timeout
        self.generations: list[Generation] = []
        self._place = 0
        self._wall = Wall(on_change=self._show_tree)
        self.grid = self._wall.grid
        self._words = line("", "drawscape-status")
        self._controls = BreedingControls(target, fixed, keep, on_next=self._next_clicked)
        title = line(f"{target.title}: give stars, then press Next", "drawscape-title")
        top = [title, *self._controls.parts, self._words]
        super().__init__(f"an evolution of {target.title}", [*top, *self._wall.parts])
        self.on_page_message(lambda message: self.go_to(int(message["job"]) + 1))
        if parents:
            first = self._bred(parents, size - len(parents), self._controls.spread)
            self._begin([*parents, *first], None)
        else:
            self._begin([self._first(number) for number in range(size)], None)

    @property
    def generation(self) -> Generation:
        """The generation that is shown."""
        return self.generations[self._place]

    @property
    def status(self) -> str:
        """How far the generation shown is."""
        return str(self._words.value)

    def star(self, number: int, stars: int = 5) -> None:
        """Give the drawing `number` of the generation shown, from 0 on, that many stars."""
        self._wall.star(str(number), stars)

    @property
    def locked(self) -> frozenset[str]:
        """The parameters that children have from their first parent as they are; may be set."""
        return self._controls.locked

    @locked.setter
    def locked(self, names: Collection[str]) -> None:
        self._controls.locked = frozenset(names)

    def next(self, spread: float | None = None) -> Generation:
        """Breed and queue the next generation from what has stars in the one shown; return it.

        `spread`, 0 (near) to 1 (far), stands in for the slider. Raises ParameterError without stars.
        """
        parents = [one for one in self.generation.individuals if one.stars]
        if not parents:
            raise ParameterError("stars", 0, "give at least one drawing a star")
        parents.sort(key=lambda one: -one.stars)
        share = self._controls.spread if spread is None else spread
        kept = Individual(dict(parents[0].values), parents[0].parents)
        self._begin([kept, *self._bred(parents, self._size - 1, share)], self._place)
        return self.generation

    def go_to(self, generation: int) -> None:
        """Show generation `generation`, from 1 on: its stars may be changed, and bred from anew."""
        if not 1 <= generation <= len(self.generations):
            raise ParameterError("generation", generation, f"there are {len(self.generations)}")
        self._show(generation - 1)

    def wait(self, timeout: Any = None) -> list[Individual]:
        """Return the individuals of the generation shown once all are drawn. Raises JobFailed, JobTimeout."""
        for one in self.generation.individuals:
            if one.job is not None:
                one.drawing = drawing_of(one.job.wait(timeout))
        return self.generation.individuals

    def _first(self, number: int) -> Individual:
        chosen: dict[str, Any] = {}
        for parameter in self._target.parameters:
            if parameter.default is not MISSING:
                free = number > 0 and parameter.name not in self._keep
                chosen[parameter.name] = (
                    random_values(parameter, self._rng) if free else parameter.default
                )
        return Individual({**chosen, **self._seed({}), **self._fixed})

    def _bred(self, parents: Sequence[Individual], count: int, spread: float) -> list[Individual]:
        """Return children of the parents; who has more stars has more of them."""
        weights = [one.values for one in parents for _ in range(max(1, one.stars))]
        recipes = tuple(one.drawing.recipe for one in parents if one.drawing is not None)
        children = []
        for _ in range(count):
            values = child(
                self._target.parameters, weights, self._rng, spread=spread, locked=self.locked
            )
            children.append(Individual({**values, **self._seed(values), **self._fixed}, recipes))
        return children

    def _seed(self, values: dict[str, Any]) -> dict[str, Any]:
        if not self._target.has_seed or "seed" in self._fixed:
            return {}
        if "seed" in self._keep or self._controls.keeps_seed:
            return {"seed": values.get("seed", 0)}
        return {"seed": int(self._rng.integers(10_000)), "streams": {}}

    def _begin(self, individuals: list[Individual], parent: int | None) -> None:
        self._draw_missing(individuals)
        made = Generation(individuals, parent)
        self.generations.append(made)
        self._place = len(self.generations) - 1
        self._show(self._place)
        by_id = {one.job.id: one for one in individuals if one.job is not None}
        made.watch = watch(lambda job: self._changed(made, by_id[job.id]), list(by_id))
        self._end(made)

    def _draw_missing(self, individuals: list[Individual]) -> None:
        """Queue what does not stand; what does brings its stars along."""
        cells = [Cell(one.values, "") for one in individuals]
        planned = planned_cells(self._target, cells, self._page, fresh=False)
        guard()
        calls = []
        for one, cell in zip(individuals, planned, strict=True):
            one.drawing = cell.drawing
            if one.drawing is not None:
                one.status = cell.status
            else:
                calls.append(
                    {**(cell.arguments or {}), **({"parents": one.parents} if one.parents else {})}
                )
        if calls:
            ensure_worker()
            batch = enqueue_many(
                self._target.task, calls, job_timeout=self._job_timeout, job_priority=SHEET_PRIORITY
            )
            missing = (one for one in individuals if one.drawing is None)
            for one, job in zip(missing, batch.jobs, strict=True):
                one.job = job

    def _changed(self, generation: Generation, one: Individual) -> None:
        if one.job is None:
            return
        state = state_of(one.job)
        one.status, one.words = state.status, status_words(state)
        if state.status == "finished":
            one.drawing = drawing_of(state.result)
        if generation is self.generation:
            self.grid.update(self._tile(generation.individuals.index(one)))
            self._count()
        self._end(generation)

    def _end(self, generation: Generation) -> None:
        if generation.watch and all(one.status in ENDED for one in generation.individuals):
            generation.watch.close()
            self._keep_pictures(generation)

    def _show(self, place: int) -> None:
        self._place = place
        self._wall.forget()
        self.grid.show([self._tile(n) for n in range(len(self.generation.individuals))])
        self._count()

    def _count(self) -> None:
        done = sum(one.status == "finished" for one in self.generation.individuals)
        self._show_tree()
        write(self._words, f"{done} of {len(self.generation.individuals)} drawn")

    def _tile(self, number: int) -> Tile:
        one = self.generation.individuals[number]
        caption = str(number + 1) if one.status == "finished" else f"{number + 1}: {one.words}"
        if one.drawing is not None:
            return self._wall.tile(str(number), caption, one.drawing)
        return Tile(str(number), b"", caption, state=one.status)

    def _show_tree(self) -> None:
        parents = [generation.parent for generation in self.generations]
        stars = [sum(one.stars > 0 for one in each.individuals) for each in self.generations]
        self._controls.show_tree(parents, stars, self._place)

    def _next_clicked(self) -> None:
        try:
            self.next()
        except Exception as error:  # noqa: BLE001 - shown here, for it would reach no cell
            write(self._words, str(error))

    def _keep_pictures(self, generation: Generation) -> None:
        """Leave the generation in the saved notebook."""
        pictures = [one.drawing.thumbnail for one in generation.individuals if one.drawing]
        tiles = [(Thumbnail(data, "webp"), str(n)) for n, data in enumerate(pictures, 1) if data]
        self.saved.show(tiles, columns=4)

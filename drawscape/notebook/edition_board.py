"""An edition in a notebook: proposed, swapped and ordered; then plotted and judged, sheet by sheet."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import fields
from typing import Any

from drawscape.catalogue import Drawing, find
from drawscape.catalogue.drawing import short
from drawscape.catalogue.traits import count_traits
from drawscape.editions import Edition, Terms, edition_names, find_edition, new_edition
from drawscape.editions.choosing import features_of, least_alike, next_farthest
from drawscape.editions.ledger import Number, Verdict
from drawscape.editions.marks import read_signature
from drawscape.editions.sheets import label_of
from drawscape.errors import DrawscapeError, EditionError
from drawscape.notebook.board import Board, Cell, control, enqueue_missing, plan
from drawscape.notebook.draw_target import SketchLike, Values, target_of
from drawscape.notebook.form_settings import Settings
from drawscape.notebook.own_worker import keep_worker_alive
from drawscape.tasks.editions import judge_sheet, plot_edition, what_is_held


def edition(
    name: str,
    drawings: Iterable[Drawing | str] = (),
    *,
    sketch: SketchLike | None = None,
    seeds: Iterable[int] = (),
    size: int | None = None,
    of: int | None = None,
    paper: str = "A5",
    parameters: Values | None = None,
    **keywords: Any,
) -> "EditionBoard | ProposalBoard":
    """Return the board of an edition: of drawings, of a sketch with seeds, or of that name.

    With `size` the least alike drawings are proposed, from all given ones or from the first `of` seeds.
    `make()` on the board freezes them. Without `size` they are frozen at once, in their order.
    `keywords` are the fields of `Terms` (title, year, signature and so on) and the sketch's parameters. A
    parameter that has the name of a field goes into `parameters`. Raises as `new_edition` does,
    UnknownNameError for an edition that is not there, EditionError for parameters without a sketch.

    >>> edition("two", sketch="spiral", seeds=[1, 2], title="Two", turns=4)
    <EditionBoard: edition two>
    >>> edition("two").numbers[0].state
    'ready'
    """
    terms = {field.name: keywords.pop(field.name, field.default) for field in fields(Terms)}
    given = Terms(**{**terms, "signature": read_signature(terms["signature"])})
    values = {**(parameters or {}), **keywords}
    found = [one if isinstance(one, Drawing) else find(one) for one in drawings]
    if sketch is not None:
        found = _drawn(sketch, range(1, of + 1) if of else seeds, paper, values)
    elif values:
        raise EditionError(f"{', '.join(values)}: give parameters with sketch= only")
    if size is not None and name not in edition_names():
        return ProposalBoard(name, found, least_alike(found, size), given)
    if name in edition_names():
        made = find_edition(name)
        recipes = [one.provenance.recipe for one in made.numbers]
        if size is None and found and [one.recipe for one in found] != recipes:
            raise EditionError(f"there is an edition {name!r} of other drawings already")
        return EditionBoard(made)
    return EditionBoard(new_edition(name, found, given) if found else find_edition(name))


def _drawn(sketch: SketchLike, seeds: Iterable[int], paper: str, values: Values) -> list[Drawing]:
    """Return the drawings of a sketch, one for each seed; jobs draw what does not exist."""
    first = Settings.of(target_of(sketch), paper, None)
    cells = [Cell(f"seed {seed}", {**values, "seed": seed}) for seed in seeds]
    plan(first, cells)
    if batch := enqueue_missing(first.target, cells):
        batch.wait()
        plan(first, cells)
    return [cell.drawing for cell in cells if cell.drawing]


class ProposalBoard(Board):
    """The drawings proposed for an edition: swap, order, and make it. `proposed` are in their order."""

    _page_calls = f"{Board._page_calls} swap earlier later make"

    def __init__(
        self, name: str, found: Sequence[Drawing], proposed: Sequence[Drawing], terms: Terms
    ) -> None:
        self.name, self.terms, self.found = name, terms, list(found)
        self.proposed, self._features = list(proposed), features_of(found)
        self._counts = count_traits(found)
        controls = [
            control("swap", "button", "Swap", tooltip="Another one, least like the rest"),
            control("earlier", "button", "Earlier", icon="back"),
            control("later", "button", "Later", icon="next"),
            control("make", "button", "Make the edition"),
        ]
        super().__init__(
            f"{len(proposed)} drawings for {name}", {}, controls=controls, head={"title": name}
        )
        self._show_proposed()

    def _show_proposed(self) -> None:
        cells = {}
        for number, one in enumerate(self.proposed, 1):
            words = (
                f"{number}/{len(self.proposed)}{_trait_words(one, self._counts, len(self.found))}"
            )
            cells[str(one.id)] = Cell(words, drawing=one)
        self.show(cells)

    def swap(self, *tile_ids: str) -> None:
        """Replace the chosen by drawings that are least like all others here."""
        for old in self._asked(*tile_ids):
            taken = [self.found.index(one) for one in self.proposed]
            new = self.found[next_farthest(self._features, taken)]
            self.proposed[self.proposed.index(old)] = new
        self._show_proposed()

    def earlier(self) -> None:
        """Move the chosen one place to the front."""
        self._move(-1)

    def later(self) -> None:
        """Move the chosen one place to the end."""
        self._move(1)

    def _move(self, by: int) -> None:
        for one in self._asked():
            place = self.proposed.index(one)
            self.proposed.insert(max(place + by, 0), self.proposed.pop(place))
        self._show_proposed()

    def make(self) -> "EditionBoard":
        """Freeze the proposed drawings as numbers of the edition, and show its board below."""
        new_edition(self.name, self.proposed, self.terms)
        return self.show_below("edition", self.name)


class EditionBoard(Board):
    """The numbers of an edition with their states; the chosen are good (key g) or spoiled (s)."""

    _page_calls = f"{Board._page_calls} good spoiled"

    def __init__(self, made: Edition) -> None:
        self.edition = made
        self._drawings: dict[str, Drawing] = {}
        for one in made.numbers:
            with suppress(DrawscapeError):
                self._drawings[str(one.number)] = find(one.provenance.recipe)
        self._counts = count_traits(self._drawings.values())
        controls = [
            control(
                "plot", "button", "Plot the next", tooltip="Each free machine gets the next number"
            ),
            control("good", "button", "Good", tooltip="The chosen sheets are good (g)"),
            control(
                "spoiled", "button", "Spoiled", tooltip="The next plot draws the chosen again (s)"
            ),
        ]
        head = {"title": made.terms.words or made.name}
        super().__init__(f"edition {made.name}", self._now(), controls=controls, head=head)

    @property
    def numbers(self) -> list[Number]:
        """The numbers with their sheets, as they are now."""
        return self.edition.numbers

    def refresh(self) -> None:
        """Read the ledger, and show the states of its numbers."""
        self.show(self._now())

    def _now(self) -> dict[str, Cell]:
        cells = {}
        for one in self.numbers:
            drawing = self._drawings.get(str(one.number))
            where = f" on {one.sheets[-1].plots[-1][2]}" if one.sheets else ""
            words = f"{label_of(self.edition, one)} · {one.state}{where}"
            if drawing is not None:
                words += _trait_words(drawing, self._counts, len(self._drawings))
            cells[str(one.number)] = Cell(words, drawing=drawing)
        return cells

    def _read_catalogue(self) -> None:
        if self.comm is not None:
            self._catalogue.request()
            self._guarded(self.refresh)

    def _count(self) -> None:
        self._show_head(status=self.edition.words)

    def good(self, *tile_ids: str | int) -> None:
        """Call the sheets of these numbers good, by default of the chosen. Raises EditionError."""
        self._judge(tile_ids, "good")

    def spoiled(self, *tile_ids: str | int) -> None:
        """Call them spoiled: the next `plot` draws them again. Raises EditionError."""
        self._judge(tile_ids, "spoiled")

    def _judge(self, tile_ids: Sequence[str | int], verdict: Verdict) -> None:
        for one in tile_ids or self.selected:
            judge_sheet(self.edition.name, int(one), verdict)
        self.refresh()

    def plot(
        self,
        tile_id: str | int | None = None,
        *,
        on: str | None = None,
        yes: bool = False,
        zero_here: bool = False,
        by_pen: bool = False,
    ) -> Any:
        """Send each machine of `on` ('desk,wall'; by default all) the next numbers when it is free.

        Return the panel of the last plot that begins, else of the tile's. Raises as `plot_edition` does.
        """
        keep_worker_alive()
        begun = plot_edition(self.edition, on, yes=yes, zero_here=zero_here, by_pen=by_pen)
        plots = [*begun.values()]
        self.refresh()
        if not plots and tile_id is not None:
            plots = [sheet.plots[-1][0] for sheet in self.edition.number(int(tile_id)).sheets]
        if not begun:
            self.note = "; ".join(what_is_held(self.edition, begun))
        return self.show_below("open_plot", plots[-1]) if plots else None


def _trait_words(drawing: Drawing, counts: dict[str, dict[Any, int]], total: int) -> str:
    """Return the traits of a drawing, each with its share of `total` drawings: '12 %'."""
    words = ""
    for name, value in drawing.traits.items():
        words += f" · {name} {short(value)} ({100 * counts[name][value] / total:.0f} %)"
    return words

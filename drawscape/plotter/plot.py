"""A plot: a drawing on its way to paper, in a folder that outlives its runs."""

import contextlib
import fcntl
import os
import secrets
import time
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from drawscape import settings
from drawscape.drawing.document import Document
from drawscape.drawing.paper import Outside
from drawscape.errors import JournalError, PlotError, PlotNotFoundError
from drawscape.plot.machine import Machine
from drawscape.plotter.device import Device, locked, read_device, try_lock
from drawscape.plotter.driver import WINDOW
from drawscape.plotter.journal import RUNNING, Journal, State
from drawscape.plotter.plan import Plan, make_plan

BACK = 3
"""How many strokes a resumed plot goes back, counted from the last that the machine may have drawn."""

_JOURNAL = "journal.jsonl"


class Plot:
    """One plot; `record` is what its journal said when it was last read, `state` reads it again."""

    def __init__(self, folder: Path) -> None:
        if not (folder / _JOURNAL).exists():
            raise PlotNotFoundError(f"there is no plot {folder.name!r}")
        self.folder, self.id = folder, folder.name
        self.journal, self.record = Journal(folder / _JOURNAL), State()
        self.damage = ""
        with contextlib.suppress(JournalError):
            self.refresh()

    @classmethod
    def create(
        cls,
        document: Document,
        machine: str,
        *,
        drawing: str = "",
        outside: Outside = "refuse",
        copies: int = 1,
    ) -> "Plot":
        """Return a new plot of a document as it stands on the machine of that name.

        Raises UnknownNameError for a machine, PlotError for what it cannot reach.
        """
        plan = make_plan(document, read_device(machine).machine, outside=outside, copies=copies)
        settings.state_folder()  # readable by its owner only
        folder = plots_folder() / f"{time.strftime('%y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
        folder.mkdir(parents=True)
        plan.save(folder / "plan.npz")
        Journal(folder / _JOURNAL).append(
            "plot", plan=plan.hash, strokes=len(plan), machine=machine, drawing=drawing
        )
        return cls(folder)

    @cached_property
    def plan(self) -> Plan:
        """The strokes; raises JournalError when they are not those that the journal speaks of."""
        plan = Plan.load(self.folder / "plan.npz")
        if plan.hash != self.record.plan:
            raise JournalError(
                f"plot {self.id}: its journal belongs to another plan; plot the drawing again"
            )
        return plan

    def estimate(self, machine: Machine) -> Plan:
        """Return the plan with its times by what the machine says of itself; they are kept."""
        self.plan = self.plan.estimated(machine)
        self.plan.save(self.folder / "plan.npz")
        return self.plan

    @property
    def device(self) -> Device:
        """The machine that it is for."""
        return read_device(self.record.machine)

    @property
    def strokes(self) -> int:
        """How many strokes it has."""
        return len(self.record.drawn)

    def refresh(self) -> State:
        """Return the state by the journal, as it is now; raises JournalError."""
        if self.damage:
            raise JournalError(self.damage)
        try:
            for event in self.journal.news():
                try:
                    self.record.take(event)
                except (KeyError, IndexError, TypeError) as error:
                    raise JournalError(
                        f"plot {self.id}: journal line {event!r} makes no sense: {error!r}"
                    ) from error
        except JournalError as error:
            self.damage = str(error)  # what comes behind the damage says nothing
            raise
        return self.record

    @property
    def state(self) -> State:
        """The state; what needs a living run and has none is interrupted, and what is damaged says so."""
        alive, state = self.alive, self.record  # alive first: a run writes why before it lets go
        try:
            _ = self.refresh(), self.plan
        except (JournalError, PlotError) as error:
            state.state, state.reason = "damaged", str(error)
        if state.state in RUNNING and not alive:
            state.state, state.question, state.text = "interrupted", "", ""
            state.reason = state.reason or "the program that drove it ended"
        return state

    # Liveness: a lock that the run holds, and its death releases

    def held(self) -> contextlib.AbstractContextManager[None]:
        """Hold the plot for a run; raises MachineBusyError when another run holds it and does not end."""
        return locked(self.folder / "run.lock", 10.0, f"plot {self.id} runs already")

    @property
    def alive(self) -> bool:
        """Whether a run drives it now."""
        try:
            handle = os.open(self.folder / "run.lock", os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            return not try_lock(handle, fcntl.LOCK_SH)
        finally:
            os.close(handle)

    @property
    def runs(self) -> bool:
        """Whether a run drives it, and has not come to its end."""
        return self.alive and self.refresh().state in RUNNING

    def request(self, what: str, **values: Any) -> None:
        """Ask the living run for `pause`, `resume`, `stop`, `answer` or `set`.

        Raises PlotError when no run lives.
        """
        if not self.runs:
            raise PlotError(f"plot {self.id} does not run; it is {self.words}")
        self.journal.append(what, **values)

    def abandon(self) -> None:
        """Give up a plot that does not run; it can still be resumed."""
        self.journal.append("abandoned", k=self.state.done)

    def start_of(self, *, back: int = BACK, from_stroke: int | None = None) -> int:
        """Return the stroke, from 0, at which a next run begins.

        Up to two strokes behind the last known one may be drawn already: they count among those to go
        back. After a pause nothing is drawn twice, and a run that failed at once goes back no further.
        Raises PlotError for a stroke that is not there.
        """
        if from_stroke is not None:
            if not 1 <= from_stroke <= self.strokes:
                raise PlotError(f"stroke {from_stroke}: give 1 to {self.strokes}")
            return from_stroke - 1
        state = self.state
        if state.clean:
            return state.done
        least = state.first if back <= BACK else 0
        return max(least, state.done - max(0, back - WINDOW))

    @property
    def words(self) -> str:
        """The state in words: 'interrupted at stroke 312 of 542 (57 %), pen 2'."""
        state = self.state
        if state.state in ("done", "damaged") or (state.state == "ready" and not state.done):
            return state.state
        share, pen = 100 * state.done // self.strokes, self.plan.section_of(state.done).pen
        return f"{state.label} at stroke {state.done} of {self.strokes} ({share} %), pen {pen}"

    @property
    def title(self) -> str:
        """What jobs, mails and messages call it: 'plot h.svg on desk'."""
        return f"plot {Path(self.record.drawing).name or self.id} on {self.record.machine}"

    def left_s(self) -> float:
        """Return the seconds that are left, by what the machine really took so far."""
        state = self.state
        planned = self.plan.seconds[state.drawn > 0].sum()
        measured = planned > 20.0 and state.seconds > 0
        factor = state.seconds / planned if measured else self.device.factor
        return float(self.plan.seconds[state.done :].sum() * factor)

    def as_dict(self) -> dict[str, Any]:
        """Return what `drawscape plots show --json` prints."""
        state = self.state
        values: dict[str, Any] = {
            "id": self.id,
            "state": state.label,
            "stroke": state.done,
            "strokes": self.strokes,
            "pen": 0,
            "machine": state.machine,
            "drawing": state.drawing,
            "question": state.text,
            "reason": state.reason,
            "runs": state.runs,
            "job": state.job,
            "minutes": round(state.seconds / 60, 2),
            "plan": state.plan,
            "created": state.created,
            "changed": state.changed,
        }
        if state.state == "damaged":
            return values
        section = self.plan.section_of(state.done)
        return values | {
            "pen": section.pen,
            "pen_name": section.name,
            "color": section.color,
            "sheet": section.sheet,
            "left_minutes": 0.0 if state.state == "done" else round(self.left_s() / 60, 2),
            "metres": {k: round(v, 3) for k, v in self.plan.metres_of(state.drawn).items()},
            "twice": int(np.count_nonzero(state.drawn > 1)),
        }


def plots_folder() -> Path:
    """Return where the plots of this home are."""
    return settings.home() / ".drawscape" / "plots"


def list_plots() -> list[Plot]:
    """Return all plots, the newest first."""
    return [
        Plot(path.parent) for path in sorted(plots_folder().glob(f"*/{_JOURNAL}"), reverse=True)
    ]


def find_plot(name: str) -> Plot:
    """Return the plot whose id is `name` or ends so; raises PlotNotFoundError for none or several."""
    folders = [path.parent for path in plots_folder().glob(f"*/{_JOURNAL}")]
    found = [f for f in folders if f.name == name] or [f for f in folders if f.name.endswith(name)]
    if len(found) != 1 or not name:
        many = f"{len(found)} plots have" if found else "no plot has"
        raise PlotNotFoundError(f"{many} an id that ends with {name!r}; see `drawscape plots list`")
    return Plot(found[0])


def plotted_drawings() -> dict[str, str]:
    """Return the files of which a plot is done, each with when that was, where, and with which pens."""
    paths = sorted(plots_folder().glob(f"*/{_JOURNAL}"))
    return dict(filter(None, (_plotted(path.parent, path.stat().st_size) for path in paths)))


@lru_cache(maxsize=10_000)
def _plotted(folder: Path, size: int) -> tuple[str, str] | None:
    """Return the drawing of a plot that is done, and what is said of it; a journal of that size is read."""
    plot = Plot(folder)
    if plot.state.state != "done":
        return None
    day = time.strftime("%d %b %Y", time.localtime(plot.record.changed))
    pens = ", ".join(dict.fromkeys(section.name for section in plot.plan.sections))
    return plot.record.drawing, f"plotted {day} on {plot.record.machine} with {pens}"

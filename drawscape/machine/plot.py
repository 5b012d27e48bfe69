"""A plot: a drawing on its way to paper, in a folder that outlives its runs.

Its journal has a line for each event: runs, questions, requests, and each stroke executed. Several processes
(the run, a terminal, a page) append to it and read it. A line is a JSON object: `e` names the event, `t` is
the time, and `m` the time without the computer's sleep. After a power cut, the next writer removes an
unfinished last line. Any other damage is an error.
"""

import contextlib
import fcntl
import os
import secrets
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from copy import copy
from dataclasses import asdict, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from drawscape import settings
from drawscape.atomic import write_atomic
from drawscape.drawing.document import Document, Outside
from drawscape.errors import (
    DrawscapeError,
    JournalError,
    MachineError,
    PlotError,
    PlotNotFoundError,
)
from drawscape.geometry.lines import Lines
from drawscape.machine.alignment import AS_LAID, Alignment
from drawscape.machine.device import Device, locked, read_device, try_lock
from drawscape.machine.driver import WINDOW
from drawscape.machine.moves import ROUND_MM, out_of_reach
from drawscape.machine.pens import pen_in, with_motions
from drawscape.machine.plan import HOP_MM, Plan, make_plan
from drawscape.pens import offered_pens, read_pen, with_pens

Event = dict[str, Any]

_RUNNING = ("waiting", "plotting", "paused")  # without a living run the plot is interrupted
FINAL = ("done", "abandoned", "damaged")
TUNED = {
    "speed": (1.0, 400.0),
    "down_percent": (0.0, 100.0),
    "up_percent": (0.0, 100.0),
    "hop_mm": (0.0, HOP_MM),
}
"""What can be set while a plot runs, with the least and the most: percent, and `hop_mm` in mm."""

_WITHOUT_RUN = ("start", "queued", "abandoned")  # the time before them does not count as plotting

_SHOWN = (
    "machine", "drawing", "reason", "height", "runs", "job", "plan", "created", "changed", "heals", "paper"
)  # fmt: skip

# What a plot inherits from the one that it repeats or heals.
_INHERITED = ("machine", "drawing", "outside", "paper")

BACK = 3  # strokes that a resumed plot goes back, from the last that may be drawn

_MOVED_POLL_S = 0.05

_JOURNAL = "journal.jsonl"
_PLAN = "plan.bin"


class Journal:
    """The journal of one plan; `news` reads it, `append` adds to it."""

    def __init__(self, path: Path) -> None:
        self.path, self._read = path, 0
        self._disk = ThreadPoolExecutor(1)
        self._syncs: deque[Future[None]] = deque()

    def append(self, event: str, *, soon: bool = False, **values: Any) -> None:
        """Write one event; it is on the disk when this returns.

        With `soon` it survives this process at once, and a power cut when `unsynced` no longer counts it.
        Raises JournalError when it cannot be written completely.
        """
        times = {"t": round(time.time(), 3), "m": round(time.monotonic(), 3)}
        line = orjson.dumps({"e": event, **times, **values}) + b"\n"
        try:
            with self.path.open("ab+") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                _cut_torn_line(file.fileno())
                file.write(line)
                file.flush()
                if not soon:
                    os.fdatasync(file.fileno())
        except OSError as error:
            raise JournalError(f"{self.path} cannot be written: {error.strerror}") from error
        if soon:
            self._syncs.append(self._disk.submit(self._sync))

    def _sync(self) -> None:
        with self.path.open("rb") as file:
            os.fdatasync(file.fileno())

    @property
    def unsynced(self) -> int:
        """How many of the last lines may not be on the disk yet; raises OSError if one never will be."""
        while self._syncs and self._syncs[0].done():
            self._syncs.popleft().result()
        return len(self._syncs)

    def news(self) -> list[Event]:
        """Return the events since the last call; raises ValueError for a damaged line."""
        with self.path.open("rb") as file:
            file.seek(self._read)
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._read += len(whole)
        return [orjson.loads(line) for line in whole.splitlines()]


def _cut_torn_line(handle: int) -> None:
    start = max(0, os.fstat(handle).st_size - 4096)
    if not (tail := os.pread(handle, 4096, start)).endswith(b"\n"):
        os.ftruncate(handle, start + tail.rfind(b"\n") + 1)


class State:
    """The state after all events of a journal; `take` adds an event.

    `state` is ready, waiting, plotting, paused, interrupted, done, abandoned or damaged. `done` is the last
    stroke executed, counted from 1; `first` is how many the last run left out; `drawn` (M,) how often each
    was drawn. `seconds` is how long runs have plotted, without questions, pauses and the time between
    runs. `plan` is the plan's hash. `question` is paper, pen, position, drying or ''. `requests` are
    people's requests to the last run; only that run removes them. `pens` are the pens that answers to
    questions have chosen. `height` is where the pen is while the plot is paused or asks: up, low, down, or
    '' when that is not known. `alignment` is where the sheet lies now. `moved` has its answer to each
    request to move the pen: an error, or nothing. `heals` is the plot whose sheet it completes, by its id.
    `paper` is the colour of the drawing's paper, '' for white.
    """

    def __init__(self) -> None:
        self.state = "ready"
        self.machine = self.drawing = self.plan = self.outside = self.heals = self.paper = ""
        self.corner: list[float] = []
        self.alignment = AS_LAID
        self.done = self.first = self.runs = 0
        self.drawn = np.zeros(0, dtype=np.int64)
        self.begun: set[str] = set()
        self.requests: deque[Event] = deque()
        self.pens: tuple[Event, ...] = ()
        self.moved: dict[str, str] = {}
        self.job = self.question = self.text = self.reason = self.height = ""
        self.clean = False
        self.seconds = self.created = self.changed = self.drying_min = 0.0
        self._since: float | None = None

    def take(self, event: Event) -> None:
        """Add one event."""
        kind, at = event["e"], event["t"]
        awake_s = float(event.get("m") or at)  # version 0.4 noted only one time
        if self._since is not None and kind not in _WITHOUT_RUN:
            self.seconds += max(0.0, awake_s - self._since)
        self.changed = at
        match kind:
            case "plot":
                self.machine, self.drawing = event["machine"], event["drawing"]
                self.plan, self.created = event["plan"], at
                self.outside = event.get("outside", "keep")
                self.heals, self.paper = event.get("heals", ""), event.get("paper", "")
                self.drawn = np.zeros(event["strokes"], dtype=np.int64)
            case "stroke":
                self.done = event["k"]
                self.drawn[self.done - 1] += 1
            case "drying":
                self.drying_min = event["minutes"]
            case "queued":
                self.state, self.job = "ready", event["job"]
            case "start":
                self.runs += 1
                self.begun.add(event["run"])
                self.corner = event.get("corner", [])
                self.requests.clear()
                self.done = self.first = event["first"]
                self.state, self.clean, self.reason = "plotting", False, ""
            case "answer" | "pause" | "resume" | "stop" | "set" | "move":
                self.requests.append(event)
                if event.get("pen") and event.get("to") in (None, self.text):
                    self.pens = (*self.pens, event["pen"])
            case "aligned":
                self.alignment = Alignment(tuple(event["along"]), tuple(event["shift"]))
            case "moved":
                self.moved[event["request"]] = event["error"]
                self.height = event.get("height", "")
            case "ask":
                self.state, self.question, self.text = "waiting", event["for"], event["text"]
                self.clean = True  # the pen is up, and all before is drawn
            case "abandoned" | "paused" | "interrupted" | "done" | "plotting":
                self.state, self.question, self.text = kind, "", ""
                self.reason, self.height = event.get("reason", ""), event.get("height", "")
                self.clean = event.get("clean", False)
                self.done = event.get("k", self.done)
        self._since = awake_s if self.state == "plotting" else None

    @property
    def label(self) -> str:
        """Return the state in words, with the question of a waiting plot."""
        return f"waiting for {self.question}" if self.state == "waiting" else self.state


class Plot:
    """One plot; `record` is what its journal said when it was last read, `state` reads it again.

    Several threads may read one, such as a cell that waits and its panel.
    """

    def __init__(self, folder: Path) -> None:
        if not (folder / _JOURNAL).exists():
            raise PlotNotFoundError(f"there is no plot {folder.name!r}")
        self.folder, self.id = folder, folder.name
        self.journal, self.record = Journal(folder / _JOURNAL), State()
        self.damage, self._reading = "", threading.Lock()
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
        reuse: bool = False,
        plot_id: str = "",
    ) -> "Plot":
        """Return a new plot of a document, at its place on the page, on the machine of that name.

        With `reuse`, return the newest unfinished plot of the same strokes there, if any. With a `plot_id`
        that `new_id` gave, return the plot that has it already, if any.
        Raises UnknownNameError for a machine, PlotError for strokes beyond its reach, UnicodeEncodeError for
        a drawing's name that is not UTF-8.
        """
        drawing.encode()  # a journal is UTF-8
        device = read_device(machine)
        document = with_motions(with_pens(document), device)
        plan = make_plan(document, device.machine, outside=outside, copies=copies)
        with locked(settings.state_folder() / "plots.lock", 60.0, "another plot is made just now"):
            found = _unfinished(plan.hash, machine) if reuse else None
            facts = {"machine": machine, "drawing": drawing, "outside": outside}
            paper = document.paper_color or ""
            return found or cls._begin(plan, plot_id, **facts, paper=paper)

    def again(self) -> "Plot":
        """Return a new plot of the same strokes on the same machine."""
        plot = self._begin(self.plan, **self._facts)
        plot.set_drying(self.record.drying_min)
        return plot

    @property
    def _facts(self) -> dict[str, Any]:
        return {name: getattr(self.record, name) for name in _INHERITED}

    def set_drying(self, minutes: float) -> None:
        """Let the ink of each pen dry for `minutes` before the next one draws."""
        if minutes:
            self.journal.append("drying", minutes=minutes)

    def healing(self, plan: Plan) -> "Plot":
        """Return a new plot of this one's missing strokes, where the sheet lies now."""
        made = self._begin(plan, **self._facts, heals=self.id)
        alignment = self.refresh().alignment
        if alignment != AS_LAID:
            made.align(alignment)
        return made

    @classmethod
    def _begin(cls, plan: Plan, plot_id: str = "", **facts: Any) -> "Plot":
        folder = plots_folder() / (plot_id or new_id())
        folder.mkdir(parents=True, exist_ok=bool(plot_id))
        # The process may have been killed at any step below, and now continues.
        if (folder / _JOURNAL).exists() and (made := cls(folder)).record.plan:
            return made
        write_atomic(folder / _PLAN, [plan.packed()])
        Journal(folder / _JOURNAL).append("plot", plan=plan.hash, strokes=len(plan), **facts)
        return cls(folder)

    @property
    def plan(self) -> Plan:
        """The strokes, with the pens that people chose; raises JournalError if they are another plot's."""
        pens = self.record.pens
        return self._stored_plan.with_pens(pens) if pens else self._stored_plan

    @cached_property
    def _stored_plan(self) -> Plan:
        plan = Plan.load(self.folder / _PLAN)
        if plan.hash != self.record.plan:
            raise JournalError(
                f"plot {self.id}: its journal belongs to another plan; plot the drawing again"
            )
        return plan

    @property
    def aligned_plan(self) -> Plan:
        """The strokes where the sheet lies now."""
        alignment = self.refresh().alignment
        return replace(self.plan, alignment=alignment)

    def align(self, alignment: Alignment) -> None:
        """Move the remaining strokes to the sheet's new position. Raises PlotError for those out of reach."""
        self._check_reach(alignment, self.state.done)
        self.journal.append("aligned", **asdict(alignment))

    def _check_reach(self, alignment: Alignment, start: int) -> None:
        if alignment == AS_LAID and self.record.outside == "keep":
            return
        device, plan = self.device, replace(self.plan, alignment=alignment)
        machine = device.machine
        strokes = Lines.join(plan.moved(s, device.offsets, machine) for s in plan.sections)
        points = plan.placed(strokes.points[strokes.offsets[start] :], machine)
        low, high = np.array(device.limits)
        if machine.format == "hpgl":  # by the paper in the plotter
            reach = machine.limits(Document(plan.width_mm, plan.height_mm, ()))
            low, high = np.array([(reach.x0, reach.y0), (reach.x1, reach.y1)])
        beyond = np.maximum(low - points, points - high).max(axis=1, initial=0.0)
        if beyond.max(initial=0.0) > ROUND_MM:
            raise out_of_reach(machine, *points[beyond.argmax()].round(1).tolist())

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
        with self._reading:
            if not self.damage:  # events after the damage mean nothing
                try:
                    for event in self.journal.news():
                        self.record.take(event)
                except (ValueError, KeyError, IndexError, TypeError) as error:
                    self.damage = (
                        f"journal {self.journal.path} is damaged: {error!r}; nothing is guessed from it: "
                        "plot the drawing again, from the stroke that you see last on the paper"
                    )
            state = copy(self.record)
        if self.damage:
            raise JournalError(self.damage)
        return state

    @property
    def state(self) -> State:
        """The state. A plot whose run has died is `interrupted`, one with a broken journal `damaged`."""
        dead = 0
        try:
            # Read twice: a run may just have begun, and one that ends writes why before it releases the lock.
            while dead != (state := self.refresh()).runs and (
                state.state in _RUNNING and not self.alive
            ):
                dead = state.runs
            _ = self.plan
        except (JournalError, PlotError) as error:
            state = copy(self.record)
            state.state, state.reason = "damaged", str(error)
        if state.state in _RUNNING and dead == state.runs:
            state.state, state.question, state.text = "interrupted", "", ""
            state.reason = state.reason or "the program that drove it ended"
        return state

    @property
    def alive(self) -> bool:
        """Whether a run drives it now."""
        return _is_driven(self.folder)

    @property
    def runs(self) -> bool:
        """Whether a run drives it and has not ended."""
        return self.alive and self.refresh().state in _RUNNING

    def request(self, what: str, **values: Any) -> None:
        """Ask the living run for `pause`, `resume`, `stop`, `answer` or `set`.

        Raises PlotError when no run lives.
        """
        if not self.runs:
            raise PlotError(f"plot {self.id} does not run; it is {self.words}")
        self.journal.append(what, **values)

    def answer(self, *, to: str | None = None, pen: str = "") -> None:
        """Answer the question `to`, by default the present one, with yes; `pen` names the pen that is in.

        It draws the next section, and later ones of the same pen number. Raises PlotError when no run
        lives, or the section has begun; UnknownNameError for a pen that the home does not have.
        """
        more = {}
        if pen:
            done = self.refresh().done
            section = self.plan.section_of(done)
            if done > section.first:
                raise PlotError(
                    f"pen {section.pen} has begun to draw; pens change between sections"
                )
            more["pen"] = pen_in(read_pen(pen), self.device, number=section.pen, first=done)
        self.request("answer", to=to, **more)

    @property
    def waits(self) -> bool:
        """Whether a living run waits for a person, with the pen up."""
        return self.alive and self.refresh().state in ("waiting", "paused")

    def ask_to_move(self, motion: str, **values: Any) -> None:
        """Ask the run that waits for a person for a motion: `pen`, `jog` or `frame`; wait for its end.

        Raises MachineError with the run's reason when it cannot, PlotError when no run lives.
        """
        request = secrets.token_hex(4)
        self.request("move", motion=motion, values=values, request=request)
        while request not in (state := self.refresh()).moved:
            if not self.runs:
                raise PlotError(
                    f"plot {self.id} has ended before the pen moved; it is {self.words}"
                )
            time.sleep(_MOVED_POLL_S)
        if error := state.moved[request]:
            raise MachineError(error)

    def check_machine(self, start: int) -> list[float]:
        """Return where the sheet's upper left corner lies in the machine as it is now, in mm.

        Raises PlotError when a pen, moved by its offset, leaves its reach. So it does when another
        profile would draw the strokes from `start` on elsewhere than those before.
        """
        device, plan, record = self.device, self.plan, self.record
        machine = device.machine
        self._check_reach(record.alignment, start)
        corner = plan.placed(np.zeros((1, 2)), machine)[0].tolist()
        if start and record.corner not in ([], corner):
            raise PlotError(
                f"{device.name} would draw the rest of plot {self.id} elsewhere: its profile has "
                "changed; give it the former one, or plot the drawing again"
            )
        return corner

    def start_of(self, *, back: int = BACK, from_stroke: int | None = None) -> int:
        """Return the stroke, from 0, at which a next run begins.

        Up to two strokes after the last known one may be drawn already: they count as strokes to go back.
        After a pause nothing is drawn twice. A run that failed at once goes back no further; none
        goes back to an earlier pen or sheet. Raises PlotError for a stroke that is not there.
        """
        if from_stroke is not None:
            if not 1 <= from_stroke <= self.strokes:
                raise PlotError(f"stroke {from_stroke}: give 1 to {self.strokes}")
            return from_stroke - 1
        state = self.state
        if state.clean and back <= BACK:
            return state.done
        section = self.plan.section_of(state.done)
        least = max(state.first, section.first) if back <= BACK else 0
        return max(least, state.done - max(0, back - WINDOW))

    @property
    def words(self) -> str:
        """The state in words: 'paused at stroke 312 of 542 (57 %), pen 2 is up'."""
        state = self.state
        if state.state in ("done", "damaged") or (state.state == "ready" and not state.done):
            return state.state
        share, pen = 100 * state.done // self.strokes, self.plan.section_of(state.done).pen
        words = f"{state.label} at stroke {state.done} of {self.strokes} ({share} %), pen {pen}"
        return f"{words} is {state.height}" if state.height else words

    @property
    def title(self) -> str:
        """What jobs, mails and messages call it: 'plot h.svg on desk'."""
        return f"plot {Path(self.record.drawing).name or self.id} on {self.record.machine}"

    def left_s(self) -> float:
        """Return the seconds left, estimated from the time taken so far."""
        state = self.state
        planned = (self.plan.seconds * state.drawn).sum()
        measured = planned > 20.0 and state.seconds > 0
        factor = state.seconds / planned if measured else 1.0
        with contextlib.suppress(DrawscapeError):  # a machine that is not there, or damaged
            factor = factor if measured else self.device.factor
        return float(self.plan.seconds[state.done :].sum() * factor)

    def as_dict(self) -> dict[str, Any]:
        """Return what `drawscape plots show --json` prints."""
        state = self.state
        values = {
            "id": self.id,
            "state": state.label,
            "stroke": state.done,
            "strokes": self.strokes,
            "pen": 0,
            "question": state.text,
            "minutes": round(state.seconds / 60, 2),
            **{name: getattr(state, name) for name in _SHOWN},
        }
        if state.state == "damaged":
            return values
        section = self.plan.section_of(state.done)
        return values | {
            "pen": section.pen,
            "pen_name": section.name,
            "color": section.color,
            "colors": [one.color for one in self.plan.sections],
            "pens": offered_pens() if self._takes_pen(state) else [],
            "sheet": section.sheet,
            "left_minutes": 0.0 if state.state == "done" else round(self.left_s() / 60, 2),
            "metres": {k: round(v, 3) for k, v in self.plan.metres_of(state.drawn).items()},
            "lifts": self.plan.pen_sums(state.drawn),
            "pen_minutes": self._pen_minutes(state),
            "twice": int(np.count_nonzero(state.drawn > 1)),
        }

    def _takes_pen(self, state: State) -> bool:
        """Whether the answer to the present question may name a pen."""
        begins = state.done == self.plan.section_of(state.done).first
        return state.question in ("paper", "pen") and begins

    def _pen_minutes(self, state: State) -> dict[str, float]:
        """Return the minutes of each pen by name: its part of those plotted, by the plan."""
        planned = self.plan.pen_sums(self.plan.seconds * state.drawn)
        factor = state.seconds / 60 / (sum(planned.values()) or 1.0)
        return {pen: round(seconds * factor, 2) for pen, seconds in planned.items()}


def _is_driven(folder: Path) -> bool:
    lock = folder / "run.lock"
    with contextlib.suppress(FileNotFoundError), lock.open("rb") as file:
        return not try_lock(file.fileno(), fcntl.LOCK_SH)
    return False


def new_id() -> str:
    """Return the id of a plot that is made now; ids are in the order of time."""
    now = time.time()
    # The end is the fraction of the second, so that plots of one second are in order, too.
    stamp = time.strftime("%y%m%d-%H%M%S", time.localtime(now))
    return f"{stamp}-{int(now % 1 * 65536):04x}"


def plots_folder() -> Path:
    """Return where the plots of this home are."""
    return settings.home() / ".drawscape" / "plots"


def _journals() -> list[Path]:
    return sorted(plots_folder().glob(f"*/{_JOURNAL}"), reverse=True)


def list_plots() -> list[Plot]:
    """Return all plots, the newest first."""
    return [Plot(path.parent) for path in _journals()]


def _unfinished(plan: str, machine: str) -> Plot | None:
    for path in _journals():
        with path.open("rb") as file:
            plot = Plot(path.parent) if plan.encode() in file.readline() else None
        if plot and plot.record.machine == machine and plot.state.state not in FINAL:
            return plot
    return None


def find_plot(name: str) -> Plot:
    """Return the plot whose id is `name` or ends so; raises PlotNotFoundError for none or several."""
    folders = [path.parent for path in _journals()]
    found = [f for f in folders if f.name == name] or [f for f in folders if f.name.endswith(name)]
    if len(found) != 1 or not name:
        many = f"{len(found)} plots have" if found else "no plot has"
        raise PlotNotFoundError(f"{many} an id that ends with {name!r}; see `drawscape plots list`")
    return Plot(found[0])


def find_waiting(machine: str) -> Plot | None:
    """Return the plot whose run has the machine of that name and waits for a person, if any."""
    driven = (Plot(path.parent) for path in _journals() if _is_driven(path.parent))
    return next((plot for plot in driven if plot.record.machine == machine and plot.waits), None)


def shown_plots(most: int | None = None) -> list[dict[str, Any]]:
    """Return what `drawscape plots show --json` prints, for all plots or the newest."""
    rows = (_shown(path.parent, path.stat().st_size) for path in _journals()[:most])
    return [row if row["state"] in FINAL else find_plot(row["id"]).as_dict() for row in rows]


def plot_totals() -> list[dict[str, Any]]:
    """Return the metres, lifts and hours of each pen on each machine, over all plots of this home."""
    totals: dict[tuple[str, str], dict[str, Any]] = {}
    for row in shown_plots():
        for pen, metres in row.get("metres", {}).items():  # a damaged one has none
            empty = {"machine": row["machine"], "pen": pen, "metres": 0.0, "lifts": 0, "hours": 0.0}
            total = totals.setdefault((row["machine"], pen), empty)
            total["metres"] += metres
            total["lifts"] += int(row["lifts"][pen])
            total["hours"] += row["pen_minutes"][pen] / 60
    return [totals[key] for key in sorted(totals)]


def plotted_drawings() -> dict[str, str]:
    """Return the files of which a plot is done, each with when that was, where, and with which pens."""
    found = {}
    for path in reversed(_journals()):
        row = _shown(path.parent, path.stat().st_size)
        if row["state"] == "done":
            day = time.strftime("%d %b %Y", time.localtime(row["changed"]))
            pens = ", ".join(row["metres"])
            done = "healed" if row["heals"] else "plotted"
            found[row["drawing"]] = f"{done} {day} on {row['machine']} with {pens}"
    return found


@lru_cache(maxsize=10_000)
def _shown(folder: Path, size: int) -> dict[str, Any]:
    return Plot(folder).as_dict()

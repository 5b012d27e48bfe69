"""One run of a plot: from its present stroke to its end, a pause, or a fault, with questions to a person."""

import contextlib
import importlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from drawscape import settings
from drawscape.errors import DrawscapeError, MachineBusyError, MachineError, PlotError
from drawscape.machine import ink, moves
from drawscape.machine.device import locked, read_device, simulator_process
from drawscape.machine.driver import WINDOW, Command, Driver
from drawscape.machine.plan import HOP_MM, Section
from drawscape.machine.plot import BACK, Plot
from drawscape.pens import stored_pens

OnProgress = Callable[[float, str], None]
OnNews = Callable[[str], None]

_PROGRESS_S = 0.5
_LEARN_S = 30.0  # of planned time; a shorter run teaches nothing about the machine's speed
_RETRY_S = 0.2
_RESCUE_S = 600.0  # how long to wait for a machine with its pen down after its cable was pulled
_LIFTING = "the lifting of its pen after a plot broke off; try again in a minute"
_DYING_S = 10.0  # a machine still held after this is used by another run, not by a dying one


class _StoppedError(Exception):
    """A person stopped the run."""


def run_plot(
    plot: Plot,
    run: str,
    *,
    yes: bool = False,
    zero_here: bool = False,
    back: int = BACK,
    from_stroke: int | None = None,
    on_progress: OnProgress = lambda fraction, message: None,
    on_news: OnNews = lambda text: None,
) -> str:
    """Drive the machine until the plot is done or stopped; return its state in words.

    `run` names the run: one that has begun before is refused, so that paper is never drawn on twice by
    accident. With `yes` paper and pens are in. With `zero_here` a pen whose place is unknown is at the
    sheet's zero; on a Z axis it touches the paper there. `on_news` is called with each question that waits
    for a person. Raises MachineError when the machine fails; the pen is up then if it can be reached.
    """
    with locked(plot.folder / "run.lock", 10.0, f"plot {plot.id} runs already"):
        state = plot.refresh()
        if run in state.begun or state.state == "abandoned":
            raise PlotError(
                f"this run of plot {plot.id} has begun before, or was given up; a plot never restarts "
                f"automatically: `drawscape plots resume {plot.id}`"
            )
        # The lock is held: a state left as running by a dead run is interrupted, and not clean.
        start = plot.start_of(back=back, from_stroke=from_stroke)
        ask_paper = state.runs == 0 or start == 0
        corner = plot.check_machine(start)
        plot.journal.append("start", run=run, first=start, corner=corner)
        plot.refresh()
        try:
            with _awake():
                answers = {"paper": yes, "pen": yes, "position": zero_here}
                _Run(plot, answers, on_progress, on_news, can_ask=not yes).go(
                    start, ask_paper=ask_paper
                )
        except _StoppedError:
            plot.journal.append("interrupted", reason="stopped", clean=True)
        except BaseException as error:
            reason = str(error) if isinstance(error, DrawscapeError) else repr(error)
            plot.journal.append("interrupted", reason=reason)
            raise
    return plot.words


class _Run:
    """The state of one run; `go` does everything."""

    def __init__(
        self,
        plot: Plot,
        answers: dict[str, bool],
        on_progress: OnProgress,
        on_news: OnNews,
        *,
        can_ask: bool,
    ) -> None:
        self.plot, self.answers, self.can_ask = plot, answers, can_ask
        self.on_progress, self.on_news = on_progress, on_news
        self.plan, self.device, self.state = plot.aligned_plan, plot.device, plot.record
        self.machine = self.device.machine
        self.lengths = self.plan.lines.lengths_mm
        self._read_ways()
        self.left_mm = {name: 1000 * metres for name, metres in ink.metres_left().items()}
        self.drawing = self.answered = self.tuned = self.moved = False
        self.want = ""  # pen-up, now or stop
        self._told_s = 0.0
        self.driver: Driver

    def _read_ways(self) -> None:
        names = {section.name for section in self.plan.sections}
        is_wet = any(pen.drying_s for pen in stored_pens().values() if pen.name in names)
        self.ways_mm = self.plan.ways_mm(over_ink=not (is_wet or self.state.drying_min))

    def _read_pens(self) -> None:
        """Read the pens again: an answer may have named another."""
        sections = self.plot.plan.sections
        if sections != self.plan.sections:
            self.plan = replace(self.plan, sections=sections)
            self._read_ways()

    def go(self, start: int, *, ask_paper: bool) -> None:
        """Open the machine, ask the necessary questions, and draw from stroke `start` on."""
        self.rescuer = _Rescuer(self.device.name)
        plot = f"plot {self.plot.id}; to stop it: `drawscape plots stop {self.plot.id}`"
        try:
            with self.device.opened(holder=plot) as self.driver:
                try:
                    self._place_pen(self.plan.section_of(start) if ask_paper else None)
                    self._draw(start, ask_paper=not ask_paper)
                except BaseException as error:
                    self._lift(lost=isinstance(error, MachineError) and error.lost)
                    raise
        finally:
            self.rescuer.dismiss()

    def _lift(self, *, lost: bool) -> None:
        if lost:
            self.driver.marker, self.driver.known = 0, False
        try:
            self.driver.halt()
        except DrawscapeError:
            self.rescuer.needed = self.drawing or self.moved
        if lost:
            self.device.remember(self.driver)

    def _note(self, event: str, **values: Any) -> None:
        self.plot.journal.append(event, **values)
        self._listen()

    def _listen(self) -> None:
        requests = self.plot.refresh().requests
        while requests:
            event = requests.popleft()
            match event["e"]:
                case "pause" if self.want != "stop":
                    self.want = event.get("at", "pen-up")
                case "stop":
                    self.want = "stop"
                case "resume" if self.want != "stop":
                    self.want = ""
                case "answer":  # a second click must not answer the next question
                    self.answered |= event.get("to") in (None, self.state.text)
                case "set":
                    self.tuned = True
                    self.driver.settings.update(event["values"])
                    if event.get("keep"):
                        self.device.update(settings=event["values"])
                case "move":
                    values = event["values"]
                    error = self._move(event["motion"], values)
                    # A jog may lift the pen or not: only a motion of the pen itself tells its height.
                    height = "" if error else values.get("where", "")
                    self.plot.journal.append(
                        "moved", request=event["request"], error=error, height=height
                    )

    def _move(self, motion: str, values: dict[str, Any]) -> str:
        """Make a motion that a person asks for; return why it cannot be made, or nothing."""
        name, driver = self.device.name, self.driver
        if self.state.state == "plotting":
            return f"{name} is plotting: pause the plot first"
        self.moved = True
        try:
            match motion:
                case "pen":
                    moves.move_pen(name, driver, **values)
                case "jog":
                    moves.jog(name, driver, **values)
                case "frame":
                    moves.follow_frame(name, driver, self.plan)
        except MachineError as error:
            if error.lost:
                raise
            return str(error)
        except DrawscapeError as error:
            return str(error)
        return ""

    def _wait(self, until: Callable[[], bool]) -> None:
        self._tell(force=True)
        while self.want != "stop" and not until():
            self.driver.poll()
            self._listen()
        if self.want == "stop":
            raise _StoppedError
        if self.driver.known or not (self.driver.moves_z or self.driver.alarm):
            self.driver.prepare()  # the pen goes up again; it may have been switched off and on
        self.moved = False
        self._note("plotting")

    def _ask(self, what: str, text: str) -> None:
        if self.answers[what]:
            return
        if not self.can_ask:
            raise MachineError(
                f"{text} Nobody is asked with --yes: say so with --zero-here, or leave out --yes"
            )
        self.answered = False
        self._note("ask", **{"for": what, "text": text})
        self.on_news(text)
        self._wait(lambda: self.answered)

    def _pause(self) -> None:
        if self.want:
            self.driver.run(self.driver.pen_up())  # the last lift may have been a low one
            self._note("paused", clean=True, k=self.state.done, height="up")
            self._wait(lambda: not self.want)

    def _tell(self, *, force: bool = False) -> None:
        now = time.monotonic()
        if not force and now - self._told_s < _PROGRESS_S:
            return
        self._told_s = now
        message = self.state.text or self.plot.words
        if self.state.state == "plotting":
            message += f", {max(1, round(self.plot.left_s() / 60))} min left"
        self.on_progress(self.state.done / len(self.plan), message)

    def _place_pen(self, asked: Section | None) -> None:
        """Find out where the pen is; ask for paper and the pen of the section `asked` before."""
        driver, device = self.driver, self.device
        driver.sheet = self.plan.width_mm, self.plan.height_mm
        driver.connect(may_reset=True)
        driver.take_over()
        if driver.known or not (driver.moves_z or driver.alarm):
            driver.prepare()  # the pen goes up, so that paper can be laid
        if asked is not None:
            self._ask_paper(asked)
        if driver.homes:
            driver.home()
        if not driver.known:
            self._find_zero()
        driver.prepare()
        driver.hold_motors()
        driver.mark()
        device.remember(driver)
        self.plot.check_machine(self.state.done)  # the zero may lie elsewhere now

    def _find_zero(self) -> None:
        """Ask a person whether the pen is at the sheet's zero, and set that as its place."""
        driver = self.driver
        if not driver.homes:
            with contextlib.suppress(MachineError):
                driver.release()
        why = f"; {driver.alarm}" if driver.alarm else ""
        where = "at the sheet's zero"
        question = (
            f"Does it touch the paper {where}?" if driver.moves_z else f"Is it up, and {where}?"
        )
        self._ask("position", f"{self.device.name} does not know where its pen is{why}. {question}")
        driver.unlock()
        driver.zero_here()

    def _ask_paper(self, section: Section, sheet: str = "") -> None:
        page = self.plan.width_mm, self.plan.height_mm
        if not sheet:
            sheet = f"a sheet of {page[0]:g} x {page[1]:g} mm"
            if (side := self.plan.top_side(self.machine)) != "back":
                lies = "upside down" if side == "front" else "on its side"
                sheet += f" ({lies}, with its top at the machine's {side})"
        driver, text = self.driver, f"Is {sheet} in {self.device.name}, and {section.words}?"
        if driver.lets_go and driver.known and not (driver.homes or self.drawing):
            text += " Is the pen still at zero? The motors were free since the last plot."
        self._ask("paper", text)

    def _draw(self, start: int, *, ask_paper: bool) -> None:
        self.rescuer.wait_until_ready()
        self._read_pens()
        self.drawing, before_s = True, self.state.seconds
        before: Section | None = None
        ended_s = time.time()
        for place in range(len(self.plan.sections)):
            section = self.plan.sections[place]
            begin = max(start, section.first)
            if begin >= section.last:
                continue
            if before is not None:
                self._ask_between(before, section)
            elif ask_paper:
                is_new = self.plan.section_of(start - 1).sheet != section.sheet
                self._ask_paper(section, "" if is_new else "the same sheet still")
            self._read_pens()
            section = self.plan.sections[place]
            self._dry(section, before, ended_s)
            self.driver.run(self.driver.change_pen(section.pen))
            while (begin := self._strokes(begin, section)) < section.last:
                self._pause()
            before, ended_s = section, time.time()
        self.driver.run(self.driver.park())
        self.driver.run(self.driver.change_pen(0))
        self.driver.let_motors_go()
        self.device.remember(self.driver)
        self._note("done")
        if not self.tuned:
            self._learn(self.state.seconds - before_s, float(self.plan.seconds[start:].sum()))
        self._tell(force=True)

    def _ask_between(self, before: Section, section: Section) -> None:
        """Ask for a new sheet, or for a pen that differs in its number, name or colour."""
        is_in = section.has_pen_of(before) or self.driver.changes_pens
        if section.sheet != before.sheet:
            self.driver.run(self.driver.park())
            self._ask_paper(section)
        elif section.motion.pause or not is_in:
            self.driver.run(self.driver.park())
            self._ask("pen", f"Is this pen in: {section.words}?")

    def _dry(self, section: Section, before: Section | None, ended_s: float) -> None:
        """Wait until the ink that another pen ended at `ended_s` is dry; a person may say so earlier."""
        dry_s = (section.motion.delay_ms or 0) / 1000
        if before and before.sheet == section.sheet and not before.has_pen_of(section):
            dry_s = max(dry_s, 60 * self.state.drying_min)
        until = ended_s + dry_s
        if time.time() >= until:
            return
        self.driver.run(self.driver.park())
        clock = time.strftime("%H:%M:%S", time.localtime(until))
        self.answered = False
        text = f"The ink dries until {clock}. Is it dry now?"
        self._note("ask", **{"for": "drying", "text": text})
        self._wait(lambda: self.answered or time.time() > until)

    def _strokes(self, first: int, section: Section) -> int:
        """Stream strokes until the section ends or somebody wants a pause; return the next one."""
        driver, todo, offsets = self.driver, first, self.device.offsets
        lines = self.plan.moved(section, offsets, self.machine)
        commands: Iterator[Command] = iter(())
        command: Command | None = None
        while self.want not in ("stop", "now"):
            while command := command or next(commands, None):
                if not driver.fits(command):
                    break
                driver.send(command)
                command = None
            if command is None and self._may_begin(todo, section):
                line = self.plan.placed(lines[todo - section.first], self.machine)
                todo += 1
                hop_mm = driver.settings.get("hop_mm", HOP_MM)
                is_low = bool(self.ways_mm[todo - 1] < hop_mm)
                commands = driver.stroke(line, section, todo, low=is_low)
                continue
            for stroke in driver.poll():
                self._executed(stroke)
            self._listen()
            if driver.button:
                driver.button = False
                self._note("pause")
            if command is None and not driver.pending and self.state.done >= todo:
                if todo == section.last or self.want == "pen-up":
                    return todo
                if self._runs_dry(todo, section):
                    self._ask_new_pen(todo, section)
        if self.want == "stop":
            raise _StoppedError
        driver.halt()
        return self.state.done

    def _may_begin(self, index: int, section: Section) -> bool:
        done = self.state.done
        full = index - done >= self.driver.window
        unsafe = index - (done - self.plot.journal.unsynced) >= WINDOW
        if full or unsafe or index >= section.last or self.want:
            return False
        return not self._runs_dry(index, section)

    def _executed(self, stroke: int) -> None:
        length_mm = float(self.lengths[stroke - 1])
        name = self.plan.section_of(stroke - 1).name
        if name in self.left_mm:
            self.left_mm[name] -= length_mm
        self.plot.journal.append("stroke", soon=True, k=stroke)
        self._listen()
        self._tell()

    def _runs_dry(self, index: int, section: Section) -> bool:
        """Whether the pen may not last to the end of stroke `index`, and somebody can be asked."""
        if section.name not in self.left_mm or self.answers["pen"]:
            return False
        ahead_mm = float(self.lengths[self.state.done : index + 1].sum())
        return ahead_mm > self.left_mm[section.name]

    def _ask_new_pen(self, index: int, section: Section) -> None:
        """Ask for a new pen of the same kind, whose metres count from 0; the next stroke is drawn with it."""
        self.driver.run(self.driver.park())
        left_m = max(self.left_mm[section.name], 0.0) / 1000
        self._ask("pen", f"Is a new pen in: {section.words}? The old one has {left_m:.1f} m left.")
        left_mm = 1000 * ink.put_in_new(section.name)
        self.left_mm[section.name] = max(left_mm, float(self.lengths[index]))

    def _learn(self, took_s: float, planned_s: float) -> None:
        """Compare a whole run's time with its plan, for the estimates of later plots."""
        if planned_s >= _LEARN_S and took_s > 0:
            factor = min(max(took_s / planned_s, 0.01), 10.0)
            self.device.update(factor=round((self.device.factor + factor) / 2, 4))


class _Rescuer:
    """A process that lifts the pen: when this one dies, or when `needed` is set at the end."""

    def __init__(self, name: str) -> None:
        self.needed = False
        pipe, null = subprocess.PIPE, subprocess.DEVNULL
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from drawscape.machine.run import rescue; rescue()", name],
            stdin=pipe, stdout=pipe, stderr=null, start_new_session=True,
            env={**os.environ, **settings.OUTLIVING, "DRAWSCAPE_HOME": str(settings.home())},
        )  # fmt: skip

    def wait_until_ready(self) -> None:
        """Wait until it can act without delay."""
        if (ready := self._process.stdout) is not None:
            ready.read(1)

    def dismiss(self) -> None:
        """End it, or let it lift the pen in the background."""
        if self.needed:
            threading.Thread(target=self._process.communicate, daemon=True).start()
            return
        with contextlib.suppress(OSError):
            self._process.communicate(b"done")


def rescue() -> None:
    """Lift the pen of a machine once stdin ends without input; its cable may be out for a while."""
    device = read_device(sys.argv[1])
    with contextlib.suppress(ImportError):
        importlib.import_module("serial")  # now, because there is no time later
    os.write(1, b".")
    began = -_RESCUE_S if sys.stdin.read() else time.monotonic()
    while (late_s := time.monotonic() - began) < _RESCUE_S:
        if device.driver == "simulator" and simulator_process(device.name) is None:
            return  # it ended with the job that had started it
        try:
            with read_device(device.name).opened(patience_s=_RETRY_S, holder=_LIFTING) as driver:
                driver.rescue()
            return
        except MachineBusyError:
            if late_s > _DYING_S:  # that run has lifted the pen
                return
        except MachineError:
            time.sleep(_RETRY_S)


@contextlib.contextmanager
def _awake() -> Iterator[None]:
    """Keep the computer awake, if its system allows; this ends with the program."""
    commands = (
        ["systemd-inhibit", "--what=sleep:idle", "--who=drawscape", "--why=plotting", "cat"],
        ["caffeinate", "-i", "cat"],
    )
    with contextlib.ExitStack() as stack:
        for command in commands:
            pipe, null = subprocess.PIPE, subprocess.DEVNULL
            with contextlib.suppress(OSError):
                stack.enter_context(subprocess.Popen(command, stdin=pipe, stdout=null, stderr=null))
        yield

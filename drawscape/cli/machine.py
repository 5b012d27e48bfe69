"""`drawscape machine` and `drawscape plots`: plotters at ports, and their plots."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import click
import numpy as np

from drawscape.cli.options import JSON, NumberType, flag, option
from drawscape.cli.printing import print_facts, print_json, print_table
from drawscape.drawing.document import Document, Layer
from drawscape.errors import DrawscapeError, MachineError, PhotoError, PlotError
from drawscape.geometry.lines import Lines
from drawscape.geometry.regions import polar
from drawscape.jobs import get_job_status, workers_alive
from drawscape.machine import moves
from drawscape.machine.alignment import far_points, find_alignment
from drawscape.machine.device import (
    DRIVERS,
    add_device,
    device_names,
    devices,
    find_baud,
    read_device,
)
from drawscape.machine.driver import Driver
from drawscape.machine.plot import (
    BACK,
    TUNED,
    Plot,
    State,
    find_plot,
    find_waiting,
    list_plots,
    plot_totals,
    shown_plots,
)
from drawscape.machine.port import NICKNAME, shares_its_name
from drawscape.plot import save
from drawscape.plot.known_machines import LiftName
from drawscape.plot.lifts import LIFTS
from drawscape.settings import NamedFile

_POLL_S = 0.2
_ENDED = ("done", "interrupted", "abandoned", "damaged")
_MM = NumberType(-1e6)
_PERCENT = NumberType(*TUNED["down_percent"])

YES = flag("--yes", "Yes to the questions about paper and pens; ask nothing else.")
ZERO_HERE = flag("--zero-here", "The pen is at the sheet's zero, if the machine lost its place.")
WAIT = flag("--wait", "Wait for the end of the plot, and show its progress.")
_NAME = click.argument("name")
PLOT = click.argument(
    "plot", metavar="ID", callback=lambda _context, _parameter, value: find_plot(value)
)
_NEGATIVE = {"ignore_unknown_options": True}  # for negative numbers


@click.group()
def machine() -> None:
    """Add plotters, check them, and move their pens."""


@machine.command("add")
@_NAME
@option(
    "--driver",
    "Language of the plotter: ebb for an AxiDraw.",
    required=True,
    type=click.Choice(DRIVERS),
)
@option("--port PORT", "Port of the plotter: /dev/ttyUSB0; 10x for the simulator.")
@option("--profile FILE", "Profile with reach, speeds and commands.")
@option(
    "--baud RATE",
    "Speed of the serial line (default for Marlin: detected).",
    type=click.IntRange(1),
)
@option("--lift LIFT", "Lift of an AxiDraw's pen.", type=click.Choice([*LIFTS]))
def add(
    name: str,
    driver: str,
    port: str | None,
    profile: str | None,
    baud: int | None,
    lift: LiftName | None,
) -> None:
    """Add the plotter at a port, under a NAME.

    A profile is a machine of `drawscape plot --machine`, a .toml file with one, or a G-code profile.
    The simulator's port is its speed: 10x is ten times as fast as a real machine.
    """
    if port is None and driver != "simulator":
        raise click.UsageError("give the port with --port; `drawscape doctor` lists those it finds")
    device = add_device(name, driver, port or "1x", profile, baud=baud, lift=lift)
    if driver == "marlin" and baud is None and os.path.exists(device.port):
        device = device.update(baud=find_baud(device))
    click.echo(f"{device.name}: {device.machine.title} at {device.port}")
    if device.board and shares_its_name(device.port):
        click.echo(
            "Two boards have the same name, so this one is known by its USB socket: leave it there, or "
            f"{NICKNAME}, and add it again.",
            err=True,
        )


@machine.command("list")
@JSON
def list_machines(as_json: bool) -> None:
    """List the machines of this home."""
    if as_json:
        print_json([asdict(device) for device in devices()])
        return
    rows = []
    for name in device_names():
        try:
            one = read_device(name)
            rows.append((name, one.driver, one.port, one.machine.title))
        except DrawscapeError as error:
            rows.append((name, "", "", str(error)))
    nothing = "no machine yet; add one with `drawscape machine add`"
    print_table(["name", "driver", "port", "machine"], rows, nothing=nothing)


@contextmanager
def _taken_over(name: str, sheet: tuple[float, float] | None = None) -> Iterator[Driver]:
    """Open a machine to move it. Its stored position does not change."""
    device = read_device(name)
    with device.opened() as driver:
        driver.sheet = sheet or driver.sheet
        driver.connect(may_reset=True)
        driver.take_over()
        yield driver
        device.remember(driver)


@machine.command()
@_NAME
def check(name: str) -> None:
    """Show which firmware answers, and where the pen is.

    Nothing moves or changes.
    """
    device = read_device(name)
    with device.opened() as driver:
        driver.connect()
        click.echo(f"{name}: {driver.firmware}", err=True)
        if driver.alarm:
            click.echo(f"{name}: {driver.alarm}")
        elif driver.known:
            x, y = driver.position()
            click.echo(f"{name}: OK, the pen is at {x:.2f}, {y:.2f} mm")
        else:
            click.echo(
                f"{name}: OK, but it does not know where its pen is; {moves.remedy(name, driver)}"
            )
        for sentence in driver.advice:
            click.echo(f"{name}: {sentence}")


@machine.command()
@_NAME
def home(name: str) -> None:
    """Send the pen home.

    It goes to the limit switches, if there are any, then to zero.
    """
    with _taken_over(name) as driver:
        driver.home()
        if driver.known:
            driver.prepare()
        elif not driver.homes:
            moves.must_know(name, driver)
        else:
            driver.set_modes()
            click.echo(f"{name}: let the pen touch the paper, then `drawscape machine zero {name}`")
        if driver.known or driver.is_up:
            driver.run(driver.travel(0.0, 0.0))
        if driver.homes:
            driver.mark()


@machine.command(context_settings=_NEGATIVE)
@_NAME
@click.argument("x", type=_MM)
@click.argument("y", type=_MM)
@option("--z MM", "Distance of a Z axis: up, or down if negative.", default=0.0, type=_MM)
def jog(name: str, x: float, y: float, z: float) -> None:
    """Move the raised pen by X and Y mm.

    --z moves a pen on a Z axis up or down. The pen must stay within the machine's reach.
    """
    if plot := find_waiting(name):
        plot.ask_to_move("jog", x=x, y=y, z=z)
        return
    with _taken_over(name) as driver:
        moves.jog(name, driver, x=x, y=y, z=z)


@machine.command()
@_NAME
@click.argument("where", type=click.Choice(["up", "down", "low"]))
def pen(name: str, where: str) -> None:
    """Move the pen up or down.

    low is the height of a short move: just clear of the paper.
    """
    if plot := find_waiting(name):
        plot.ask_to_move("pen", where=where)
        return
    with _taken_over(name) as driver:
        moves.move_pen(name, driver, where=where)


@machine.command()
@_NAME
def zero(name: str) -> None:
    """Set the sheet's corner to where the pen is.

    A pen on a Z axis must touch the paper.
    """
    with _taken_over(name) as driver:
        if driver.homes and not driver.kept_counting:
            raise MachineError(
                f"{name} must find its switches first: `drawscape machine home {name}`"
            )
        driver.unlock()
        driver.zero_here()
        driver.mark()
        click.echo(f"{name}: the sheet's corner is here")


@machine.command()
@_NAME
@option("--plot ID", "Plot of that sheet: its id, or the last characters of it.", required=True)
@option("--points X Y X Y", "Points of the drawing to find, in mm.", nargs=4, type=_MM)
@flag("--photo by_photo", "Photographs of the sheet with the pen near each point.")
@flag("--scale", "Correction of the size too, not only rotation and shift.")
def align(
    name: str,
    plot: str,
    points: tuple[float, float, float, float] | None,
    by_photo: bool,
    scale: bool,
) -> None:
    """Find the position of a sheet that was put back.

    You move the pen to two points of its drawing. The rest of the plot is turned and shifted to match. If
    nothing is drawn yet, as on a second side, the points are two corners of the sheet. For a tile, give
    points that its neighbours have drawn. With --photo the pen need only be near each point: a photograph
    shows the difference.
    """
    found = find_plot(plot)
    if found.record.machine != name or found.runs:
        raise PlotError(f"plot {found.id} is for {found.record.machine}, and {found.words}")
    named = _points_to_find(found, points)
    save(_marked(found, [place for _, place in named]), found.folder / "points.svg")
    click.echo(f"Both points are marked in {found.folder / 'points.svg'}", err=True)
    plan, drawn, seen = found.aligned_plan, [], []
    with _taken_over(name, (plan.width_mm, plan.height_mm)) as driver:
        moves.must_know(name, driver)
        for number, (words, place) in enumerate(named, 1):
            (usual,) = plan.placed(np.array([place]), driver.machine)
            driver.prepare()
            driver.run(driver.travel(*np.clip(usual, *driver.limits).tolist()))
            click.echo(f"Point {number} of 2 is {words}.", err=True)
            tip = _move_until_there(name, driver, found if by_photo else None)
            drawn.append(tip or place)
            seen.append(driver.position())
        driver.prepare()
        planned = found.plan.placed(np.array(drawn), driver.machine)
        alignment = find_alignment(planned, np.array(seen), scale=scale)
        driver.run(driver.park())
    found.align(alignment)
    click.echo(f"plot {found.id}: {alignment.words}")


def _points_to_find(
    plot: Plot, given: tuple[float, float, float, float] | None
) -> list[tuple[str, tuple[float, float]]]:
    """Return two places with a description each: ends of drawn strokes, else corners of the sheet."""
    plan = plot.plan
    if given is not None:
        pairs = [given[:2], given[2:]]
        return [(f"{x:g}, {y:g} mm of the drawing", (x, y)) for x, y in pairs]
    if drawn := far_points(plan.lines, plot.state.drawn):
        return [
            (f"where stroke {number} begins, {x:.1f}, {y:.1f} mm", (x, y))
            for number, (x, y) in drawn
        ]
    last = plan.width_mm, plan.height_mm
    corners = [("upper left", (0.0, 0.0)), ("lower right", last)]
    return [(f"the {words} corner of the sheet", place) for words, place in corners]


def _marked(plot: Plot, places: list[tuple[float, float]]) -> Document:
    """Return the plot's drawing with a ring around each of the places."""
    ring = polar(3.0, np.linspace(0.0, 2 * np.pi, 37))
    rings = Lines.of([ring + place for place in places])
    layers = (
        Layer("drawing", "#999999", None, plot.plan.lines),
        Layer("points", "red", 0.8, rings),
    )
    return Document(plot.plan.width_mm, plot.plan.height_mm, layers)


def _move_until_there(
    name: str, driver: Driver, photographed: Plot | None
) -> tuple[float, float] | None:
    """Move the pen as the user says until it is in place.

    For a `photographed` sheet, return where the pen is on it, in mm of its drawing.
    """
    words = "Move the pen by X Y (mm), up or down; press Enter when it is there"
    example = "two numbers, such as 0.5 -2"
    if photographed:
        words = "FILE X Y is a photograph and the pixel of the pen's tip; X Y moves it; down, up"
        example += " to move the pen, or sheet.jpg 812 1033"
    while text := click.prompt(
        words, default=None if photographed else "", show_default=False, err=True
    ).strip():
        parts = text.rsplit(None, 2)
        try:
            if text in ("up", "down"):
                moves.move_pen(name, driver, where=text)
                continue
            x, y = (_MM.convert(part, None, None) for part in parts[-2:])
            if photographed and len(parts) == 3:
                from drawscape.tasks.healing import place_in_photograph

                return place_in_photograph(photographed, NamedFile(parts[0]), (x, y))
            moves.jog(name, driver, x=x, y=y, z=0.0)
        except (PlotError, PhotoError, OSError, ValueError, click.BadParameter) as error:
            click.echo(f"{text}: {error}; write {example}", err=True)
    return None


@machine.command()
@_NAME
def release(name: str) -> None:
    """Switch the motors off, to move the carriage by hand."""
    with read_device(name).opened() as driver:
        driver.connect()
        driver.release()


@machine.command(context_settings=_NEGATIVE)
@_NAME
@click.argument("number", metavar="PEN")
@click.argument("x", type=_MM)
@click.argument("y", type=_MM)
def offset(name: str, number: str, x: float, y: float) -> None:
    """Set how far off a PEN draws: X and Y in mm.

    PEN is a number or a name.
    """
    read_device(name).update(offsets={number: [-x, -y]})


@click.group()
def plots() -> None:
    """Follow plots on machines: pause, resume, answer, stop.

    An ID is that of a plot, or its last characters.
    """


@plots.command("list")
@JSON
def list_command(as_json: bool) -> None:
    """List plots, the newest first."""
    if as_json:
        print_json(shown_plots())
        return
    rows = [(one.id, one.record.machine, one.words, one.record.drawing) for one in list_plots()]
    nothing = "no plot yet; make one with `drawscape plot FILE --on NAME`"
    print_table(["id", "machine", "state", "drawing"], rows, nothing=nothing)


@plots.command
@JSON
def total(as_json: bool) -> None:
    """Add up the metres, lifts and hours of each pen on each machine."""
    rows = plot_totals()
    if as_json:
        print_json(rows)
        return
    columns = ["machine", "pen", "metres", "lifts", "hours"]
    cells = [[_rounded(row[column]) for column in columns] for row in rows]
    print_table(columns, cells, nothing="no plot yet")


def _rounded(value: str | float) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


@plots.command()
@PLOT
@JSON
def show(plot: Plot, as_json: bool) -> None:
    """Show the progress of a plot, and its open question."""
    values = plot.as_dict()
    if as_json:
        print_json(values)
        return
    click.echo(f"plot {plot.id}: {plot.words}")
    known = ("question", "reason", "drawing", "machine", "runs", "minutes", "left_minutes")
    pens = {f"ink of {name}": f"{m:.2f} m" for name, m in values.get("metres", {}).items()}
    print_facts({name.replace("_", " "): values.get(name) or None for name in known} | pens)


@plots.command()
@PLOT
@option("--back NUMBER", "Strokes to go back.", default=BACK, type=click.IntRange(0))
@option("--from-stroke K", "First stroke.", type=click.IntRange(1))
@WAIT
@YES
@ZERO_HERE
def resume(
    plot: Plot,
    back: int,
    from_stroke: int | None,
    wait: bool,
    yes: bool,
    zero_here: bool,
) -> None:
    """Continue a plot a few strokes before the stop."""
    from drawscape.tasks.plotting import resume_plot

    resume_plot(plot, yes=yes, zero_here=zero_here, back=back, from_stroke=from_stroke)
    after(plot, wait=wait)


@plots.command()
@PLOT
@flag("--now", "At once, not at the end of the stroke.")
def pause(plot: Plot, now: bool) -> None:
    """Pause a plot when its pen is next up."""
    plot.request("pause", at="now" if now else "pen-up")


@plots.command()
@PLOT
def stop(plot: Plot) -> None:
    """Stop a plot at once, pen up first.

    A plot that does not run is given up.
    """
    from drawscape.tasks.plotting import act_on_plot

    act_on_plot(plot, "stop", {})


@plots.command()
@PLOT
@option(
    "--pen NAME", "Pen of `drawscape pens` that is in the machine, instead of the one asked for."
)
def answer(plot: Plot, pen: str | None) -> None:
    """Answer a plot's question with yes."""
    if plot.state.state != "waiting":
        raise MachineError(f"plot {plot.id} is not asking anything; it is {plot.words}")
    question = plot.state.text
    click.echo(question)
    plot.answer(to=question, pen=pen or "")


@plots.command("set")
@PLOT
@option("--speed PERCENT", "Drawing speed.", type=NumberType(*TUNED["speed"]))
@option("--down down_percent PERCENT", "Height of the pen when it draws.", type=_PERCENT)
@option("--up up_percent PERCENT", "Height of the pen when it travels.", type=_PERCENT)
@option(
    "--hop hop_mm MM",
    "Longest move with a low lift; 0 for none.",
    type=NumberType(*TUNED["hop_mm"]),
)
@flag("--keep", "Also for later plots on this machine.")
def set_command(plot: Plot, keep: bool, **given: float | None) -> None:
    """Change speed and pen heights from the next stroke on."""
    from drawscape.tasks.plotting import act_on_plot

    values = {name: value for name, value in given.items() if value is not None}
    act_on_plot(plot, "set", {"values": values, "keep": keep})


@plots.command
@PLOT
def frame(plot: Plot) -> None:
    """Move the raised pen around a plot."""
    plot.check_machine(0)
    name = plot.record.machine
    if plot.waits:
        plot.ask_to_move("frame")
        return
    with _taken_over(name, (plot.plan.width_mm, plot.plan.height_mm)) as driver:
        driver.home()
        driver.mark()
        moves.follow_frame(name, driver, plot.aligned_plan)


def say_without_worker() -> None:
    """Warn that no worker is alive, if none is."""
    if not workers_alive():
        click.echo("no worker is alive; start one with `drawscape worker`", err=True)


def after(plot: Plot, *, wait: bool, says_id: bool = True) -> None:
    """Print a plot's id, and with `wait` show it until it ends; its questions are asked on a terminal.

    Exits with 1 when it failed, with 130 at Ctrl-C: the plot goes on then.
    """
    if says_id:
        click.echo(plot.id)
    say_without_worker()
    if not wait:
        return
    try:
        state = _follow(plot)
    except (click.Abort, KeyboardInterrupt):
        click.echo(
            f"\nno longer waiting; the plot goes on without this command: it is {plot.words}. "
            f"To stop it: `drawscape plots stop {plot.id}`",
            err=True,
        )
        raise click.exceptions.Exit(130) from None
    click.echo(plot.words, err=True)
    if state.state != "done":
        why = f": {state.reason}" if state.reason else ""
        raise click.ClickException(
            f"plot {plot.id} is {plot.words}{why}; `drawscape plots resume {plot.id}`"
        )


def _follow(plot: Plot) -> State:
    """Return the state in which a plot has ended; show it and ask its questions until then."""
    shown: object = None
    told = ""
    terminal = sys.stderr.isatty()
    while (state := plot.state).state not in _ENDED:
        step = plot.words if terminal else (state.label, 10 * state.done // plot.strokes)
        if step != shown:
            shown = step
            left = f", {round(plot.left_s() / 60, 1)} min left" if state.state == "plotting" else ""
            begin = "\r\x1b[K" * terminal
            click.echo(f"{begin}{plot.words}{left}", nl=not terminal, err=True)
        question = ""
        if state.state == "waiting" and state.question != "drying":
            question = state.text
        if question and sys.stdin.isatty():
            click.confirm(f"\n{question}", abort=True, err=True)
            plot.request("answer", to=question)
        elif question != told:
            told = question
            if told:
                click.echo(f"{told} To say yes: `drawscape plots answer {plot.id}`", err=True)
        if state.state == "ready" and state.job:
            job = get_job_status(state.job)
            if job["status"] in ("failed", "canceled", "stopped") and plot.state.state == "ready":
                raise click.ClickException(f"plot {plot.id} did not start: {job['error']}")
        time.sleep(_POLL_S)
    return state

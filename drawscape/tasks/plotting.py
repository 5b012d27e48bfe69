"""Tasks that make a drawing ready to plot, and that plot it."""

import contextlib
import os
import secrets
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypedDict, Unpack

from drawscape import settings
from drawscape.editions.ledger import add_healing, sheet_of_plot
from drawscape.errors import JobNotFoundError, MachineBusyError, PlotError, UnknownNameError
from drawscape.jobs import (
    WAITING,
    Job,
    cancel_job,
    current_job,
    enqueue_background_job,
    get_job_status,
)
from drawscape.machine.device import locked
from drawscape.machine.plot import BACK, FINAL, TUNED, Plot, find_plot
from drawscape.machine.run import run_plot
from drawscape.parameters import InputFile
from drawscape.plot import optimize, statistics
from drawscape.plot.formats import save
from drawscape.svg.read import read_svg

_NOTIFY_S = 10.0  # the time for the user's command or server


def optimize_svg(
    path: InputFile,
    *,
    tolerance_mm: float = 0.05,
    simplify_mm: float = 0.02,
    drop_shorter_mm: float = 0.0,
    deduplicate: bool = True,
    output_filename: str | None = None,
) -> str:
    """Return the absolute path of an SVG with the lines of that at `path`, made ready to plot.

    The options are those of `drawscape.plot.optimize`. The figures before and after are in the job's
    log, totals in its `meta`. Raises ForbiddenPathError, FileNotFoundError, SvgReadError, PlotError.

    >>> drawing = generate_complex_svg(60, 60, "harmonograph")
    >>> Path(optimize_svg(drawing, output_filename="ordered.svg")).name
    'ordered.svg'
    """
    job = current_job()
    before = read_svg(settings.readable_path(path))
    after = optimize(
        before,
        tolerance_mm=tolerance_mm,
        simplify_mm=simplify_mm,
        drop_shorter_mm=drop_shorter_mm,
        deduplicate=deduplicate,
        on_progress=job.progress,
    )
    for when, document in (("before", before), ("after", after)):
        total = statistics(document)[-1]
        job.meta[when] = asdict(total)
        job.log(f"{when}: {total.lines} lines, {total.pen_up_mm / 1000:.2f} m pen-up travel")
    target = settings.output_path(
        output_filename or f"optimized/{settings.safe_name(Path(path).stem)}.svg"
    )
    return str(save(after, target, format="svg"))


class RunOptions(TypedDict, total=False):
    """How a plot is run: with `yes` paper and pens are in, and nobody is asked.

    With `zero_here` the pen is at the sheet's zero if the machine does not know its place. Without it, the
    run then ends. `back` and `from_stroke` say where it begins, as for `Plot.start_of`.
    """

    yes: bool
    zero_here: bool
    back: int
    from_stroke: int | None


def drive_plot(plot_id: str, run: str, **options: Unpack[RunOptions]) -> str:
    """Drive the machine until the plot is done; return its state in words.

    Each `run` is driven once: a job that is queued again does not draw on the same paper again. With
    `DRAWSCAPE_PLOT_MAIL` in the worker's environment, a mail goes to that address when the plot waits
    for a person or ends. The project's `notify` and `notify_url` work likewise; their errors are in the job's
    log. Raises MachineError when the machine fails, PlotError for a run that has begun
    before.
    """
    job, plot = current_job(), find_plot(plot_id)

    def mail(text: str) -> None:
        if recipient := os.environ.get("DRAWSCAPE_PLOT_MAIL"):
            enqueue_background_job(
                "drawscape.tasks.mail.send_notification",
                recipient,
                f"{plot.title}: {plot.state.label}",
                "drawing_ready",
                message=text,
                drawing=plot.words,
                job_retries=3,
                job_retry_delay="10m",
                job_description=f"mail: {plot.title}",
            )

    with ThreadPoolExecutor(1) as messages:  # it waits for the last of them
        sent = []

        def tell(text: str) -> None:
            mail(text)
            sent.append(messages.submit(_notify, f"{plot.title}: {text}", plot.id))

        try:
            return run_plot(plot, run, **options, on_progress=job.progress, on_news=tell)
        finally:
            tell(plot.state.reason or "The plot has ended; take the sheet out.")
            for message in sent:
                if error := message.exception():
                    job.log(f"a message about the plot was not sent: {error}")


def _notify(text: str, plot_id: str) -> None:
    """Run the user's command, and post to the user's URL in the form of ntfy.sh."""
    import urllib.request  # takes long, and few need it

    if command := settings.notify_command():
        null = subprocess.DEVNULL
        subprocess.run(
            [*command, text, plot_id],
            stdin=null, stdout=null, stderr=null, timeout=_NOTIFY_S, check=True,
        )  # fmt: skip
    if url := settings.notify_url():
        request = urllib.request.Request(url, text.encode(), {"Content-Type": "text/plain"})
        urllib.request.urlopen(request, timeout=_NOTIFY_S).close()


def enqueue_plot(plot: Plot, **options: Unpack[RunOptions]) -> Job:
    """Queue a run of the plot in its machine's lane and return the job; one runs at a time.

    When it has ended, its machine gets the next sheet of the edition that the plot is for, if any.
    Raises PlotError when the plot runs or waits already, has no such stroke, or its sheet was judged.
    """
    twice = f"plot {plot.id} runs or waits for its machine already"
    with locked(plot.folder / "queue.lock", 10.0, twice):  # two people may request it at once
        if is_queued(plot) or plot.runs:  # in this order: it may begin in between
            raise PlotError(f"{twice}; it is {plot.words}")
        from_stroke = options.get("from_stroke")
        plot.check_machine(plot.start_of(back=options.get("back", BACK), from_stroke=from_stroke))
        state = plot.state
        if state.state == "done" and from_stroke is None:
            raise PlotError(f"plot {plot.id} is done; name a stroke to draw from, or plot it again")
        run = f"plot-{plot.id}-{state.runs + 1}-{secrets.token_hex(2)}"
        lane = f"machine:{plot.record.machine}"
        if plot.record.heals:
            add_healing(plot.record.heals, plot.id)
        edition, verdict = sheet_of_plot(plot.id)
        if verdict:
            raise PlotError(f"the sheet of plot {plot.id} is {verdict}: plot nothing more on it")
        feeds = "drawscape.tasks.editions.feed_after" if edition else None
        plot.journal.append("queued", run=run, job=run)
        return enqueue_background_job(
            "drawscape.tasks.plotting.drive_plot",
            plot.id,
            run,
            **options,
            job_id=run,
            job_timeout=None,
            job_recover=False,
            job_lane=lane,
            job_limit=1,
            job_limit_key=lane,
            job_description=plot.title,
            job_on_success=feeds,
            job_on_failure=feeds,
        )


def is_queued(plot: Plot) -> bool:
    """Whether a run of the plot waits for its machine or a worker, or is about to begin."""
    state = plot.state
    if state.state == "ready" and state.job:
        with contextlib.suppress(JobNotFoundError):  # the process died before it queued the job
            return get_job_status(state.job)["status"] in (*WAITING, "started")
    return False


def resume_plot(plot: Plot, **options: Unpack[RunOptions]) -> None:
    """Resume a paused plot, or queue another run of one that does not run.

    Raises PlotError as `enqueue_plot` does.
    """
    if plot.state.state == "paused" and options.get("from_stroke") is None:
        plot.request("resume")
    else:
        enqueue_plot(plot, **options)


def act_on_plot(plot: Plot, action: str, values: dict[str, Any]) -> Plot:
    """Do the action of a button in a plot's panel, and return the plot that the panel must show next.

    `stop` lifts the pen first, or gives up a plot. `move` waits for the end of a motion of the raised pen.
    `again` queues a new plot of the same strokes, and `heal` one of those missing in a photograph.
    Raises UnknownNameError for another action or motion, PlotError for an action that is not possible now.
    """
    match action:
        case "answer":
            plot.answer(to=values.get("to"), pen=str(values.get("pen") or ""))
        case "pause" | "pause_now":
            plot.request("pause", at="now" if action == "pause_now" else "pen-up")
        case "resume":
            from_stroke = values.get("from_stroke")
            resume_plot(plot, from_stroke=None if from_stroke is None else int(from_stroke))
        case "stop":
            lock = plot.folder / "run.lock"  # while it is held, no run begins
            while not plot.runs:
                with contextlib.suppress(MachineBusyError), locked(lock, 0.1, ""):
                    if plot.state.state in FINAL:
                        break
                    if is_queued(plot):
                        cancel_job(plot.state.job)
                    plot.journal.append("abandoned", k=plot.state.done)
                    return plot
            plot.request("stop")
        case "set":
            wanted = {name: _tuned(name, value) for name, value in dict(values["values"]).items()}
            plot.request("set", values=wanted, keep=bool(values.get("keep")))
        case "move":
            plot.ask_to_move(values["motion"], **_motion(values))
        case "again":
            plot = plot.again()
            enqueue_plot(plot)
        case "heal":
            from drawscape.tasks.photographs import heal_photographed  # it needs the extra `photo`

            strokes = {name: map(int, values.get(name, ())) for name in ("take_out", "add")}
            plot = heal_photographed(plot, str(values["photograph"]), **strokes)
            enqueue_plot(plot)
        case _:
            raise UnknownNameError("action", action, ACTIONS)
    return plot


def _motion(values: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of `Plot.ask_to_move` for the motion of a button."""
    match values["motion"]:
        case "pen":
            return {"where": "down" if values["where"] == "down" else "up"}
        case "jog":
            return {"x": _way(values["x"]), "y": _way(values["y"]), "z": 0.0}
        case "frame":
            return {}
        case other:
            raise UnknownNameError("motion", other, MOTIONS)


def _way(mm: Any) -> float:
    if not abs(float(mm)) <= LONGEST_JOG_MM:
        raise PlotError(f"{mm!r} mm: give -{LONGEST_JOG_MM} to {LONGEST_JOG_MM} mm for a jog")
    return float(mm)


def _tuned(name: str, value: Any) -> float:
    if name not in TUNED:
        raise UnknownNameError("setting", name, TUNED)
    least, most = TUNED[name]
    if not least <= float(value) <= most:
        unit = "mm" if name.endswith("_mm") else "percent"
        raise PlotError(f"{name}={value!r}: give {least:g} to {most:g} {unit}")
    return float(value)


MOTIONS = ("pen", "jog", "frame")

LONGEST_JOG_MM = 100
"""The longest way of one jog by a button."""

ACTIONS = ("answer", "pause", "pause_now", "resume", "stop", "set", "move", "again", "heal")
"""What `act_on_plot` does."""

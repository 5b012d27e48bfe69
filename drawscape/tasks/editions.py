"""Editions on machines: each machine of a group gets the next number when it is free."""

from collections.abc import Collection
from contextlib import ExitStack

from drawscape.editions.ledger import Claim, Edition, Verdict, find_edition, sheet_of_plot
from drawscape.editions.sheets import label_of, sheet_of
from drawscape.errors import DrawscapeError, MachineError, PlotError
from drawscape.machine.device import device_names, locked, read_device
from drawscape.machine.plot import FINAL, Plot, find_plot, plots_folder
from drawscape.tasks.plotting import act_on_plot, enqueue_plot, is_queued

_HOLD_A_MACHINE = ("queued", "plotting", "waiting", "interrupted")


def plot_edition(
    edition: Edition, on: str | None, *, yes: bool, zero_here: bool, by_pen: bool
) -> dict[str, str]:
    """Give orders to machines ('desk,wall', or all), and return the plots that begin, by machine.

    Raises UnknownNameError for an unknown machine, MachineError without any, and as `feed_machine` does.
    """
    machines = [*dict.fromkeys(on.split(",") if on else device_names())]
    if not machines:
        raise MachineError("there is no machine; add one with `drawscape machine add`")
    for name in machines:
        read_device(name)
    edition.feed(machines, yes=yes, zero_here=zero_here, by_pen=by_pen)
    begun = {name: feed_machine(edition.name, name) for name in machines}
    return {name: plot for name, plot in begun.items() if plot}


def what_is_held(edition: Edition, begun: Collection[str]) -> list[str]:
    """Return a sentence for each machine outside `begun` with a sheet, or one that nothing is left."""
    held = [one for one in edition.rows() if one.state in _HOLD_A_MACHINE]
    if not held and not begun:
        return ["every number has a sheet"]
    words = []
    for number in held:
        plot, _, machine = number.sheets[-1].plots[-1]
        if machine not in begun:
            words.append(f"{machine} still has {label_of(edition, number)}, {number.state}")
            if number.state == "interrupted":
                words[-1] += f"; continue with `drawscape plots resume {plot}`"
    return words


def feed_machine(edition_name: str, machine: str) -> str:
    """Queue the next plot of an edition on a machine, and return its id; '' if it is busy or none is left.

    The next call continues an interrupted one. Raises PlotError for a drawing beyond the machine's
    reach, EditionError for one that cannot be marked.
    """
    edition = find_edition(edition_name)
    orders = edition.orders
    if edition.closed_at or machine not in orders.get("machines", ()):
        return ""
    claim = edition.claim(machine)
    if claim is None:
        return ""
    return queue_claim(edition, claim, yes=orders["yes"], zero_here=orders["zero_here"]).id


def feed_after(run: str) -> str:
    """Feed the machine of a run that has ended, by the id of its job, which the queue gives."""
    plot = find_plot(run.removeprefix("plot-").rsplit("-", 2)[0])
    name, _ = sheet_of_plot(plot.id)
    return feed_machine(name, plot.record.machine)


def queue_claim(edition: Edition, claim: Claim, *, yes: bool, zero_here: bool) -> Plot:
    """Make the plot of a claim, queue it, and return it; steps that are done already are skipped.

    Raises as `feed_machine` does.
    """
    try:
        file, document = sheet_of(edition, claim)
        plot = Plot.create(document, claim.machine, drawing=str(file), plot_id=claim.plot)
    except DrawscapeError as error:
        if not isinstance(error, MachineError):
            edition.release(claim)
        raise
    try:
        enqueue_plot(plot, yes=yes, zero_here=zero_here)
    except PlotError:  # another process has queued it
        if plot.state.state == "ready" and not is_queued(plot):
            raise
    return plot


def judge_sheet(edition_name: str, number: int, verdict: Verdict) -> None:
    """Call the newest sheet of a number good or spoiled; a spoiled sheet's plot never continues.

    Raises EditionError when the number does not exist, has no such sheet, or has this verdict already.
    """
    edition = find_edition(edition_name)
    sheets = edition.number(number).sheets
    folders = [plots_folder() / plot for plot, *_ in sheets[-1].plots] if sheets else []
    made = [Plot(folder) for folder in folders if folder.is_dir()]
    with ExitStack() as stack:
        for plot in made:  # so that nobody can queue it meanwhile
            busy = f"plot {plot.id} is queued just now; try again"
            stack.enter_context(locked(plot.folder / "queue.lock", 10.0, busy))
        edition.judge(number, verdict)
        for plot in made:
            if plot.state.state not in FINAL:
                act_on_plot(plot, "stop", {})

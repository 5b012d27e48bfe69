"""Rows of figures: to the terminal, and as Markdown into the page of figures, between two markers."""

import os
import platform
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from drawscape import __version__

PAGES = Path(__file__).parents[2] / "notebooks" / "pages"
FIGURES = PAGES / "figures.md"


@dataclass(frozen=True)
class Row:
    """One measurement: what, ours, the peers' by name, and what it should reach."""

    what: str
    ours: str
    peers: str = ""
    ratio: str = ""
    target: str = ""


def best(call, rounds=3):
    """Return the least seconds that `call` took, and what it returned last."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        result = call()
        times.append(time.perf_counter() - start)
    return min(times), result


def compared(what, rates, aim=""):
    """Return a row of jobs a second: ours, which come first, beside the others by ratio."""
    (_, mine), *others = rates.items()
    peers = "; ".join(f"{name} {rate:,.0f}/s" for name, rate in others)
    ratios = "; ".join(f"{mine / rate:.3g}x" for _, rate in others)
    return Row(what, f"{mine:,.0f}/s", peers, ratios, aim)


def markdown(rows):
    lines = ["| what | Drawscape | peers | ratio | aim |", "|---|---|---|---|---|"]
    lines += [f"| {r.what} | {r.ours} | {r.peers} | {r.ratio} | {r.target} |" for r in rows]
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    measured = f"Measured with Drawscape {__version__} in one run on {machine}."
    return "\n".join([*lines, "", measured])


def report(name, rows):
    """Print the rows; with `--write` on the command line also write them into the page of figures."""
    table = markdown(rows)
    print(table)
    if "--write" in sys.argv:
        fill(FIGURES, name, table)


def fill(page, name, content):
    text = page.read_text()
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    head, _, rest = text.partition(begin)
    _, _, tail = rest.partition(end)
    if not rest or not tail:
        raise SystemExit(f"{page} has no markers {begin} ... {end}")
    page.write_text(f"{head}{begin}\n{content}\n{end}{tail}")

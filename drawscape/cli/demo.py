"""`drawscape demo`: the main job without a browser. A worker, a few drawings, a bar for each."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click

from drawscape import settings
from drawscape.cli.shared_options import SEED, SLOTS
from drawscape.cli.worker_beside import WorkerBeside
from drawscape.jobs import Job, enqueue_background_job

_TASK = "workers.svg_tasks.generate_complex_svg"

DRAWINGS = ("spiral", "flow_field", "phyllotaxis", "truchet", "hilbert", "ridgelines")


@click.command()
@SLOTS
@SEED
def demo(slots: int | None, seed: int) -> None:
    """Draw a few pictures through the queue, without a browser.

    A worker is started, jobs are queued and waited for, and the files are listed.
    """
    began = time.monotonic()
    jobs: list[Job] = []
    with WorkerBeside(slots):
        try:
            for pattern in DRAWINGS:
                jobs.append(_enqueue(pattern, seed))
            click.echo(f"{len(jobs)} drawings are queued; each bar follows a job.")
            follow = _follow_with_bars if sys.stdout.isatty() else _follow_with_lines
            follow(DRAWINGS, jobs)
            _report(DRAWINGS, jobs, time.monotonic() - began)
        finally:
            for job in jobs:  # after Ctrl-C; those that have ended stay as they are
                job.cancel()
    if any(job.status != "finished" for job in jobs):
        raise click.exceptions.Exit(1)


def _enqueue(pattern: str, seed: int) -> Job:
    return enqueue_background_job(
        _TASK,
        width=210,
        height=297,
        pattern_type=pattern,
        output_filename=f"demo/{pattern}.svg",
        seed=seed,
        job_description=f"demo: {pattern}",
    )


def _follow_with_bars(names: Sequence[str], jobs: list[Job]) -> None:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description:<12}"),
        BarColumn(40),
        TextColumn("{task.fields[status]:<10}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns) as progress:
        bars = [progress.add_task(name, total=1.0, status="queued", start=False) for name in names]
        open_ones = dict(zip(bars, jobs, strict=True))
        while open_ones:
            time.sleep(0.03)
            for bar, job in list(open_ones.items()):
                row = job.refresh()
                if row.status != "queued":
                    progress.start_task(bar)
                progress.update(bar, completed=row.progress, status=row.status)
                if row.ended:
                    progress.stop_task(bar)
                    del open_ones[bar]


def _follow_with_lines(names: Sequence[str], jobs: list[Job]) -> None:
    shown: dict[str, tuple[str, int]] = {}
    while len([s for s, _ in shown.values() if s not in ("queued", "started")]) < len(jobs):
        time.sleep(0.02)
        for name, job in zip(names, jobs, strict=True):
            row = job.refresh()
            state = (row.status, int(row.progress * 4))
            if shown.get(name) != state:
                shown[name] = state
                click.echo(f"{name:<12} {_bar(row.progress)} {row.status}")


def _bar(fraction: float) -> str:
    full = round(fraction * 20)
    return f"[{'#' * full}{'.' * (20 - full)}] {fraction:>4.0%}"


def _report(names: Sequence[str], jobs: list[Job], seconds: float) -> None:
    click.echo("")
    for name, job in zip(names, jobs, strict=True):
        if job.status == "finished":
            path = Path(job.result)
            click.echo(f"  {path}  ({path.stat().st_size / 1000:.0f} kB)")
        else:
            click.echo(f"  {name}: {job.status}\n{job.explain()}", err=True)
    click.echo(f"\n{len(jobs)} drawings in {seconds:.1f} s. Open them in a browser or in Inkscape.")
    lab = "make lab" if (settings.home() / "Makefile").is_file() else "drawscape lab"
    click.echo(f"Next: `{lab}` for the notebooks, `drawscape sketches` for all patterns.")

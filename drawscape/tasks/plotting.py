"""Tasks that make a drawing ready to plot."""

from dataclasses import asdict
from pathlib import Path

from drawscape import settings
from drawscape.jobs import current_job
from drawscape.plot import Effort, optimize, statistics
from drawscape.plot.export.formats import save
from drawscape.sheets import safe_name
from drawscape.svg.read import read_svg


def optimize_svg(
    path: str,
    *,
    effort: Effort = "normal",
    tolerance_mm: float = 0.05,
    simplify_mm: float = 0.02,
    drop_shorter_mm: float = 0.0,
    deduplicate: bool = True,
    output_filename: str | None = None,
) -> str:
    """Return the absolute path of an SVG with the lines of the one at `path`, made ready to plot.

    The options are those of `drawscape.plot.optimize`. The figures before and after are in the job's
    log, totals in its `meta`. Raises ForbiddenPathError, FileNotFoundError, SvgReadError, PlotError.

    >>> drawing = generate_complex_svg(60, 60, "lissajous")
    >>> Path(optimize_svg(drawing, output_filename="ordered.svg")).name
    'ordered.svg'
    """
    job = current_job()
    before = read_svg(settings.readable_path(path))
    after = optimize(
        before,
        effort=effort,
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
    target = settings.output_path(output_filename or f"optimized/{safe_name(Path(path).stem)}.svg")
    return str(save(after, target, format="svg"))

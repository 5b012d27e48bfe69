"""A form made from a signature, or from a drawing with its settings."""

import sys
from pathlib import Path
from typing import Any

from drawscape import durations
from drawscape.catalogue import Drawing
from drawscape.drawing.paper import Orientation
from drawscape.notebook.form_settings import FormSettings
from drawscape.notebook.form_view import Form
from drawscape.notebook.magics import offer_completions
from drawscape.notebook.panel import Panel
from drawscape.notebook.standing import is_drawing, opened, page_for
from drawscape.notebook.target import Drawable, target_of
from drawscape.parameters import Parameter

_LIVE = Parameter("live", "bool")


def form(
    target: Drawable | Drawing | Path,
    *,
    paper: str | None = None,
    orientation: Orientation | None = None,
    seed: int | None = None,
    live: bool = False,
    trust: bool = False,
    job_timeout: Any = "5m",
    **values: Any,
) -> Form:
    """Return a form for `target`: controls on the left, the picture on the right.

    `target` is a pattern's name, a sketch, a function of a sketch's form (from a cell too), a task or its
    dotted path; or a drawing of the catalogue or an SVG file, which opens with its settings, on another
    `paper` if one is given (with `trust` the source that it carries may run). `values` are where its
    parameters begin. A `live` form draws when changed.
    Raises UnknownNameError, TaskNotFoundError, SignatureError, ParameterError or JobOptionError.

    >>> form("flow_field", paper="A5", seed=7, spacing=1.4).values["spacing"]
    1.4
    """
    durations.timeout(job_timeout)  # a mistake is an error here, not at the first Draw
    given: dict[str, Any] = {} if seed is None else {"seed": seed}
    drawing = None
    if is_drawing(target):
        target, settings, drawing = opened(target, trust=trust)
        given = {**settings, **given}
        if paper or orientation:
            given |= page_for(drawing, paper, orientation)
    paper = paper or "A4"
    panel = Panel(target_of(target), paper, orientation)  # type: ignore[arg-type]
    page = {"paper": paper, "orientation": orientation, "live": live}
    made = Form(
        panel,
        values={**given, **values},
        live=_LIVE.check(live),
        job_timeout=job_timeout,
        settings=FormSettings(panel.target.title, {**page, **given, **values}),
    )
    if drawing is not None and drawing.path.is_file():
        made.show(drawing)
    return made


if "IPython" in sys.modules and (_shell := sys.modules["IPython"].get_ipython()) is not None:
    offer_completions(_shell)  # whoever has imported `form` can press Tab in it

"""A user's program, read by type checkers and never run: each line says which type it must have."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, assert_type

import drawscape
from drawscape import Color, Palette, Pen, Slider, draw, enqueue, sketch
from drawscape.catalogue import Drawing, find
from drawscape.job_manager import Job, WorkerProcess, start_worker
from drawscape.notebook import ContactSheet, Evolution, Form, History, contact_sheet
from drawscape.sketches import Rng, SVGBuilder

Count = Annotated[int, Slider(1, 200, "Rings in all")]


@sketch
def rings(
    svg: SVGBuilder,
    rng: Rng,
    *,
    count: Count = 30,
    ink: Color = "navy",
    palette: Palette = "as designed",
) -> None:
    for ring in range(count):
        svg.circle(svg.frame.cx, svg.frame.cy, svg.frame.short / 2 * (ring + rng.random()) / count)
    for cell in svg.grid(3):
        with cell:
            svg.rect(0, 0, cell.size, cell.size, center=True, pen="accent")


def draw_it() -> None:
    canvas = draw(rings, 100, 100, seed=3)
    assert_type(canvas, SVGBuilder)
    assert_type(canvas.width, float)
    assert_type(canvas.frame.cx, float)
    assert_type(canvas.to_string(), str)
    assert_type(canvas.save("rings.svg"), Path)
    assert_type(Pen().name, str)


def queue_it() -> None:
    job = enqueue("workers.svg_tasks.generate_complex_svg", 40, 40)
    assert_type(job, Job)
    assert_type(job.id, str)
    assert_type(job.task, str)
    assert_type(job.status, str)
    assert_type(job.reason, str | None)
    assert_type(job.error, str | None)
    assert_type(job.progress, float)
    assert_type(job.ended, bool)
    assert_type(job.created_at, datetime)
    assert_type(job.started_at, datetime | None)
    assert_type(job.explain(), str)
    assert_type(job.logs(), str)
    assert_type(job.cancel(), bool)
    assert_type(start_worker(), WorkerProcess)


def find_it() -> None:
    drawing = find("rings.svg")
    assert_type(drawing, Drawing)
    assert_type(drawing.path, Path)
    assert_type(drawing.sketch, str)
    assert_type(drawing.recipe, str)
    assert_type(drawing.seed, int)
    assert_type(drawing.stars, int)
    assert_type(drawing.tags, tuple[str, ...])
    assert_type(drawing.note, str)
    assert_type(drawing.width, float)
    assert_type(drawing.drawn_at, datetime)
    assert_type(drawing.star(5), Drawing)


def explore_it() -> None:
    assert_type(drawscape.form(rings, paper="A5"), Form)
    assert_type(drawscape.form(rings).set(count=3), Form)
    assert_type(contact_sheet(rings, count=[3, 9]), ContactSheet)
    assert_type(drawscape.sheet("rings"), ContactSheet)
    assert_type(drawscape.evolve(rings), Evolution)
    assert_type(drawscape.history(), History)

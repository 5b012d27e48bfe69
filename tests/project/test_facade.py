"""`from drawscape import ...`: what it gives, how quick it is, and what it leaves alone."""

import resource
import sys

import pytest
from support import python, slowness

import drawscape

NOTEBOOK = ("contact_sheet", "edition", "form", "sheet", "evolve", "history")
WITHOUT_NOTEBOOK = ("sketch", "draw", "enqueue", "Between", "Slider", "Color", "Pen", "Palette")
USE = """
from typing import Annotated
from drawscape import Between, Color, Palette, Pen, draw, sketch

@sketch
def targets(svg, rng, *, rings: Annotated[int, Between(1, 50, "Rings in all")] = 5, ink: Color = "navy"):
    for ring in range(rings):
        svg.circle(svg.frame.cx, svg.frame.cy, (ring + 1) * svg.frame.short / 2 / rings)

print(draw(targets, 100, 100, rings=3).to_string().count("<circle"), Pen().color)
"""


def test_it_exports_what_it_says_and_no_other_name():
    assert {*drawscape.__all__} == {*NOTEBOOK, *WITHOUT_NOTEBOOK}
    assert {*drawscape.__all__} <= {*dir(drawscape)}
    assert all(callable(getattr(drawscape, name)) for name in drawscape.__all__)
    with pytest.raises(AttributeError, match="module 'drawscape' has no attribute 'forms'"):
        drawscape.forms  # noqa: B018


def test_a_sketch_needs_nothing_but_the_facade(tmp_path):
    assert python("-c", USE, cwd=tmp_path).stdout == "3 black\n"


def test_an_enqueued_task_runs_in_the_worker(worked_home):
    job = drawscape.enqueue("workers.svg_tasks.generate_complex_svg", 40, 40)
    assert job.wait(60).endswith(".svg")


@pytest.mark.parametrize("missing", ["ipywidgets", "traitlets"])
def test_without_the_extra_of_notebooks_each_name_says_so_and_the_others_work(tmp_path, missing):
    code = f"""
import sys
sys.modules[{missing!r}] = None
from drawscape import {", ".join(WITHOUT_NOTEBOOK)}
for module in ("drawscape", "drawscape.notebook"):
    for name in {NOTEBOOK}:
        try:
            exec(f"from {{module}} import {{name}}")
        except ImportError as error:
            assert str(error) == f"{{module}}.{{name}} needs an extra: pip install 'drawscape[lab]'", error
        else:
            raise AssertionError(name)
"""
    python("-c", code, cwd=tmp_path)


def test_importing_it_loads_no_numpy_and_touches_the_import_path_in_projects_only(tmp_path):
    code = "import sys; path = [*sys.path]; import drawscape; print(sys.path[len(path):])\n"
    code += "assert sys.path[:len(path)] == path; assert not {'numpy', 'click', 'sqlite3'} & {*sys.modules}"
    assert python("-c", code, cwd=tmp_path).stdout == "[]\n"
    (tmp_path / "drawscape.toml").touch()
    environment = {"PATH": "", "HOME": str(tmp_path)}
    assert python("-c", code, cwd=tmp_path, env=environment).stdout == f"['{tmp_path}']\n"


def cpu_s(code, folder):
    """Return the least processor time of five processes that run `code`."""
    spent = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        python("-c", code, cwd=folder)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(spent)


@pytest.mark.nightly
def test_importing_it_takes_less_than_60_ms_of_processor_time(tmp_path):
    took_s = cpu_s("import drawscape", tmp_path) - cpu_s("pass", tmp_path)
    assert took_s < 0.06 * slowness(), f"{took_s * 1000:.0f} ms on {sys.version}"

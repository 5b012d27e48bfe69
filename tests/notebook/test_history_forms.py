"""A form shows what stands, draws what does not, and opens from a drawing."""

import linecache
import sys
from pathlib import Path
from typing import Any

import pytest
from support import wait_until

from drawscape.catalogue import drawings, find
from drawscape.errors import ProvenanceError
from drawscape.jobs import list_jobs
from drawscape.notebook import form
from drawscape.notebook.standing import DrawnBefore

pytestmark = pytest.mark.slow


def test_a_form_draws_once_and_then_shows_what_stands(consumer: Any) -> None:
    first = form("hypotrochoid", paper="A7", seed=None)
    path = first.draw().wait(60)
    count = len(list_jobs(limit=None))
    again = form("hypotrochoid", paper="A7")
    shown = again.draw()
    assert isinstance(shown, DrawnBefore)
    assert shown.wait() == path
    assert "drawn before, at" in again.status
    assert len(list_jobs(limit=None)) == count
    anew = again.draw(fresh=True)
    assert anew.wait(60) == path
    assert len(list_jobs(limit=None)) == count + 1
    assert anew.priority if hasattr(anew, "priority") else True


def test_a_second_click_draws_what_stands_anew(consumer: Any) -> None:
    opened = form("rose", paper="A7")
    opened.draw(fresh=True).wait(60)
    again = form("rose", paper="A7")
    count = len(list_jobs(limit=None))
    again._buttons.draw.click()
    assert len(list_jobs(limit=None)) == count
    again._buttons.draw.click()
    assert len(list_jobs(limit=None)) == count + 1
    again.job.wait(60)


def test_a_drawing_opens_as_a_form_with_its_settings(consumer: Any) -> None:
    path = form("truchet", paper="A7", seed=5, tiles=3, split=0.25).draw().wait(60)
    for target in (find(path), path, Path(path)):
        opened = form(target)
        assert opened.values["seed"] == 5
        assert (opened.values["tiles"], opened.values["split"]) == (3, 0.25)
        assert isinstance(opened.job, DrawnBefore)
        shown = opened.draw()
        assert isinstance(shown, DrawnBefore)
        assert shown.result == path
    assert form(find(path), seed=6).values["seed"] == 6
    larger = form(find(path), paper="A5", orientation="landscape").values
    assert (larger["width"], larger["height"], larger["tiles"]) == (210, 148, 3)
    assert larger["margin"] == pytest.approx(find(path).margin * 2)
    tag = shown._repr_mimebundle_()["text/html"]
    assert tag == find(path)._repr_mimebundle_()["text/html"]
    assert "image/svg+xml" in tag


CELL = """
def reach(i):
    return i + {add}
def stems(svg, *, n: int = 3):
    svg.circle(20, 30, reach(n))
"""


def run_cell(add: int) -> None:
    text, name = CELL.format(add=add), f"<stems {add}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    exec(compile(text, name, "exec", dont_inherit=True), vars(sys.modules["__main__"]))


def test_a_helper_of_a_cell_that_changed_is_drawn_into_another_file(consumer: Any) -> None:
    main = sys.modules["__main__"]
    try:
        run_cell(1)
        first = Path(form(main.stems, paper="A7").draw().wait(60))  # type: ignore[attr-defined]
        content = first.read_bytes()
        run_cell(1)
        assert isinstance(form(main.stems, paper="A7").draw(), DrawnBefore)  # type: ignore[attr-defined]
        run_cell(2)
        second = Path(form(main.stems, paper="A7").draw().wait(60))  # type: ignore[attr-defined]
        assert first != second
        assert first.read_bytes() == content
        assert form(first).values["n"] == 3
        del main.stems  # type: ignore[attr-defined]
        with pytest.raises(ProvenanceError, match="run its cell first"):
            form(first)
        assert form(first, trust=True).values["n"] == 3
    finally:
        for name in ("stems", "reach"):
            vars(main).pop(name, None)


def test_a_form_passes_a_sheet(consumer: Any) -> None:
    from drawscape.notebook import contact_sheet

    sheet = contact_sheet("flow_field", range(100, 112), paper="A5")
    path = form("spiral", paper="A6", seed=77).draw().wait(60)
    drawn = len(drawings("flow_field"))
    assert find(path).seed == 77
    assert drawn < 12
    sheet.cancel()
    wait_until(lambda: all(job.refresh().ended for job in list_jobs(limit=None)))


def test_the_settings_of_a_form_come_back_in_its_notebook(
    consumer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", "/books/one.ipynb")
    first = form("truchet", paper="A7")
    first.set(seed=8, tiles=4, split=0.3, paper="A6", orientation="landscape")
    path = first.draw().wait(60)
    again = form("truchet", paper="A7")
    assert again.values == first.values
    assert isinstance(again.job, DrawnBefore)
    assert again.job.result == path
    again.undo()
    assert again.values["tiles"] != 4
    again.redo()
    again.reset()
    assert again.values["tiles"] != 4
    again.set(tiles=3)
    assert form("truchet", paper="A7").values["tiles"] == 3
    assert form("truchet", paper="A7", tiles=6).values["tiles"] == 6
    monkeypatch.setenv("JPY_SESSION_NAME", "/books/two.ipynb")
    assert form("truchet", paper="A7").values["tiles"] != 3


def test_settings_come_back_as_far_as_the_sketch_still_has_them(
    consumer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", "/books/three.ipynb")

    def dots(svg: Any, *, n: int = 3, wide: float = 1.0) -> None:
        svg.circle(n, n, wide)

    form(dots).set(n=7, wide=2.5)

    def dots(svg: Any, *, n: int = 3, deep: float = 1.0) -> None:  # type: ignore[no-redef]
        svg.circle(n, n, deep)

    assert form(dots).values["n"] == 7
    assert "wide" not in form(dots).values

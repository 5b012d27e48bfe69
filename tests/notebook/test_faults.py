"""What a form cannot ask for, or a worker cannot be handed, is an error in the cell, in a sentence."""

import datetime
import functools
import threading
from enum import Enum
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from annotated_types import Interval, MultipleOf
from support import send

from drawscape.catalogue import Drawings, drawings
from drawscape.errors import (
    DrawscapeError,
    NotSerializableError,
    ParameterError,
    SignatureError,
    UnknownNameError,
)
from drawscape.jobs import list_jobs, start_worker
from drawscape.notebook import (
    compare,
    contact_sheet,
    form,
    history,
    job_view,
    queue_table,
    variations,
    view,
)

pytestmark = pytest.mark.usefixtures("module_home")

DAY = datetime.date(2024, 2, 29)


def still(svg):
    """The same for every seed."""


class Nothing(Enum):
    """A list that was never filled."""


def sketch(annotation, *default):
    """Return a sketch with one parameter, `n`, of that annotation and default."""

    def dots(svg, rng, *, n: Any):
        svg.circle(50, 50, 10)

    dots.__annotations__["n"] = annotation
    if annotation is None:
        del dots.__annotations__["n"]
    dots.__kwdefaults__ = {"n": default[0]} if default else None
    return dots


@pytest.mark.parametrize(
    ("annotation", "default", "words"),
    [
        (int, "a", "has the default 'a', which its annotation refuses: must be a whole number"),
        (Annotated[int, Interval(ge=1, le=9)], 50, "refuses: must be at least 1 and at most 9"),
        (Annotated[float, MultipleOf(0.3)], 0.5, "refuses: must be a multiple of 0.3"),
        (Literal["a", "b"], "c", "refuses: must be one of a, b"),
        (Annotated[int, Interval(ge=10, le=1)], 5, "it must be at least 10 and at most 1"),
        (Annotated[int, Interval(ge="1")], 5, "has the bound or step '1', which is not a number"),
        (Annotated[int, MultipleOf(-1)], 5, "has the step -1"),
        (Nothing, None, "has no choices"),
    ],
)
def test_an_annotation_that_contradicts_itself_is_an_error(annotation, default, words):
    with pytest.raises(SignatureError, match="sketch 'dots': parameter 'n' ") as caught:
        form(sketch(annotation, default))
    assert words in str(caught.value)


def test_a_default_that_nobody_can_type_stands_and_a_program_may_set_another():
    shown = form(sketch(datetime.date, DAY))
    assert shown.values["n"] is DAY
    assert shown.schema["parameters"]["properties"]["n"]["readOnly"]
    first, second = np.arange(2000), np.arange(2000)
    second[1000] = 0  # they write themselves alike
    shown = form(sketch(None, DAY), n=first).set(n=second)
    assert shown.values["n"] is second
    shown.undo()
    assert shown.values["n"] is first


@pytest.mark.parametrize("annotation", [None, Any, object, list[int], dict[str, float] | None])
def test_other_values_are_typed_as_python_writes_them(annotation):
    shown = form(sketch(annotation))
    typed = ["1", "2"] if annotation == list[int] else "[1, 2]"
    send(shown, "change", inputs={"n": typed}, gesture=1)
    assert shown.values["n"] == [1, 2]


def test_a_parameter_without_annotation_and_default_has_to_be_filled_in():
    shown = form(sketch(None))
    with pytest.raises(ParameterError, match="n=None: a value is required"):
        shown.draw()
    assert shown.status == "n=None: a value is required"


def test_a_history_is_that_of_a_function_too_and_knows_its_orders():
    def dots(svg, rng):
        svg.circle(50, 50, 10)

    dots.__sketch__ = ("early_dots", "yours")  # as @sketch(name=...) has it
    with pytest.raises(UnknownNameError, match="unknown order 'best'; did you mean"):
        history(order="best")
    with start_worker(1):
        contact_sheet(dots, [1, 2], paper="A7").wait(60)
    assert [drawing.sketch for drawing in history(dots).drawings] == ["early_dots", "early_dots"]


@pytest.mark.parametrize("place", [form, contact_sheet])
def test_a_function_that_no_worker_can_be_handed_is_an_error_before_any_draw(place):
    lock = threading.Lock()

    def locked(svg, rng):
        with lock:
            svg.circle(50, 50, 10)

    with pytest.raises(NotSerializableError, match="sketch 'locked' cannot be carried") as caught:
        place(locked)
    assert "lock" in str(caught.value)


def lines(svg, rng, *, width: float = 0.3):
    """Lines of some width."""


def paint(svg, *, at: Annotated[int, Interval(le=3)] = 4):
    return "painted"


def size(svg, rng, *, live: int = 3, size: Annotated[int, Interval(ge=1, le=9)] = 1): ...


NO_SKETCH = "is no pattern's name or sketch"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        *(
            (lambda what=what: form(what), NO_SKETCH)
            for what in (5, functools.partial(print, end=""), int, object(), None)
        ),
        (lambda: form("spirl"), "did you mean 'spiral'"),
        (lambda: form("workers.svg_tasks.generate_complex_svg"), "unknown pattern"),
        (lambda: form(lines), "call it something like 'line_width'"),
        (lambda: form(paint), "sketch 'paint': parameter 'at' has the default 4"),
        (lambda: form("spiral", seed=-1), "seed=-1: must be at least 0 and at most 4294967295"),
        (lambda: form("spiral", seed="x"), "seed='x': must be a whole number"),
        (lambda: form("spiral", width=9000), "width=9000: must be at least 1 and at most 5000"),
        (lambda: form("spiral", height="tall"), "height='tall': must be a number"),
        (lambda: form("spiral", job_timeout="soon"), "job_timeout='soon': give seconds"),
        (lambda: form("spiral", truns=3), "did you mean 'turns'"),
        (lambda: form(size, live=7), r"where=\{'live': 7\}"),
        (lambda: contact_sheet("spiral", paper="A44"), "unknown paper"),
        (lambda: contact_sheet("schotter", 2, columns=6), r"vary=\{'columns': 6\} for the para"),
        (lambda: variations(size, sise=[1, 2]), "did you mean 'size'"),
        (lambda: variations(size, size=[1, 99]), "size=99: must be at least 1 and at most 9"),
        (lambda: variations(size, size=[]), "give at least one"),
        (lambda: variations("spiral"), "give a list of values"),
        (lambda: variations(size, size=5), "give a list of values"),
        (
            lambda: variations(size, size=range(100), seed=range(100)),
            "a sheet has up to 400 drawings",
        ),
        (lambda: contact_sheet("spiral", 0), "give at least one value"),
        (lambda: contact_sheet("spiral", ["a"]), "seed='a': must be a whole number"),
        (lambda: contact_sheet("spiral", seed=range(9)), "seed=.*: a contact sheet takes seeds="),
        (lambda: contact_sheet("spiral", columns=0), "columns=0: must be at least 1"),
        (lambda: variations("spiral", turns=[3, 5], columns=-1), "columns=-1: must be at least 1"),
        (lambda: contact_sheet(still, 3), "still uses no randomness"),
        (lambda: form(still, seed=3), "still uses no randomness"),
        (lambda: compare("one.svg"), "compare 2 to 6 of them"),
        (lambda: compare(*["one.svg"] * 7), "compare 2 to 6 of them"),
        (lambda: history(stars=9), "stars=9: must be at least 0 and at most 5"),
        (lambda: history(stars="three"), "stars='three': give numbers from 0 to 5"),
        (lambda: history(tag=3), "tag=3: give text"),
        (lambda: history(3), "sketch=3: give text"),
        (lambda: drawings(stars=[1, 6]), "stars=6: must be at least 0 and at most 5"),
        (lambda: drawings(text=3), "text=3: give text"),
        (lambda: drawings(limit=3), "unknown parameter or option 'limit'"),
        (lambda: Drawings([10**9])[0], "drawing 0 is no longer in the catalogue"),
        (lambda: job_view(3), "job=3: give a job or its id"),
        (lambda: job_view("nobody"), "no job has the id 'nobody'"),
        (lambda: queue_table("done"), "unknown status 'done'"),
        (lambda: view("nope.svg"), "there is no such file, here or in the home"),
    ],
)
def test_forms_sheets_and_views_refuse_what_they_could_not_use_and_queue_nothing(make, words):
    before = list_jobs(limit=None)
    with pytest.raises(DrawscapeError, match=words):
        make()
    assert list_jobs(limit=None) == before

"""What a form takes, shows and remembers."""

import json
import time
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Ge, Gt, Interval, MultipleOf, doc
from support import send, wait_until

from drawscape.catalogue import find
from drawscape.errors import NotSerializableError, ParameterError, UnknownNameError
from drawscape.jobs import get_job, list_jobs
from drawscape.notebook import form
from drawscape.parameters import Color, InputFile, ParameterGroup, read_parameters

pytestmark = pytest.mark.usefixtures("consumer")


class Ink(Enum):
    BLACK = "#111"
    RED = "#c00"


def example(
    svg,
    rng,
    *,
    turns: Annotated[int, Interval(ge=1, le=80), doc("How often it winds")] = 24,
    wobble: Annotated[float, Interval(ge=0, le=1)] = 0.35,
    angle: Annotated[float, Interval(ge=0, lt=360), MultipleOf(15), ParameterGroup("aim")] = 45,
    gap: Annotated[float, Interval(gt=0, le=5)] = 1.2,
    many: Annotated[int, Interval(ge=0, le=2_000_000)] = 1_000_000,
    limit: Annotated[float | None, Interval(ge=0, le=10)] = None,
    cap: Literal["round", "butt"] = "round",
    ink: Ink = Ink.RED,
    end: Literal["open", "shut"] | None = None,
    mirror: bool = True,
    title: str = "Untitled",
    pen: Color = "#1d3f8f",
    picture: InputFile | None = None,
    at: tuple[float, float] = (20.0, 30.0),
    radii: list[float] = [1.0, 2.0],  # noqa: B006 - a default that Python writes as a list
    other: Any = None,
):
    """Every kind that a signature may hold."""
    rng.random()


def square(svg, *, side: Annotated[int, Interval(ge=1, le=50)] = 9):
    """A square, the same for every seed."""
    svg.rect(10, 10, side, side)


EXACT = {
    "turns": 7, "wobble": 0.1 + 0.2, "angle": 345.0, "gap": 1 / 3, "many": 2_000_000,
    "limit": 1.25e-7, "cap": "butt", "ink": Ink.BLACK, "end": "shut", "mirror": False, "title": "",
    "pen": "#ff0000", "picture": "face.png", "at": (0.44999999999999996, 5.0), "radii": [3.5],
    "other": {"a": [1, (2, None)]},
}  # fmt: skip


def test_untouched_fields_give_the_defaults_and_page_and_seed():
    parameters = read_parameters(example, skip=["svg", "rng"])
    page = {"width": 210, "height": 297, "seed": 0}
    assert form(example).values == {**page, **{p.name: p.default for p in parameters}}


def test_values_come_back_to_the_last_bit_also_through_a_page():
    shown = form(example).set(**EXACT)
    assert {name: shown.values[name] for name in EXACT} == EXACT
    echoed = json.loads(json.dumps(dict(shown.inputs)))  # what the page holds
    other = form(example)
    send(other, "change", inputs=echoed, gesture=1)
    assert other.values == shown.values
    for name in ("limit", "end", "picture"):
        assert shown.set(**{name: None}).values[name] is None


def test_setting_is_all_or_nothing():
    """0.3 had set the first when it refused the second."""
    shown = form(example)
    before = shown.values
    for wrong in ({"nonsense": 1}, {"turns": 200}, {"seed": -1}, {"width": 9000}, {"cap": "x"}):
        with pytest.raises((UnknownNameError, ParameterError)):
            shown.set(**{"wobble": 0.5, "margin": 9, **wrong})
        assert shown.values == before


@pytest.mark.parametrize(
    ("name", "typed", "rule"),
    [
        ("turns", "many", "must be a whole number"),
        ("turns", "99", "must be at least 1 and at most 80"),
        ("seed", "3.7", "must be a whole number"),
        ("seed", "-5", "must be at least 0 and at most 4294967295"),
        ("angle", "7", "must be a multiple of 15"),
        ("at", ["1", "x"], "must be a number"),
        ("pen", "rde", "must be a colour: 'red', '#1d3f8f'"),
    ],
)
def test_what_is_typed_wrong_is_said_at_the_field_and_when_drawing(name, typed, rule):
    shown = form(example)
    send(shown, "change", inputs={name: typed}, gesture=1)
    assert shown.state["errors"] == {name: rule}
    assert shown.inputs[name] == typed
    send(shown, "draw", fresh=False)
    assert rule in shown.status
    with pytest.raises(ParameterError, match=rule):
        shown.draw()
    shown.undo()
    assert shown.state["errors"] == {}


def test_the_schema_says_what_a_page_has_to_draw():
    shown = form(example)
    properties = shown.schema["parameters"]["properties"]
    assert properties["turns"] == {
        "type": "integer", "minimum": 1, "maximum": 80, "default": "24",
        "description": "How often it winds",
    }  # fmt: skip
    assert properties["angle"]["x-group"] == "aim"
    assert properties["end"]["enum"] == ["open", "shut", None]
    assert properties["ink"]["enum"] == ["BLACK", "RED"]
    assert (properties["pen"]["format"], properties["picture"]["format"]) == ("color", "file")
    assert properties["at"]["prefixItems"] == [{"type": "number"}] * 2
    assert properties["radii"]["items"] == {"type": "number"}
    assert list(shown.schema["sheet"]) == ["width", "height", "margin", "seed"]
    assert json.loads(json.dumps(shown.schema)) == json.loads(json.dumps(shown.schema))


def test_a_drag_is_one_step_back_and_two_drags_are_two():
    shown = form(example)
    for gesture, counts in ((1, range(30, 40)), (2, range(50, 60))):
        for count in counts:
            send(shown, "change", inputs={"turns": str(count)}, gesture=gesture)
    assert shown.values["turns"] == 59
    send(shown, "undo")
    assert shown.values["turns"] == 39
    shown.undo()
    assert shown.values["turns"] == 24
    assert not shown.state["undo"]
    shown.redo()
    assert shown.values["turns"] == 39
    shown.set(turns=7)
    assert not shown.state["redo"]


def test_undo_redo_and_reset_go_through_every_change():
    shown = form(example, turns=12, seed=4, paper="A5")
    shown.set(turns=5)
    shown.set(seed=9, paper="A6", margin=30)
    shown.shuffle()
    shuffled = shown.values
    shown.reset()
    assert (shown.values["turns"], shown.values["seed"], shown.values["width"]) == (12, 4, 148)
    shown.undo()
    assert shown.values == shuffled
    shown.undo()
    assert (shown.values["seed"], shown.values["width"], shown.values["margin"]) == (9, 105, 30)
    shown.undo()
    assert "margin" not in shown.values
    assert (shown.values["turns"], shown.values["width"]) == (5, 148)


def test_shuffle_gives_round_allowed_values_and_leaves_what_is_locked():
    def loose(svg, rng, *, tall: float = 0.7, far: Annotated[int, Ge(10)] = 20): ...

    for target, locks in ((example, ("wobble", "seed")), (loose, ())):
        shown = form(target, seed=77)
        start = shown.values
        for name in locks:
            send(shown, "lock", name=name)
        seen = []
        for _ in range(20):
            shown.shuffle()
            seen.append(shown.values)
        for name in locks:
            assert {values[name] for values in seen} == {start[name]}
        for name in {"turns", "gap", "cap", "tall", "far"} & start.keys():
            assert len({values[name] for values in seen}) > 1, name
        assert all(len(repr(v["gap" if "gap" in v else "tall"])) <= 5 for v in seen)
        assert all(values.get("limit") is None for values in seen)  # off, and stays off


@pytest.mark.parametrize(
    ("given", "size"),
    [
        ({}, (210, 297)),
        ({"paper": "A5", "orientation": "landscape"}, (210, 148)),
        ({"paper": "120x80"}, (120, 80)),
        ({"width": 50, "height": 333}, (50, 333)),
    ],
)
def test_a_page_has_the_size_of_its_paper(given, size):
    shown = form(square, **given)
    assert (shown.values["width"], shown.values["height"]) == size
    assert f'width="{size[0]}mm" height="{size[1]}mm"'.encode() in shown.picture
    shown.set(paper="A3", orientation="landscape", margin=12.5)
    assert [shown.values[n] for n in ("width", "height", "margin")] == [420, 297, 12.5]
    before = shown.settings
    shown.set(orientation="portrait", margin=None)
    assert (shown.values["width"], shown.values["height"]) == (297, 420)
    assert "margin" not in shown.values
    assert shown.set(**before).settings == before


def test_a_parameter_called_like_an_option_is_given_in_where():
    def sign(svg, *, paper: str = "rough", live: int = 3):
        svg.circle(9, 9, live)

    shown = form(sign, where={"paper": "smooth", "live": 5})
    assert [shown.values[n] for n in ("paper", "live", "width")] == ["smooth", 5, 210]
    both = form(sign, paper="A6", where={"paper": "smooth"})
    assert (both.values["paper"], both.values["width"]) == ("smooth", 105)


def test_a_required_number_starts_at_its_lower_bound():
    def dots(svg, *, size: Annotated[float, Gt(0)], copies: Annotated[int, Ge(1)]): ...

    shown = form(dots, paper="A6")
    assert shown.settings == {"width": 105, "height": 148, "margin": None, "copies": 1}
    with pytest.raises(ParameterError, match="size='0': must be greater than 0"):
        _ = shown.values


def test_what_a_cell_touches_may_not_be_too_large_for_the_queue(monkeypatch):
    monkeypatch.setattr("drawscape.notebook.draw_target.LARGEST_CARRIED", 1_000_000)
    photo, small = b"x" * 2_000_000, b"y"

    def halftone(svg):
        svg.circle(len(photo), len(small), 3)

    with pytest.raises(NotSerializableError, match=r"2\.0 MB .*numpy.save"):
        form(halftone)


def test_a_sketch_whose_parameters_have_changed_is_offered_again(monkeypatch):
    """0.3 said: unknown parameter 'n'."""
    import sys

    def reeds(svg, *, n: int = 3, high: float = 2.0): ...

    shown = form(reeds, high=5.0)

    def reeds(svg, *, count: int = 4, high: float = 2.0): ...

    monkeypatch.setattr(sys.modules["__main__"], "reeds", reeds, raising=False)
    shown.draw().cancel()
    assert shown.state["renewed"] == "The sketch has other parameters now."
    send(shown, "renew")
    assert not shown.state["renewed"]
    assert shown.values == {"width": 210, "height": 297, "count": 4, "high": 5.0}


@pytest.fixture
def notebook(monkeypatch, tmp_path):
    """The kernel of a notebook of its own."""
    name = str(tmp_path / "night.ipynb")
    monkeypatch.setenv("JPY_SESSION_NAME", name)
    return name


def drawn(shown, **values):
    """Draw with those values and return the file once it is in the strip, first or where it was."""
    path = Path(shown.set(**values).draw().wait(60))
    wait_until(lambda: path in shown.recent.paths, "the picture in the strip")
    wait_until(lambda: len(shown.strip) == len(shown.recent.paths), "its tile")
    return path


def test_a_click_on_a_picture_of_the_strip_brings_it_and_its_settings_back():
    shown = form("molnar", paper="A7")
    first = drawn(shown)
    settings, before = shown.values, shown.picture
    second = drawn(shown, width=100, height=80)
    assert shown.recent.paths == [second, first]
    assert "page 100 x 80" in shown.strip[0]["caption"]
    assert len(json.dumps(shown.strip)) < 1000  # the page asks for the pictures that it has not
    assert shown.recent.picture(shown.strip[0]["id"]).data
    count = len(list_jobs(limit=None))
    send(shown, "choose", path=shown.strip[1]["id"])
    assert (shown.values, shown.picture) == (settings, before)
    assert shown.state["caption"].startswith(f"output/{first.name}")
    assert "drawn before" in shown.status
    assert len(list_jobs(limit=None)) == count
    assert shown.recent.paths == [second, first]
    send(shown, "undo")
    assert shown.values["width"] == 100
    assert shown.state["caption"].startswith(f"output/{second.name}")
    shown.set(width=22)
    assert shown.state["older"]
    shown.undo()
    assert not shown.state["older"]


def test_strip_stars_and_settings_are_back_in_the_next_kernel(notebook):
    shown = form("molnar", paper="A7")
    first, second = drawn(shown), drawn(shown, columns=19)
    send(shown, "star", id=shown.strip[0]["id"], stars=4)
    assert find(second).stars == 4
    again = form("molnar", paper="A7")
    assert again.values == shown.values
    assert again.picture == second.read_bytes()
    assert again.recent.paths == [second, first]
    wait_until(lambda: len(again.strip) == 2, "the tiles")
    assert [tile["stars"] for tile in again.strip] == [4, 0]
    send(again, "choose", path=str(first))
    assert again.values["columns"] != 19
    other = form("molnar", paper="A7", columns=20)  # what the cell says holds
    assert other.values["columns"] == 20
    ids = [tile["id"] for tile in again.strip]
    send(again, "compare", ids=ids[:1])
    assert "compare 2 to 6 of them" in again.status
    send(again, "compare", ids=ids)
    assert again.below
    send(again, "close_below")
    assert not again.below
    first.unlink()
    assert form("molnar", paper="A6").recent.paths == [second]


def test_the_strip_has_the_last_pictures(notebook, monkeypatch):
    monkeypatch.setattr("drawscape.notebook.recent_pictures.MOST", 1)
    shown = form("molnar", paper="A7")
    paths = [drawn(shown, columns=columns) for columns in (15, 16)]
    assert shown.recent.paths == paths[1:]


def test_settings_of_a_sketch_that_has_changed_come_back_as_far_as_they_fit(notebook):
    def reeds(svg, *, count: int = 3, high: float = 2.0):
        """Reeds."""
        svg.line(10, 10, 20, 10 + count * high)

    first = form(reeds)
    first.set(count=7, high=5.0)
    path = drawn(first)
    assert get_job(first.job.id).description == "reeds"

    def reeds(svg, *, count: int = 3, wide: float = 1.0):
        """Reeds, bent."""
        svg.line(10, 10, 30, 10 + count * wide)

    edited = form(reeds)
    assert (edited.values["count"], edited.values["wide"]) == (7, 1.0)
    assert edited.picture == path.read_bytes()
    assert edited.state["older"]
    again = drawn(edited)
    assert edited.recent.paths == [again, path]
    assert not edited.state["older"]


def test_a_form_opens_although_the_catalogue_is_damaged(notebook, tmp_path, caplog, monkeypatch):
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    (tmp_path / ".drawscape").mkdir()
    (tmp_path / ".drawscape" / "catalogue.db").write_bytes(b"no database" * 1000)
    shown = form("molnar", paper="A7")
    assert shown.recent.paths == []
    assert "the last pictures did not come back" in caplog.text


def test_what_is_under_way_is_not_drawn_twice(notebook, tmp_path):
    def held(svg, *, gate: str = str(tmp_path / "open")):
        """A circle, once the file is there."""
        while not Path(gate).exists():
            time.sleep(0.01)
        svg.circle(20, 20, 9)

    shown = form(held, paper="A7")
    canceled = shown.draw()
    shown.cancel()
    job = shown.draw()
    assert job.id != canceled.id
    send(shown, "draw")
    assert shown.job is job
    again = form(held, paper="A7")  # its cell runs again, maybe in the next kernel
    again.enable_static_output()
    assert again.job.id == job.id
    other = form(held, paper="A7")
    other.set(margin=3)
    assert form(held, paper="A7").job is None  # other settings than those
    (tmp_path / "open").touch()
    path = Path(again.job.wait(60))
    wait_until(lambda: again.picture == path.read_bytes(), "the drawing")
    assert again.draw(fresh=True).id

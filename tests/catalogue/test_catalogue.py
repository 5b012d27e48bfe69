"""Drawings are found by what they are, marked, and counted by their traits."""

import contextlib
import math
import re
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from drawscape.catalogue import drawings, find, rebuild
from drawscape.catalogue.database import catalogue_file
from drawscape.catalogue.listing import captions
from drawscape.catalogue.marks import Marks, marks_of_each
from drawscape.catalogue.thumbnail import LARGEST_THUMBNAIL
from drawscape.errors import CanvasError, DrawingNotFoundError, ParameterError, UnknownNameError
from drawscape.plot import statistics
from drawscape.svg.read import read_svg
from drawscape.svg_builder import SVGBuilder


def test_a_drawing_is_remembered_with_its_figures_and_a_thumbnail(drawn):
    drawing = drawn("truchet", seed=4, tiles=5)
    assert (drawing.sketch, drawing.seed, drawing.width, drawing.height) == ("truchet", 4, 60, 80)
    assert drawing.parameters["tiles"] == 5
    *layers, total = statistics(read_svg(drawing.path))
    figures = drawing.figures
    assert (figures.lines, figures.lifts) == (total.lines, total.lifts)
    assert figures.ink_mm == pytest.approx(total.pen_down_mm, rel=0.01)
    assert figures.travel_mm == pytest.approx(total.pen_up_mm, rel=0.01)
    assert [name for name, _, _ in figures.pens] == [layer.name for layer in layers]
    assert figures.minutes == pytest.approx(sum(pen[2] for pen in figures.pens), abs=0.02)
    assert drawing.took_s > 0
    assert drawing.thumbnail[:4] == b"\x89PNG"
    assert len(drawing.thumbnail) <= LARGEST_THUMBNAIL


def test_a_cell_shows_a_drawing_as_a_picture_and_one_that_is_gone_by_its_thumbnail(drawn):
    drawing = drawn()
    shown = drawing._repr_mimebundle_()
    assert shown["text/html"].startswith('<img src="data:image/svg+xml;base64,')
    assert shown["text/plain"] == repr(drawing)
    drawing.delete()
    gone = drawing._repr_mimebundle_()["text/html"]
    assert gone.startswith('<img src="data:image/png;base64,')


def test_the_same_is_not_drawn_twice_and_fresh_draws_it(home, drawn):
    first = drawn(seed=3)
    before = first.path.stat()
    assert drawn(seed=3).path == first.path
    assert first.path.stat().st_mtime_ns == before.st_mtime_ns
    assert drawn(seed=3, fresh=True).path == first.path
    assert first.path.stat().st_mtime_ns > before.st_mtime_ns
    assert len(drawings()) == 1
    assert drawn(seed=4).path != first.path


def test_the_same_under_another_name_is_a_copy_and_shares_the_marks(home, drawn):
    first = drawn(seed=3).star(4)
    copy = drawn(seed=3, output_filename="named/mine")
    assert copy.path.read_bytes() == first.path.read_bytes()
    assert (copy.recipe, copy.stars, len(drawings())) == (first.recipe, 4, 2)
    assert drawn(seed=3, output_filename="named/mine").path == copy.path


def test_drawings_are_found_by_what_they_are(drawn):
    for seed in range(4):
        drawn("truchet", seed=seed, tiles=3 + seed)
    drawn("spiral", seed=1)
    found = drawings("truchet", tiles=(4, 5))
    assert sorted(one.seed for one in found) == [1, 2]
    assert len(drawings(tiles=[3, 6])) == 2
    assert len(drawings("truchet", tiles=(None, 3))) == 1
    assert len(drawings(seed=1)) == 2
    assert len(drawings(where={"tiles": 4})) == 1
    assert len(drawings(text="spir")) == 1
    assert len(drawings(text="50%")) == 0
    assert len(drawings(since="1h")) == 5
    assert [d.seed for d in drawings("truchet", order="oldest")] == [0, 1, 2, 3]
    inks = [d.figures.ink_mm for d in drawings(order="ink")]
    assert inks == sorted(inks, reverse=True)
    assert [d.seed for d in drawings("truchet", order="oldest")[1:3]] == [1, 2]
    with pytest.raises(UnknownNameError, match="newest"):
        drawings(order="best")
    with pytest.raises(ParameterError, match="low, high"):
        drawings(tiles=(1, 2, 3))


def test_a_caption_has_what_differs_and_a_cell_shows_thumbnails(drawn):
    one, two = drawn("truchet", seed=1, tiles=3), drawn("truchet", seed=1, tiles=4)
    three = drawn("truchet", seed=2, tiles=5)
    rose = drawn("penrose")
    assert captions([one, two, three, rose]) == [
        "truchet · tiles 3 · seed 1", "truchet · tiles 4 · seed 1", "truchet · tiles 5 · seed 2",
        "penrose · seed 0",
    ]  # fmt: skip
    assert captions([one]) == ["truchet · seed 1"]
    one.rename("<dusk>")
    assert captions([one, two], with_sketch=False) == ["<dusk>", "tiles 4"]
    html = drawings()._repr_html_()
    assert html.count("<img") == html.count("image/png") == 4
    assert "&lt;dusk&gt;" in html
    assert "more" not in html


def test_a_drawing_is_found_by_its_file_without_a_word_written(home, drawn):
    """A sheet asks for each of its drawings as it comes, while a worker writes the next."""
    drawing = drawn(seed=1)
    with contextlib.closing(sqlite3.connect(catalogue_file())) as other:
        before = other.execute("pragma data_version").fetchone()
        found = find(drawing.path)
        assert found == drawing
        assert other.execute("pragma data_version").fetchone() == before
    drawing.path.touch()
    rebuild()
    again = find(drawing.path)
    assert list(again.parameters.items()) == list(found.parameters.items())


def test_finding_says_what_it_does_not_find(home, drawn):
    drawing = drawn(seed=1)
    assert find(drawing.recipe[:8]) == drawing == find(str(drawing.path)) == find(drawing.path)
    assert find(f"output/{drawing.path.name}") == drawing
    for name in ("zzzz", "zz", "output/none.svg"):
        with pytest.raises(DrawingNotFoundError):
            find(name)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"limit": 3}, "unknown parameter or option 'limit'"),
        ({"tlies": 3}, "did you mean 'tiles'"),
        ({"sketch": "nope"}, "unknown sketch 'nope'"),
        ({"sketch": "botanical_plate", "text": "rain"}, "where={'text': 'rain'}"),
        ({"where": 5}, "give parameters by name"),
        ({"tiles": 3, "where": {"tiles": 4}}, "give it once"),
        ({"where": {1: 1}}, "unknown parameter or option '1'"),
        ({"where": {"tiles": 10**40}}, "tiles="),
        ({"where": {"tiles": [[4]]}}, "tiles="),
        ({"seed": 10**30}, "seed="),
        ({"stars": "3"}, "stars='3'"),
        ({"text": "\ud800"}, "text="),
        ({"tag": 5}, "tag=5"),
    ],
)
def test_a_keyword_that_is_unknown_or_means_two_things_is_an_error(drawn, keywords, message):
    drawn("truchet", tiles=3)
    with pytest.raises((UnknownNameError, ParameterError), match=re.escape(message)):
        drawings(**keywords)


def test_an_option_and_a_parameter_of_one_name_are_told_apart(drawn):
    drawn("botanical_plate", text="It rains.")
    drawn("botanical_plate", text="botanical")
    assert len(drawings("botanical_plate", where={"text": "It rains."})) == 1
    assert len(drawings("botanical_plate", text="botanical", where={})) == 2
    assert len(drawings("botanical_plate", text="rains", where={"text": "botanical"})) == 0


def dots(svg, rng, *, most: int = 9):
    count = int(rng.integers(1, most))
    svg.trait("density", "high" if count > 4 else "low").trait("count", count)
    svg.trait("rest", count - count).trait("even", count % 2 == 0)
    for _ in range(count):
        svg.circle(*rng.uniform(10, 30, 2), 1)


def test_a_parameter_that_is_none_is_not_one_that_a_sketch_lacks(drawn):
    def hoop(svg, *, limit: int | None = None):
        svg.circle(30, 30, limit or 5)

    drawn(hoop)
    drawn(hoop, limit=3)
    drawn(dots)
    assert [one.parameters for one in drawings(where={"limit": None})] == [{"limit": None}]
    assert len(drawings(where={"limit": (None, None)})) == 2


def test_traits_are_found_and_counted_over_seeds_and_survive_a_rebuild(drawn):
    made = [drawn(dots, seed=seed) for seed in range(12)]
    assert made[3].provenance.traits == made[3].traits == find(made[3].path).traits
    counts = drawings("dots").trait_counts()
    assert sum(counts["density"].values()) == sum(counts["count"].values()) == 12
    assert set(counts["density"]) == {"high", "low"}
    for _ in range(2):
        high = drawings("dots", where={"density": "high"})
        assert len(high) == counts["density"]["high"] == len(drawings("dots", text="high"))
        assert all(one.traits["count"] > 4 for one in high)
        assert len(drawings("dots", where={"count": (None, 4)})) == counts["density"]["low"]
        assert len(drawings("dots", where={"even": False})) == counts["even"][False] < 12
        assert len(drawings("dots", where={"rest": 0})) == 12
        assert len(drawings("dots", where={"rest": 1})) == 0
        rebuild()
    with pytest.raises(UnknownNameError, match="densty"):
        drawings("dots", where={"densty": "high"})


@pytest.mark.parametrize(
    ("name", "value"),
    [("", "high"), ("density", None), ("density", [1]), ("n", float("nan")), (3, 1)],
)
def test_a_trait_that_is_none_is_refused(name, value):
    svg = SVGBuilder(40, 40)
    with pytest.raises(CanvasError, match="give a name"):
        svg.trait(name, value)
    assert svg.trait("n", np.int64(3)).traits == {"n": 3}


def test_an_infinite_default_and_a_quote_in_a_name_break_no_search(drawn):
    def endless(svg, *, far: float = math.inf):
        svg.trait("it's", 3)

    drawn(endless)
    drawn("truchet", tiles=5)
    assert [one.sketch for one in drawings(tiles=5)] == ["truchet"]
    assert [one.sketch for one in drawings(where={"it's": 3})] == ["endless"]
    with pytest.raises(UnknownNameError):
        drawings(where={'"it': 3})


def test_marks_are_kept_and_found(drawn):
    one, two = drawn(seed=1), drawn(seed=2)
    one.star(5).tag(" kept ", "show in May").annotate("the edge is 100% mine").rename("dawn")
    two.star(2)
    assert (one.stars, one.tags, one.name) == (5, ("kept", "show in May"), "dawn")
    assert [d.seed for d in drawings(stars=(4, None))] == [1]
    assert [d.seed for d in drawings(stars=2)] == [2]
    assert [d.seed for d in drawings(stars=(0, 2))] == [2]
    assert [d.seed for d in drawings(stars=(None, 5), order="stars")] == [1, 2]
    assert [d.seed for d in drawings(tag="kept")] == [1]
    assert [d.seed for d in drawings(text="100%")] == [1]
    assert [d.seed for d in drawings(text="May")] == [1]
    assert [len(drawings(text=text)) for text in ("1%0", "m_ne", "mine\\")] == [0, 0, 0]
    assert find("dawn").recipe == one.recipe
    assert one.untag("kept").tags == ("show in May",)
    drawn(seed=3)
    assert sorted(d.seed for d in drawings(stars={0, 5})) == [1, 3]
    for stars in (6, -1, True, 2.5):
        with pytest.raises(ParameterError, match="stars"):
            one.star(stars)
    for tag in (" ", "\ud800", 5):
        with pytest.raises(ParameterError, match="tag"):
            one.tag(tag)
    for words in (None, 3, "\ud800"):
        with pytest.raises(ParameterError, match="note"):
            one.annotate(words)
        with pytest.raises(ParameterError, match="name"):
            one.rename(words)


def test_the_largest_seed_has_a_row_and_a_larger_one_is_refused(drawn):
    assert drawn(seed=2**63 - 1).seed == drawings(seed=np.uint64(2**63 - 1))[0].seed == 2**63 - 1
    with pytest.raises(ParameterError, match="at most 9223372036854775807"):
        drawn(seed=2**63)


def test_the_marks_of_very_many_are_read_at_once(drawn):
    drawing = drawn()
    keys = [f"{number:024x}" for number in range(1100)]
    starred = keys[:: len(keys) // 110]
    for key in (*starred, keys[499], keys[500], keys[-1]):
        replace(drawing, mark_key=key).star(3).tag("b", "a")
    marks = marks_of_each(iter(keys))
    assert list(marks) == keys
    wanted = {*starred, keys[499], keys[500], keys[-1]}
    assert {key for key in keys if marks[key] == Marks(3, ("a", "b"))} == wanted
    assert {marks[key] for key in keys if key not in wanted} == {Marks()}


def test_threads_and_processes_write_marks_at_once_and_lose_none(home, drawn):
    drawing = drawn(seed=1)
    code = (
        f"from drawscape.catalogue import find; d = find({drawing.recipe!r})\n"
        "import sys; [d.tag(f'{sys.argv[1]} {i}') for i in range(30)]"
    )
    children = [subprocess.Popen([sys.executable, "-c", code, str(n)]) for n in range(2)]
    with ThreadPoolExecutor(3) as pool:
        for n in range(3):
            pool.submit(lambda n=n: [drawing.tag(f"t{n} {i}") for i in range(30)])
    assert [child.wait(60) for child in children] == [0, 0]
    assert len(drawing.tags) == 150


def test_a_drawing_that_is_made_again_keeps_all_that_is_known_of_it(drawn):
    more = {"margin": 7, "sheet": "night", "parents": ["a" * 24]}
    first = drawn("truchet", seed=2, **more)
    assert (first.margin, first.sheet, first.parents) == (7, "night", ("a" * 24,))
    first.path.unlink()
    again = first.redraw()
    assert (again.recipe, again.digest) == (first.recipe, first.digest)
    for name in ("margin", "sheet", "parents", "parameters", "drawn_at"):
        assert getattr(again, name) == getattr(first, name), name

"""Stars, tags and notes: found, many at once, by several processes."""

import subprocess
import sys
import threading
from collections.abc import Callable

import pytest
from support import wait_until

from drawscape.catalogue import Drawing, drawings, find
from drawscape.catalogue.marks import Marks, add_tags, marks_of_each, set_mark
from drawscape.errors import (
    ParameterError,
)

Draw = Callable[..., Drawing]


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
    for stars in (6, -1, True, 2.5):
        with pytest.raises(ParameterError, match="0 to 5"):
            one.star(stars)
    with pytest.raises(ParameterError, match="tag"):
        one.tag(" ")


def test_marks_of_one_process_appear_in_another_at_once(home, drawn):
    drawing = drawn(seed=1)
    code = f"from drawscape.catalogue import find; find({drawing.recipe!r}).star(4).tag('hers')"
    subprocess.run([sys.executable, "-c", code], check=True)
    wait_until(lambda: (drawing.stars, drawing.tags) == (4, ("hers",)), 60, "her marks")


def test_the_marks_of_very_many_are_read_at_once(home):
    recipes = [f"{number:024x}" for number in range(1100)]
    starred = recipes[:: len(recipes) // 110]
    for recipe in (*starred, recipes[499], recipes[500], recipes[-1]):
        set_mark(recipe, "stars", 3)
        add_tags(recipe, ("b", "a"))
    marks = marks_of_each(iter(recipes))
    assert list(marks) == recipes
    wanted = {*starred, recipes[499], recipes[500], recipes[-1]}
    assert {recipe for recipe in recipes if marks[recipe] == Marks(3, ("a", "b"))} == wanted
    assert {marks[recipe] for recipe in recipes if recipe not in wanted} == {Marks()}


def test_threads_and_processes_write_marks_at_once_and_lose_none(home, drawn):
    drawing = drawn(seed=1)
    code = (
        f"from drawscape.catalogue import find; d = find({drawing.recipe!r})\n"
        "import sys; [d.tag(f'{sys.argv[1]} {i}') for i in range(30)]"
    )
    children = [subprocess.Popen([sys.executable, "-c", code, str(n)]) for n in range(3)]
    threads = [
        threading.Thread(target=lambda n=n: [drawing.tag(f"t{n} {i}") for i in range(30)])
        for n in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [child.wait(60) for child in children] == [0, 0, 0]
    assert len(drawing.tags) == 180

"""The sheet's size in mm follows paper and orientation."""

import ipywidgets as widgets
import pytest
from widget_tree import button

from drawscape.errors import UnknownNameError
from drawscape.notebook.page import PageControl
from drawscape.notebook.seed_control import SeedControl


def test_a_new_form_offers_a4_upright() -> None:
    assert PageControl().size == (210.0, 297.0)


def test_landscape_turns_the_sheet() -> None:
    assert PageControl("A5", "landscape").size == (210.0, 148.0)


def test_paper_may_be_a_size_of_ones_own() -> None:
    assert PageControl("120x80").size == (120.0, 80.0)


def test_an_unknown_paper_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="unknown paper 'A44'"):
        PageControl("A44")


@pytest.mark.parametrize("size", [(105.0, 148.0), (148.0, 105.0), (200.0, 200.0), (50.0, 333.0)])
def test_a_size_that_is_set_comes_back(size: tuple[float, float]) -> None:
    page = PageControl()
    page.set({"width": size[0], "height": size[1]})
    assert page.size == size


def test_custom_sides_show_only_for_custom_paper() -> None:
    page = PageControl()
    sides = page.rows[1]
    assert sides.layout.display == "none"
    page.set({"width": 123, "height": 45})
    assert sides.layout.display == ""


def test_the_dice_shows_another_seed_and_calls_observers() -> None:
    calls: list[str] = []
    seed = SeedControl(lambda: calls.append("die"))
    seed.value = 999_999
    seed.observe(lambda: calls.append("changed"))
    button(widgets.VBox(seed.rows), "Draw with another seed").click()
    assert calls == ["changed", "die"]
    assert 0 <= seed.value < 10_000

"""A sheet holds the drawings that were asked for, in the order that a person reads."""

from typing import Any

import numpy as np
import pytest

from drawscape.errors import ParameterError
from drawscape.notebook import Gallery
from drawscape.notebook.contact_sheets import (
    sampled,
    seed_matrix,
    value_matrix,
)
from drawscape.notebook.pictures import empty_sheet
from drawscape.parameters import Parameter


def test_one_cell_per_seed() -> None:
    sheet = seed_matrix(range(5), {"turns": 9}, columns=4)
    assert [cell.caption for cell in sheet.cells] == [f"seed {n}" for n in range(5)]
    assert sheet.cells[3].values == {"turns": 9, "seed": 3}
    assert sheet.columns == 4


def test_two_axes_make_a_table_with_the_second_across() -> None:
    sheet = value_matrix({"turns": [10, 20], "wobble": (0.1, 0.2, 0.3), "seed": 7})
    assert sheet.columns == 3
    assert [cell.caption for cell in sheet.cells[:4]] == [
        "turns 10, wobble 0.1",
        "turns 10, wobble 0.2",
        "turns 10, wobble 0.3",
        "turns 20, wobble 0.1",
    ]
    assert all(cell.values["seed"] == 7 for cell in sheet.cells)


def test_numpy_axes_become_plain_numbers() -> None:
    sheet = value_matrix({"wobble": np.linspace(0, 1, 3)})
    assert [type(cell.values["wobble"]) for cell in sheet.cells] == [float] * 3


def test_text_is_a_value_and_not_an_axis() -> None:
    sheet = value_matrix({"font": "futural", "seed": range(2)})
    assert [cell.values["font"] for cell in sheet.cells] == ["futural", "futural"]


@pytest.mark.parametrize(
    "choices", [{"turns": []}, {"turns": 5}, {"turns": range(100), "seed": range(100)}]
)
def test_an_empty_or_endless_sheet_is_refused(choices: dict[str, Any]) -> None:
    with pytest.raises(ParameterError):
        value_matrix(choices)


def test_a_gallery_is_a_table_of_images_without_markup_from_captions() -> None:
    html = Gallery([empty_sheet(10, 20), None], ["<b>1</b>", "2"], 2)._repr_html_()
    assert html.count('<img src="data:image/svg+xml;base64,') == 1
    assert "<b>" not in html
    assert "no picture<br>2" in html


def test_paired_axes_run_side_by_side() -> None:
    sheet = value_matrix({"turns": [5, 9, 13], "wobble": [0.1, 0.2, 0.3], "seed": 7}, paired=True)
    chosen = [
        (cell.values["turns"], cell.values["wobble"], cell.values["seed"]) for cell in sheet.cells
    ]
    assert chosen == [(5, 0.1, 7), (9, 0.2, 7), (13, 0.3, 7)]
    with pytest.raises(ParameterError, match="lists of one length"):
        value_matrix({"turns": [5, 9], "wobble": [0.1]}, paired=True)


def test_sobol_points_are_spread_over_all_axes_and_the_same_each_time() -> None:
    parameters = [Parameter("turns", "int", low=1, high=80)]
    axes = {"turns": (10, 50), "wobble": (0.0, 1.0), "paper": "x"}
    chosen = sampled(axes, 16, parameters)
    assert chosen == sampled(axes, 16, parameters)
    sheet = value_matrix(chosen, paired=True)
    turns = [cell.values["turns"] for cell in sheet.cells]
    wobble = [cell.values["wobble"] for cell in sheet.cells]
    assert all(isinstance(value, int) and 10 <= value <= 50 for value in turns)
    assert sorted(int(value * 16) for value in wobble) == list(range(16))  # one in each sixteenth


@pytest.mark.parametrize(
    ("axes", "count"), [({"a": (3, 1)}, 4), ({"a": 5}, 4), ({"a": (0, 1)}, 500)]
)
def test_a_sample_that_cannot_be_is_refused(axes: dict[str, Any], count: int) -> None:
    with pytest.raises(ParameterError):
        sampled(axes, count, [])

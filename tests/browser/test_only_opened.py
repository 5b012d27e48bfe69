"""A tutorial that is opened and not run shows its pictures, and no errors in the widgets' place."""

from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.nightly]


@pytest.mark.parametrize(
    ("name", "least"),
    [("01_first_drawing", 3), ("02_your_own_sketch", 3), ("03_many_drawings", 40)],
)
def test_a_tutorial_that_was_only_opened_shows_its_pictures(
    lab: Any, page: Any, name: str, least: int
) -> None:
    # A form's picture is kept too, where it came before the notebook had ended.
    count = (lab.folder / f"{name}.ipynb").read_text().count("<img ")
    assert count >= least
    lab.open(page, f"{name}.ipynb")
    images = page.locator(".jp-OutputArea img")
    page.wait_for_function(
        """count => {
            const images = [...document.querySelectorAll('.jp-OutputArea img')];
            return images.length === count && images.every(image => image.naturalWidth > 0);
        }""",
        arg=count,
    )
    assert all(source.startswith("data:image/") for source in sources(images))
    placeholders = page.get_by_text("run this cell to see it live")
    assert placeholders.count() >= 1
    assert page.get_by_text("Error displaying widget").count() == 0


def sources(images: Any) -> list[str]:
    result: list[str] = images.evaluate_all("images => images.map(image => image.src.slice(0, 40))")
    return result

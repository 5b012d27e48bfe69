"""A sheet queues one batch and fills with the files of its jobs."""

from pathlib import Path
from typing import Annotated

import pytest
from annotated_types import Interval
from support import wait_until
from widget_tree import all_of, button, part, picture

from drawscape.errors import ParameterError, UnknownNameError
from drawscape.job_manager import JobFailed, list_jobs
from drawscape.notebook import contact_sheet, variations
from drawscape.notebook.contact_sheets import ContactSheet, sheet_words

pytestmark = pytest.mark.usefixtures("consumer")


def plot(
    width: float,
    height: float,
    seed: int = 0,
    size: Annotated[int, Interval(ge=1, le=9)] = 1,
    fail_at: int = -1,
    gate: str = "",
) -> str:
    """One dot."""
    import time
    from pathlib import Path

    from drawscape.settings import output_path

    while gate and not Path(gate).exists():
        time.sleep(0.01)
    if seed == fail_at:
        raise ValueError("not this one")
    path = output_path(f"dot-{seed}-{size}.svg")
    path.write_text(f'<svg xmlns="http://www.w3.org/2000/svg"><!-- {seed} {size} {width} --></svg>')
    return str(path)


def await_words(sheet: ContactSheet, words: str) -> None:
    wait_until(lambda: sheet.status == words, 20, f"{words!r}, not {sheet.status!r}")


def test_each_tile_shows_the_file_of_its_job() -> None:
    sheet = contact_sheet(plot, range(4), paper="A6", size=3)
    gallery = sheet.wait(20)
    await_words(sheet, "4 of 4 drawn")
    paths = [Path(job.result) for job in sheet.batch.jobs]
    assert [path.name for path in paths] == [f"dot-{seed}-3.svg" for seed in range(4)]
    assert [picture(tile) for tile in all_of(sheet, "tile")] == [p.read_bytes() for p in paths]
    assert [p.data if p else b"" for p in gallery.pictures] == [p.read_bytes() for p in paths]
    assert [part(tile, "caption").value for tile in all_of(sheet, "tile")] == [
        f"seed {seed}" for seed in range(4)
    ]
    assert button(sheet, "Cancel").disabled


def test_variations_run_through_every_combination() -> None:
    sheet = variations(plot, seed=[1, 2], size=[4, 5, 6])
    sheet.wait(20)
    names = [Path(job.result).name for job in sheet.batch.jobs]
    assert names == [f"dot-{seed}-{size}.svg" for seed in (1, 2) for size in (4, 5, 6)]
    assert "repeat(3," in part(sheet, "grid").layout.grid_template_columns


def test_one_that_fails_leaves_the_others_standing() -> None:
    sheet = contact_sheet(plot, range(3), fail_at=1)
    with pytest.raises(JobFailed, match="1 of 3 jobs did not finish"):
        sheet.wait(20)
    await_words(sheet, "2 of 3 drawn, 1 failed")
    assert (
        "seed 1: failed: ValueError: not this one"
        in part(all_of(sheet, "tile")[1], "caption").value
    )


def test_cancel_ends_what_is_not_drawn_yet(tmp_path: Path) -> None:
    sheet = contact_sheet(plot, range(5), gate=str(tmp_path / "never"))
    wait_until(lambda: sheet.batch.counts["started"] == 1, 10, "the first to start")
    assert sheet.cancel() == 5
    await_words(sheet, "0 of 5 drawn, 1 stopped, 4 canceled")


def test_a_wrong_value_queues_nothing() -> None:
    before = len(list_jobs())
    with pytest.raises(ParameterError, match="size=99: must be at least 1 and at most 9"):
        variations(plot, size=[1, 99])
    with pytest.raises(UnknownNameError, match="did you mean 'size'"):
        variations(plot, sise=[1, 2])
    with pytest.raises(UnknownNameError, match="unknown paper"):
        contact_sheet(plot, paper="A44")
    assert len(list_jobs()) == before


def test_words_count_what_became_of_the_drawings() -> None:
    assert sheet_words(["finished", "queued", "not_found"]) == "1 of 3 drawn, 1 not found"

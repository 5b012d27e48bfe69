"""The sheet of all sketches."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from drawscape.cli.root import root
from drawscape.errors import UnknownNameError
from drawscape.sketches.overview import contact_sheet

NAMES = ("schotter", "gosper", "rose", "maze")


def test_every_sketch_stands_in_a_cell_of_its_own_with_its_name_below() -> None:
    seen: list[str] = []
    sheet = contact_sheet(NAMES, columns=3, cell_width=40, on_sketch=seen.append)
    assert tuple(seen) == NAMES
    x0, y0, x1, y1 = sheet.lines().bounds or (0, 0, 0, 0)
    assert x0 >= 0
    assert y0 >= 0
    assert x1 <= sheet.width
    assert y1 <= sheet.height
    assert (sheet.width, round(sheet.height)) == (140, 150)
    assert {"names", "families"} <= {pen.name for pen, _ in sheet.layers()}


def test_pens_shrink_with_the_pictures() -> None:
    sheet = contact_sheet(["schotter"], cell_width=21)
    widths = {pen.width for pen, _ in sheet.layers() if pen.name.startswith("#")}
    assert widths == {0.06}


def test_the_same_sheet_has_the_same_bytes() -> None:
    assert contact_sheet(NAMES[:2]).to_bytes() == contact_sheet(NAMES[:2]).to_bytes()


@pytest.mark.nightly
def test_the_command_writes_the_sheet_of_all_sketches_as_a_picture(tmp_path: Path) -> None:
    result = CliRunner().invoke(root, ["sketches", "--contact-sheet", str(tmp_path / "all.png")])
    assert result.exit_code == 0
    with Image.open(tmp_path / "all.png") as picture:
        assert 1200 < picture.width < 2000
        assert len(picture.convert("L").getcolors()) > 50


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(UnknownNameError):
        contact_sheet(["spirl"])

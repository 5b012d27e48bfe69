"""`drawscape draw`, `redraw` and `sketches`, as processes and in this one."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from drawscape import __version__
from drawscape.cli.root import main, root
from drawscape.errors import DrawscapeError
from drawscape.plot.export.svg import ordered_svg
from drawscape.recipe import read_provenance
from drawscape.sketches import SKETCHES, draw


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Run the command in an empty folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(root, arguments, catch_exceptions=False)

    return run


def test_draw_writes_the_file_that_draw_the_function_gives(command, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    result = command(
        "draw", "rose", "--width", "80", "--height", "90", "--seed", "3", "--raw", "-o", "r.svg"
    )
    assert (result.exit_code, result.stdout) == (0, "r.svg\n")
    assert (tmp_path / "r.svg").read_bytes() == draw("rose", 80, 90, seed=3).to_bytes()


def test_each_parameter_is_an_option_and_param_sets_it_too(command, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    command("draw", "maze", "--corridors", "9", "--no-solution", "-o", "a.svg")
    command("draw", "maze", "--param", "corridors=9", "--param", "solution=no", "-o", "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert (tmp_path / "a.svg").read_bytes() == ordered_svg(
        draw("maze", 210, 297, corridors=9, solution=False)
    )


def test_a_seed_beyond_the_numbers_of_a_float_is_kept_to_the_digit(command, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    command("draw", "rose", "--paper", "a6", "--seed", "9007199254740993", "-o", "r.svg")
    assert read_provenance((tmp_path / "r.svg").read_text()).seed == 2**53 + 1


def test_the_output_of_a_dash_is_the_drawing_alone(command) -> None:  # type: ignore[no-untyped-def]
    result = command("draw", "gosper", "--paper", "a6", "--landscape", "-o", "-")
    assert result.stdout_bytes == ordered_svg(draw("gosper", 148, 105))


def test_without_a_name_the_file_is_called_by_what_is_in_it(command) -> None:  # type: ignore[no-untyped-def]
    first = command("draw", "rose", "--opening", "0.6", "--paper", "a6")
    assert first.stdout == "rose-105x148-seed-0-opening-0.6.svg\n"
    assert Path(first.stdout.strip()).is_file()


def test_the_value_of_an_option_is_not_taken_for_the_pattern(command, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    command("draw", "-o", "spiral", "schotter", "--columns", "4")
    assert b"schotter" in (tmp_path / "spiral").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["spirl", "--turns", "9"], "unknown pattern 'spirl'; did you mean 'spiral'"),
        (["spiral", "--turns", "9000"], "turns='9000': must be at least 3 and at most 120"),
        (["spiral", "--turns", "many"], "turns='many': must be a whole number"),
        (["spiral", "--turn", "9"], "Did you mean '--turns'"),
        (["spiral", "--param", "turn=9"], "unknown parameter 'turn'; did you mean 'turns'"),
        (["spiral", "--param", "turns"], "write NAME=VALUE"),
        (["spiral", "rose"], "unexpected extra argument"),
        (["spiral", "--paper", "a44"], "unknown paper 'a44'; did you mean 'a4'"),
        (["spiral", "--width", "-3"], "width -3.0 must be"),
        (["spiral", "--margin", "200"], "margin"),
        (["spiral", "--seed", "-1"], "seed=-1: must be a whole number of at least 0"),
        ([], "Missing argument 'PATTERN'"),
    ],
)
def test_a_mistake_is_reported_in_words_with_exit_code_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(["draw", *arguments, "-o", "-"])
    reported = capsys.readouterr()
    assert leaving.value.code == 2
    assert message in reported.err
    assert reported.out == ""


def test_the_process_ends_with_that_exit_code_and_no_traceback() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "drawscape", "draw", "spirl"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("drawscape: unknown pattern 'spirl'; did you mean 'spiral'")


def test_a_file_that_cannot_be_written_is_exit_code_1(command) -> None:  # type: ignore[no-untyped-def]
    result = command("draw", "rose", "-o", "no/such/folder/x.svg")
    assert result.exit_code == 1
    assert "cannot write no/such/folder/x.svg: No such file or directory" in result.output


def test_the_ending_of_the_file_names_its_format(command, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    for ending, start in (("png", b"\x89PNG"), ("pdf", b"%PDF"), ("gcode", b"(105 x 148 mm)")):
        assert command("draw", "schotter", "--paper", "a6", "-o", f"s.{ending}").exit_code == 0
        assert (tmp_path / f"s.{ending}").read_bytes().startswith(start)
    with pytest.raises(DrawscapeError, match="no known ending"):
        command("draw", "schotter", "-o", "s.doc")


def test_help_for_a_pattern_shows_its_parameters(command) -> None:  # type: ignore[no-untyped-def]
    text = " ".join(command("draw", "penrose", "--help").output.split())
    for parameter in SKETCHES["penrose"].parameters:
        assert parameter.doc in text
    assert "--symmetric / --no-symmetric" in text


def test_redraw_gives_the_same_bytes_and_no_warning(command, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    command("draw", "hitomezashi", "--seed", "5", "--order", "waves", "-o", "h.svg")
    result = command("redraw", "h.svg")
    assert (result.exit_code, result.output) == (0, "h-redrawn.svg\n")
    assert (tmp_path / "h-redrawn.svg").read_bytes() == (tmp_path / "h.svg").read_bytes()


def _edited(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_redraw_says_what_has_changed_since(command, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "r.svg"
    command("draw", "schotter", "--paper", "a6", "-o", "r.svg")
    drawn = file.read_text()
    for name, reason in (
        ("code", "the sketch's code"),
        ("version", f"drawscape 0{__version__[0]}"),
        ("numpy", "numpy 0"),
    ):
        file.write_text(drawn)
        part = f"&quot;{name}&quot;:&quot;"
        _edited(file, part, f"{part}0")
        result = command("redraw", "r.svg", "-o", "again.svg")
        assert result.exit_code == 0
        assert "warning: same ink within 0.05 mm" in result.stderr
        assert reason in result.stderr
        checked = command("redraw", "--check", "r.svg")
        assert (checked.exit_code, reason in checked.stdout) == (0, True)


def test_redraw_says_when_a_file_was_edited_by_hand(command, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    command("draw", "hilbert", "--paper", "a6", "--raw", "-o", "r.svg")
    _edited(tmp_path / "r.svg", "<g ", "<g  ")
    result = command("redraw", "--check", "r.svg")
    assert (result.exit_code, "the file was edited" in result.stdout) == (0, True)
    _edited(tmp_path / "r.svg", "</g>", '<polyline points="5,5 50,60" /></g>')
    result = command("redraw", "--check", "r.svg")
    assert (result.exit_code, "differs" in result.stdout) == (1, True)
    assert not (tmp_path / "r-redrawn.svg").exists()


def test_redraw_refuses_a_foreign_file(command, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "f.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    with pytest.raises(DrawscapeError, match="does not say how it was drawn"):
        command("redraw", "f.svg")


def test_sketches_lists_every_pattern_by_family(command) -> None:  # type: ignore[no-untyped-def]
    lines = command("sketches").output.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == list(SKETCHES.families())
    assert {line.split()[0] for line in lines if line.startswith(" ")} == set(SKETCHES)


def test_sketches_with_a_name_lists_its_parameters(command) -> None:  # type: ignore[no-untyped-def]
    text = command("sketches", "l_system").output
    assert "Aristid Lindenmayer" in text
    for parameter in SKETCHES["l_system"].parameters:
        assert f"--{parameter.name}" in text


def test_drawing_a_spiral_loads_neither_scipy_nor_queue_nor_notebook(run_python) -> None:  # type: ignore[no-untyped-def]
    code = (
        "import sys; from drawscape.cli import main\n"
        "try: main(['draw', 'spiral', '--raw', '-o', '-'])\n"
        "finally: print(sorted({m.partition('.')[0] for m in sys.modules}), file=sys.stderr)"
    )
    loaded = run_python("-c", code).stderr.decode()
    for heavy in ("scipy", "shapely", "contourpy", "huey", "pebble", "ipywidgets", "rich", "PIL"):
        assert f"'{heavy}'" not in loaded

"""Files are read where a person names them, and none that is no drawing is replaced without --force."""

import json
import shlex

import pytest
from PIL import Image
from support import run

from drawscape.errors import ForbiddenPathError
from drawscape.job_manager import enqueue_background_job
from drawscape.settings import NamedFile, named_file, readable_path

PICTURE = ("squiggles", "--paper", "a6")
DATA = "workers.data_tasks.process_file"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder, outside of the home, with a picture, a table and a drawing."""
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "own" / "below").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "own")
    Image.linear_gradient("L").resize((30, 20)).save("me.png")
    for place in (".", "below", tmp_path / "home"):
        (tmp_path / "own" / place / "pens.csv").write_text(f"pen,place\nred,{place}\n")
    assert run("draw", "truchet", "-o", "spiral.svg").code == 0
    return tmp_path / "own"


@pytest.fixture
def home(folder):
    """The home of `folder`, for a worker."""
    return folder.parent / "home"


@pytest.mark.parametrize("named", ["below/../me.png", "{folder}/me.png"])
def test_draw_reads_a_picture_where_it_is_named_and_redraw_reads_it_again(folder, named):
    picture = named.format(folder=folder)
    done = run("draw", *PICTURE, "--picture", picture, "--margin", "20", "-o", "a.svg")
    assert done.code == 0, done.err
    assert run("redraw", "a.svg", "--check").out == "a.svg: same bytes\n"
    assert run("draw", *PICTURE, "--param", f"picture={picture}", "-o", "b.svg").code == 0
    Image.new("L", (30, 20)).save("me.png")
    done = run("redraw", "a.svg", "--check")
    assert "add its folder to DRAWSCAPE_DATA_DIRS" in done.err  # it is another picture now


def test_a_file_in_the_home_keeps_its_name_there(folder, home, monkeypatch):
    (home / "photos").mkdir()
    Image.linear_gradient("L").resize((30, 20)).save(home / "photos" / "me.png")
    monkeypatch.chdir(home / "photos")
    assert named_file("me.png") == "photos/me.png"
    assert not isinstance(named_file("me.png"), NamedFile)
    assert named_file("photos/me.png") == "photos/me.png"  # as before, by its place in the home
    assert run("draw", *PICTURE, "--picture", "me.png", "-o", "a.svg").code == 0
    assert run("draw", *PICTURE, "--picture", "photos/me.png", "-o", "b.svg").code == 0
    assert (home / "photos" / "a.svg").read_bytes() == (home / "photos" / "b.svg").read_bytes()


def test_plot_reads_an_svg_where_it_is_named(folder):
    assert run("plot", "below/../spiral.svg", "--to", "hpgl").code == 0
    assert (folder / "spiral-plot.hpgl").exists()


@pytest.mark.slow
def test_a_job_of_the_command_line_reads_its_table_where_it_is_named(folder, home, worker):
    for named, place in (("pens.csv", "."), ("below/pens.csv", "below")):
        done = run("enqueue", DATA, f"file_path={named}", "format=json", "--wait")
        assert done.code == 0, done.err
        assert json.loads((home / "output/data/pens.json").read_text())[0]["place"] == place
    listed = "file_list=" + json.dumps(["pens.csv", "below/pens.csv"])
    batch = ("workers.file_tasks.process_batch", listed, "operation=convert_to_json")
    assert "error': None" in run("enqueue", *batch, "--wait").out
    done = run("enqueue", "workers.svg_tasks.optimize_svg", "path=spiral.svg", "--wait")
    assert done.out.strip().endswith("output/optimized/spiral.svg")
    elsewhere = enqueue_background_job(DATA, str(folder / "pens.csv"), "json")
    with pytest.raises(RuntimeError, match="add its folder to DRAWSCAPE_DATA_DIRS"):
        elsewhere.wait(60)


def test_the_rule_of_folders_stays_for_all_that_no_person_has_named(folder, home):
    own = str(folder / "me.png")
    with pytest.raises(ForbiddenPathError, match="is outside of"):
        readable_path(own)
    assert readable_path(NamedFile(own)).samefile(own)
    key = home / ".drawscape" / "queue.key"
    key.parent.mkdir(exist_ok=True)
    key.touch()
    with pytest.raises(ForbiddenPathError, match="the queue's own"):
        readable_path(NamedFile(key))


WRITES = ("draw truchet -o {}", "redraw spiral.svg -o {}", "plot spiral.svg --to svg -o {}")


@pytest.mark.parametrize("command", WRITES)
def test_a_file_that_is_no_drawing_is_replaced_with_force_only(folder, command):
    (folder / "passwd").write_text("root:x:0:0:root\n")
    arguments = shlex.split(command.format("passwd"))
    done = run(*arguments)
    assert (done.code, "passwd exists and is not a drawing" in done.err) == (2, True)
    assert (folder / "passwd").read_text() == "root:x:0:0:root\n"
    assert run(*arguments, "--force").code == 0
    assert "<svg" in (folder / "passwd").read_text()
    assert run(*arguments).code == 0  # now it is a drawing
    (folder / "empty").touch()
    (folder / "old.svg").write_text("not yet a drawing")
    for name in ("empty", "old.svg"):
        assert run(*shlex.split(command.format(name))).code == 0


@pytest.mark.parametrize("format", ["svg", "png", "pdf", "gcode", "hpgl"])
def test_a_drawing_without_an_ending_is_known_by_how_it_begins(folder, format):
    for _ in range(2):
        assert run("plot", "spiral.svg", "--to", format, "-o", "drawing").code == 0


def test_several_sheets_replace_no_file_that_is_no_drawing(folder):
    (folder / "sheet-row1-column1").write_text("a letter")
    done = run("plot", "spiral.svg", "--tile", "a5", "--to", "svg", "-o", "sheet")
    assert (done.code, "is not a drawing" in done.err) == (2, True)
    assert (folder / "sheet-row1-column1").read_text() == "a letter"


def test_publish_of_a_folder_alone_takes_every_drawing(folder):
    from drawscape.tasks.drawing import generate_complex_svg

    assert "there is no such drawing" in run("drawings", "publish", "page").err
    for seed in (1, 2):
        generate_complex_svg(50, 50, "truchet", seed=seed)
    assert run("drawings", "publish", "page").code == 0
    assert len(list((folder / "page" / "drawings").glob("*.js"))) == 2

"""Sketches and tasks of a project of its own."""

import os
import sys
from pathlib import Path

import pytest
from support import python, run

from drawscape.errors import SketchFileError
from drawscape.job_manager import enqueue_background_job
from drawscape.queue.task import load
from drawscape.settings import LIBRARY_TASK_MODULES, TASK_ALIASES
from drawscape.sketches import SKETCHES, code_hash, draw
from drawscape.sketches.registry import load_file

TASK = "workers.svg_tasks.generate_complex_svg"
RINGS = """\
from typing import Annotated
from annotated_types import Interval

def rings(svg, rng, *, count: Annotated[int, Interval(ge=1, le=50)] = 5):
    '''Circles around one another.'''
    for number in range(count):
        svg.circle(svg.frame.cx, svg.frame.cy, (number + 1) * svg.frame.short / 2 / count)
"""


@pytest.fixture
def project(tmp_path, monkeypatch, search_home_from):
    """A project's root, the working directory of the test; nothing in the environment names it."""
    for name in [key for key in os.environ if key.startswith("DRAWSCAPE_")]:
        if name != "DRAWSCAPE_HOME":
            monkeypatch.delenv(name)
    folder = tmp_path / "studio"
    (folder / "workers").mkdir(parents=True)
    (folder / "sketches").mkdir()
    (folder / "drawscape.toml").touch()
    (folder / "sketches" / "rings.py").write_text(RINGS)
    search_home_from(folder)
    path = [*sys.path]
    yield folder
    sys.path[:] = path
    for name in [m for m in sys.modules if m.partition(".")[0] in ("sketches", "workers")]:
        del sys.modules[name]


@pytest.fixture
def home(project):
    """The project, whose worker the test may ask for."""
    return project


def test_a_file_in_the_folder_is_a_sketch_by_its_name(project):
    assert "rings" in SKETCHES
    assert "rings" in list(SKETCHES)
    assert SKETCHES.families()["yours"] == ["rings"]
    sketch = SKETCHES["rings"]
    assert (sketch.name, sketch.summary) == ("rings", "Circles around one another.")
    assert draw("rings", 50, 50, count=3).to_string().count("<circle") == 3


def test_two_projects_may_use_the_same_name(project, tmp_path, monkeypatch):
    first = SKETCHES["rings"].function
    (tmp_path / "other" / "sketches").mkdir(parents=True)
    (tmp_path / "other" / "sketches" / "rings.py").write_text("def rings(svg):\n    'Other.'\n")
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path / "other"))
    assert SKETCHES["rings"].summary == "Other."
    monkeypatch.delenv("DRAWSCAPE_HOME")
    assert SKETCHES["rings"].function.__code__ == first.__code__


def test_an_edit_counts_at_the_next_look_even_within_the_second(project):
    file = project / "sketches" / "rings.py"
    before = code_hash(SKETCHES["rings"].function)
    for text in ("Aaaa.", "Bbbb.", "Cccc."):  # the same size each
        file.write_text(f"def rings(svg):\n    '{text}'\n")
        assert SKETCHES["rings"].summary == text
    assert code_hash(SKETCHES["rings"].function) != before


def test_the_name_may_be_the_files_alone(project):
    (project / "sketches" / "lines.py").write_text(
        "from drawscape.sketches import sketch\n"
        "def _helper(svg):\n    pass\n"
        "def scaled(number):\n    return number\n"
        "@sketch(name='other')\n"
        "def whatever(svg, rng):\n    'Lines.'\n"
    )
    assert SKETCHES["lines"].summary == "Lines."
    assert "other" not in SKETCHES  # the files are the list


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def rings(svg):\n  1 +\n", r"rings\.py does not import: SyntaxError: .*line 2"),
        ("import nothing\n", r"does not import: ModuleNotFoundError: .*\(rings.py, line 1"),
        ("SIZE = 3\n", r"no sketch; define rings\(svg, rng, ...\) in it \(there is no function"),
        ("def one(svg): pass\ndef two(svg): pass\n", r"functions there: one, two"),
        ("def rings(width): pass\n", r"functions there: rings"),
    ],
)
def test_a_file_without_a_sketch_says_what_is_wrong(project, text, message):
    file = project / "sketches" / "rings.py"
    file.write_text(text)
    with pytest.raises(SketchFileError, match=message):
        SKETCHES["rings"]
    file.write_text(RINGS)
    assert SKETCHES["rings"].summary == "Circles around one another."


def test_a_sketch_of_the_library_is_not_hidden(project):
    (project / "sketches" / "spiral.py").write_text("def spiral(svg):\n    'Mine.'\n")
    for _ in range(2):  # the second time it is in memory
        with pytest.warns(UserWarning, match=r"spiral.py is not: give it another name"):
            assert SKETCHES["spiral"].summary != "Mine."
    assert SKETCHES.family_of("spiral") == "curves"
    mine = load_file(project / "sketches" / "spiral.py")
    assert mine.summary == "Mine."
    assert not SKETCHES.finds(mine)  # by its name a worker would draw the other


@pytest.mark.slow
def test_the_worker_draws_it_by_name_and_sees_an_edit(project, worker):
    page = {"width": 50, "height": 50, "pattern_type": "rings", "output_filename": "r.svg"}
    path = Path(enqueue_background_job(TASK, **page, count=4).wait(60))
    assert path.read_text().count("<circle") == 4
    (project / "sketches" / "rings.py").write_text(RINGS.replace("svg.circle", "2 * svg.circel"))
    with pytest.raises(RuntimeError, match="circel"):
        enqueue_background_job(TASK, **page).wait(60)
    (project / "sketches" / "rings.py").write_text(RINGS.replace("count", "number_of"))
    enqueue_background_job(TASK, **page, number_of=2).wait(60)
    assert path.read_text().count("<circle") == 2
    (project / "sketches" / "rings.py").write_text("import nothing_of_the_kind\n")
    with pytest.raises(RuntimeError, match=r"rings.py does not import: ModuleNotFoundError"):
        enqueue_background_job(TASK, **page).wait(60)


def test_a_form_sends_its_name_and_not_its_code(project):
    from drawscape.notebook.draw_target import PATTERN_TASK, target_of

    for drawable in ("rings", SKETCHES["rings"], SKETCHES["rings"].function):
        target = target_of(drawable)
        assert (target.task, target.arguments({})) == (PATTERN_TASK, {"pattern_type": "rings"})
        assert [p.name for p in target.parameters] == ["count"]


def test_the_command_draws_and_lists_it(project):
    assert run("draw", "rings", "--count", "3", "--raw", "-o", "r.svg").code == 0
    assert (project / "r.svg").read_text().count("<circle") == 3
    assert "rings" in run("sketches").out
    assert "--count" in run("sketches", "rings").out
    assert run("redraw", "r.svg", "-o", "again.svg").err == ""
    assert (project / "again.svg").read_bytes() == (project / "r.svg").read_bytes()


def test_the_command_draws_a_file_wherever_it_lies(project, tmp_path):
    for place in ("elsewhere", "sketches"):
        folder = tmp_path / place
        folder.mkdir()
        dots = RINGS.replace("rings", "dots")
        (folder / "random.py").write_text(f"from _size import SIZE\n{dots}")
        (folder / "_size.py").write_text("SIZE = 1\n")
    (tmp_path / "sketches" / "random.py").write_text(RINGS)
    for place in ("elsewhere", "sketches"):
        file = tmp_path / place / "random.py"
        done = run("draw", str(file), "--count", "2", "--raw", "-o", "r.svg")
        assert done.code == 0, done.err
        assert (project / "r.svg").read_text().count("<circle") == 2
    assert "--count" in run("draw", str(file), "--help").out
    assert "--count" in run("sketches", str(file)).out
    missing = run("draw", "nowhere/rings.py")
    assert (missing.code, missing.err) == (2, "drawscape: file nowhere/rings.py does not exist\n")


def test_a_broken_file_does_not_spoil_the_list(project):
    (project / "sketches" / "broken.py").write_text("def broken(svg:\n")
    done = run("sketches")
    assert done.code == 0
    assert "Circles around one another." in done.out
    assert "broken.py does not import: SyntaxError" in done.out
    done = run("draw", "broken")
    assert done.code == 2
    assert done.err.startswith("drawscape: ")
    assert "Traceback" not in done.err


@pytest.mark.parametrize(("regular", "module"), [(True, "svg_tasks"), (False, "card_tasks")])
@pytest.mark.slow
def test_own_tasks_stand_beside_the_librarys(project, module, regular, worker):
    if regular:
        (project / "workers" / "__init__.py").touch()
    file = project / "workers" / f"{module}.py"
    file.write_text("from workers._paper import SIZE\ndef card(name):\n    return name, SIZE\n")
    (project / "workers" / "_paper.py").write_text("SIZE = 'A6'\n")
    own = enqueue_background_job(f"workers.{module}.card", "Ada")
    theirs = enqueue_background_job(TASK, width=50, height=50, output_filename="s.svg")
    assert own.wait(60) == ("Ada", "A6")
    assert theirs.wait(60) == str(project / "output" / "s.svg")

    file.write_text("def card(name, greeting):\n    return greeting + name\n")
    edited = enqueue_background_job(f"workers.{module}.card", "Ada", greeting="Hi ")
    assert edited.wait(60) == "Hi Ada"


@pytest.mark.slow
def test_every_name_of_the_contract_is_known_without_any_workers_package(tmp_path):
    code = (
        "import sys; sys.modules['workers'] = None  # Python's own way to say that there is none\n"
        "from drawscape.queue.task import load\n"
        "from drawscape.settings import *\n"
        "for path in TASK_ALIASES: print(load(path, LIBRARY_TASK_MODULES).__module__)\n"
    )
    done = python("-c", code, cwd=tmp_path)
    assert len(done.stdout.split()) == len(TASK_ALIASES)


OWN = {
    "a function": "def generate_complex_svg():\n    return 'hers'\n",
    "with options": "from drawscape.job_manager import job\n"
    "@job(job_timeout='2m')\ndef generate_complex_svg():\n    return 'hers'\n",
    "another name": "def _mine():\n    return 'hers'\ngenerate_complex_svg = _mine\n",
    "an import": "from workers._mine import generate_complex_svg\n",
}


@pytest.mark.parametrize("text", OWN.values(), ids=OWN)
@pytest.mark.parametrize("package", [False, True])
def test_a_task_of_the_project_wins_name_by_name(project, text, package):
    folder = project / "workers" / "svg_tasks" if package else project / "workers"
    folder.mkdir(exist_ok=True)
    (project / "workers" / "_mine.py").write_text(OWN["a function"])
    file = folder / ("__init__.py" if package else "svg_tasks.py")
    file.write_text(text)
    assert load(TASK, LIBRARY_TASK_MODULES, project)() == "hers"
    other = load("workers.svg_tasks.generate_postcard_svg", LIBRARY_TASK_MODULES, project)
    assert other.__module__ == "drawscape.tasks.sheets"
    file.write_text("# generate_complex_svg is gone\nfrom drawscape.tasks.drawing import *\n")
    assert load(TASK, LIBRARY_TASK_MODULES, project).__module__ == "drawscape.tasks.drawing"


def test_a_task_of_the_project_that_does_not_import_is_not_replaced_by_the_librarys(project):
    file = project / "workers" / "svg_tasks.py"
    file.write_text("def generate_complex_svg():\n    return (\n")
    with pytest.raises(SyntaxError):
        load(TASK, LIBRARY_TASK_MODULES, project)


def test_a_worker_says_what_is_wrong_with_the_projects_huey(project):
    (project / "workers" / "__init__.py").write_text("from nowhere import huey\n")
    failed = python("-m", "drawscape", "worker", "--burst", cwd=project, code=1)
    assert failed.stderr.endswith(
        "workers/__init__.py cannot be imported: ModuleNotFoundError: No module named 'nowhere'\n"
    )


def test_a_form_draws_with_the_librarys_task_all_the_same(project, worker):
    (project / "workers" / "svg_tasks.py").write_text(OWN["a function"])
    from drawscape.notebook import form

    assert form("rings").draw().wait(60).endswith(".svg")


@pytest.mark.slow
def test_a_huey_of_the_projects_own_is_the_one_that_runs(project, start_workers):
    (project / "workers" / "__init__.py").write_text(
        "from drawscape import settings\n"
        "from drawscape.queue.huey import JobHuey\n"
        "huey = JobHuey('background', filename=settings.queue_target(), home=settings.home())\n"
        "@huey.on_startup()\n"
        "def begun():\n    (settings.home() / 'begun').touch()\n"
    )
    start_workers()
    assert Path(enqueue_background_job(TASK, width=50, height=50).wait(60)).exists()
    assert (project / "begun").exists()

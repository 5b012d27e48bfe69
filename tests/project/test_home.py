"""Where a project is, and how it begins."""

import os
import sys
from pathlib import Path

import pytest
from support import python, run, with_root

from drawscape import settings
from drawscape.errors import SettingsError


@pytest.fixture
def here(tmp_path, monkeypatch, search_home_from):
    """An empty repository, its `src/` the working directory."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "repository" / "src").mkdir(parents=True)
    search_home_from(tmp_path / "repository" / "src")
    return tmp_path / "repository"


def test_a_strangers_workers_package_is_no_project(here, tmp_path):
    (here / "workers").mkdir()
    (here / "workers" / "__init__.py").write_text("raise RuntimeError('not yours to import')\n")
    (here / "pyproject.toml").write_text("[tool.celery]\n")
    assert settings.home() == tmp_path / "data" / "drawscape"


def test_the_working_folder_is_the_home_of_a_program_with_tasks(here, tmp_path):
    tasks = here / "src" / "workers"
    tasks.mkdir()
    assert settings.home() == tmp_path / "data" / "drawscape"
    (tasks / "card_tasks.py").write_text("def draw_card(name):\n    return f'for {name}'\n")
    assert settings.home() == here / "src"
    (here / "src").chmod(0o1777)  # all users may put tasks there
    assert settings.home() == tmp_path / "data" / "drawscape"
    (here / "drawscape.toml").touch()
    assert settings.home() == here


def test_the_worker_of_a_program_without_a_project_runs_its_tasks(tmp_path):
    (tmp_path / "workers").mkdir()
    own = "def generate_complex_svg(width, height):\n    return f'mine, {width} x {height}'\n"
    (tmp_path / "workers" / "svg_tasks.py").write_text(own)
    told = {"DRAWSCAPE_HOME": "", "XDG_DATA_HOME": str(tmp_path / "data")}
    asked = "workers.svg_tasks.generate_complex_svg"
    code = (
        "from drawscape.job_manager import enqueue_background_job, start_worker\n"
        f"job = enqueue_background_job('{asked}', 210, 297)\n"
        "with start_worker(1):\n    print(job.wait(60))"
    )
    done = python("-c", code, cwd=tmp_path, env={**os.environ, **told})
    assert done.stdout.strip() == "mine, 210 x 297"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("drawscape.toml", ""),
        ("pyproject.toml", "[tool.drawscape]\n"),
        ("pyproject.toml", "[project]\nname = 'x'\n[tool.drawscape]\ntask-modules = ['cards']\n"),
        (".drawscape/queue.db", ""),
    ],
)
def test_a_project_and_an_old_home_are_found_from_below(here, file, text):
    (here / file).parent.mkdir(exist_ok=True)
    (here / file).write_text(text)
    assert settings.home() == here


def test_a_relative_home_stays_when_the_working_folder_changes(here, tmp_path, monkeypatch):
    monkeypatch.setenv("DRAWSCAPE_HOME", "studio")
    assert settings.home() == Path.cwd() / "studio"
    named = settings.home()
    monkeypatch.chdir(tmp_path)
    assert settings.home() == named


@pytest.mark.parametrize("file", ["drawscape.toml", ".drawscape/queue.db"])
def test_a_project_in_a_folder_of_all_users_is_not_found_from_below(here, file, tmp_path):
    (here / file).parent.mkdir(exist_ok=True)
    (here / file).write_text("[[")  # not even read
    here.chmod(0o1777)
    assert settings.home() == tmp_path / "data" / "drawscape"


def test_the_root_is_not_everybodys_home(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("from drawscape.settings import home; print(home())")
    (tmp_path / "root").mkdir()
    asked = [sys.executable, str(script)]
    told = {"DRAWSCAPE_HOME": "", "XDG_DATA_HOME": "/data"}
    assert (
        with_root(tmp_path / "root", "mkdir .drawscape", *asked, **told).stdout
        == "/data/drawscape\n"
    )


def test_the_nearest_project_counts(here):
    (here / "drawscape.toml").touch()
    (here / "src" / "pyproject.toml").write_text("[tool.drawscape]\n")
    assert settings.home() == here / "src"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("task-modules = 'cards'", "task-modules = 'cards'; give a list of strings"),
        ("task_modules = ['cards']", "unknown setting 'task_modules'; known: task-modules"),
        ("task-modules = [", r"drawscape\.toml: "),
    ],
)
def test_a_mistake_in_ones_own_settings_is_named(here, text, message):
    (here / "drawscape.toml").write_text(text)
    with pytest.raises(SettingsError, match=message):
        settings.home()


def test_settings_are_read_again_when_the_file_changes(here):
    (here / "drawscape.toml").write_text("task-modules = ['cards']")
    assert "cards" in settings.task_modules()
    (here / "drawscape.toml").write_text("task-modules = ['postcards', 'workers']")
    assert settings.task_modules() == ("drawscape.tasks", "workers", "postcards")


def test_tasks_may_read_the_folders_that_the_project_names(here, tmp_path):
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / "a.csv").write_text("a\n1\n")
    (here / "drawscape.toml").write_text("data-dirs = ['../scans']")
    assert settings.readable_path("../scans/a.csv") == tmp_path / "scans" / "a.csv"


ROOT = Path(__file__).parents[2]


@pytest.fixture
def drawscape(monkeypatch, search_home_from):
    """Run the command in a folder, with nothing in the environment that names a home."""
    for name in [name for name in os.environ if name.startswith("DRAWSCAPE_")]:
        monkeypatch.delenv(name)

    def in_folder(folder, *arguments):
        search_home_from(folder)
        return run(*arguments)

    return in_folder


@pytest.fixture
def studio(drawscape, tmp_path):
    """A new project."""
    done = drawscape(tmp_path, "new", "studio")
    assert done.code == 0, done.err
    return tmp_path / "studio"


def test_a_new_project_is_a_home_with_something_of_each_kind(studio):
    assert settings.is_project(studio)
    assert {f.relative_to(studio).as_posix() for f in studio.rglob("*") if f.is_file()} == {
        *(".gitignore", "README.md", "drawscape.toml", "requirements.txt"),
        *("notebooks/01_ripples.ipynb", "sketches/ripples.py", "workers/card_tasks.py"),
    }
    assert (studio / "README.md").read_text().startswith("# studio\n")


def test_a_shell_takes_what_it_says_to_do_next(drawscape, tmp_path):
    made = drawscape(tmp_path, "new", "late spring")
    assert "Next: cd 'late spring', then" in made.out
    refused = drawscape(tmp_path / "late spring", "worker", "--lanes", "")
    assert (refused.code, "job_lane='': use 1 to 64 of" in refused.err) == (2, True)


def test_its_sketch_draws_with_every_option_at_its_ends(drawscape, studio):
    for arguments in (
        ["--rings", "3", "--drops", "1", "--push", "0"],
        ["--rings", "120", "--drops", "12", "--push", "1"],
    ):
        done = drawscape(studio, "draw", "ripples", *arguments, "--raw", "-o", "r.svg")
        assert done.code == 0, done.err
        assert (studio / "r.svg").read_text().count("<polyline") == int(arguments[1])


def test_the_files_of_a_folder_are_never_written_over(drawscape, studio):
    (studio / "sketches" / "ripples.py").write_text("mine")
    done = drawscape(studio.parent, "new", "studio")
    assert done.code == 2
    assert "studio is not empty; choose a new folder" in done.err
    assert drawscape(studio, "new", ".", "--tutorials").code == 0
    assert (studio / "sketches" / "ripples.py").read_text() == "mine"


def test_a_job_outside_of_a_project_says_where_it_is_queued(drawscape, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    task = ("enqueue", "workers.svg_tasks.generate_complex_svg", "width=9", "height=9")
    done = drawscape(tmp_path, *task)
    assert done.code == 0
    assert (
        done.err
        == f"queued in {tmp_path}/data/drawscape, because this folder is not in a project\n"
    )
    assert drawscape(tmp_path, "new", "studio").code == 0
    assert drawscape(tmp_path / "studio", *task).err == ""


@pytest.mark.parametrize("init", [True, False])
@pytest.mark.parametrize("clone", [True, False])
def test_a_notebook_of_the_project_imports_its_workers(studio, clone, init):
    # An installed clone, as here, has a `workers` on the path; an installed package has none.
    if init:
        (studio / "workers" / "__init__.py").touch()
    code = (
        "import os, sys, drawscape\n"
        "others = [path for path in sys.path if os.path.exists(f'{path}/workers/svg_tasks.py')]\n"
        f"sys.path = [path for path in sys.path if {clone} or path not in others]\n"
        "from workers.card_tasks import draw_card; print(bool(others), draw_card.__module__)\n"
        f"if {clone} and not {init}: import workers.svg_tasks"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DRAWSCAPE_")}
    done = python("-c", code, cwd=studio / "notebooks", env=environment)
    assert done.stdout == "True workers.card_tasks\n"


def test_tutorials_go_into_a_project_old_or_new_and_stay_as_they_are(drawscape, studio):
    done = drawscape(studio, "new", ".", "--tutorials")
    assert (done.code, "Next: cd" in done.out) == (0, False), done.err
    folder = studio / "notebooks" / "tutorials"
    originals = sorted(f.name for f in (ROOT / "notebooks").glob("*.ipynb"))
    assert sorted(f.name for f in folder.iterdir()) == originals
    (folder / originals[0]).write_text("edited")
    drawscape(studio, "new", ".", "--tutorials")
    assert (folder / originals[0]).read_text() == "edited"
    second = studio.parent / "second"
    (second / ".git").mkdir(parents=True)  # a new repository becomes a project
    assert drawscape(second, "new", ".", "--tutorials").code == 0
    assert (second / "sketches" / "ripples.py").exists()

"""A project's `workers/` adds to the library's tasks and never hides them."""

import subprocess
import sys
from pathlib import Path

import pytest
from command import run

from drawscape.errors import TaskNotFoundError
from drawscape.job_manager import enqueue_background_job, start_worker
from drawscape.queue.task import load
from drawscape.settings import LIBRARY_TASK_MODULES, TASK_ALIASES

SPIRAL = "workers.svg_tasks.generate_complex_svg"


@pytest.fixture
def worker(project):
    worker = start_worker(1)
    yield
    worker.stop()


@pytest.mark.parametrize(("regular", "module"), [(True, "svg_tasks"), (False, "card_tasks")])
@pytest.mark.slow
def test_own_tasks_stand_beside_the_librarys(project, module, regular, worker):
    if regular:
        (project / "workers" / "__init__.py").touch()
    file = project / "workers" / f"{module}.py"
    file.write_text("from workers._paper import SIZE\ndef card(name):\n    return name, SIZE\n")
    (project / "workers" / "_paper.py").write_text("SIZE = 'A6'\n")
    own = enqueue_background_job(f"workers.{module}.card", "Ada")
    theirs = enqueue_background_job(SPIRAL, width=50, height=50, output_filename="s.svg")
    assert own.wait(60) == ("Ada", "A6")
    assert theirs.wait(60) == str(project / "output" / "s.svg")

    file.write_text("def card(name, greeting):\n    return greeting + name\n")
    assert (
        enqueue_background_job(f"workers.{module}.card", "Ada", greeting="Hi ").wait(60) == "Hi Ada"
    )


@pytest.mark.slow
def test_every_name_of_the_contract_is_known_without_any_workers_package(tmp_path):
    code = (
        "import sys; sys.modules['workers'] = None  # Python's own way to say that there is none\n"
        "from drawscape.queue.task import load\n"
        "from drawscape.settings import *\n"
        "for path in TASK_ALIASES: print(load(path, LIBRARY_TASK_MODULES).__module__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) == len(TASK_ALIASES)


def test_a_task_with_the_name_of_one_of_the_librarys_is_named_and_not_run(project):
    file = project / "workers" / "svg_tasks.py"
    file.write_text("def generate_complex_svg():\n    return 'mine'\n")
    with pytest.warns(UserWarning, match=r"svg_tasks.py defines 'generate_complex_svg' too"):
        function = load(SPIRAL, LIBRARY_TASK_MODULES, project)
    assert function.__module__ == "drawscape.tasks.drawing"


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("workers.svg_tasks.generate_complx_svg", "did you mean 'generate_complex_svg'"),
        ("workers.svg_taks.generate_complex_svg", f"did you mean '{SPIRAL}'"),
        ("workers.card_tasks.crad", "did you mean 'card'"),
        ("workers.nothing.card", "no module 'workers.nothing'"),
    ],
)
def test_a_misspelt_task_is_answered_with_the_nearest(project, path, hint):
    (project / "workers" / "card_tasks.py").write_text("def card():\n    pass\n")
    with pytest.raises(TaskNotFoundError, match=hint):
        enqueue_background_job(path)


@pytest.mark.slow
def test_a_package_of_tasks_named_in_the_project_file_needs_no_variable(project, worker):
    (project / "drawscape.toml").write_text("task-modules = ['cards']")
    (project / "cards").mkdir()
    (project / "cards" / "post.py").write_text("def stamp():\n    return 'stamped'\n")
    code = (
        "from drawscape.job_manager import *; print(enqueue_background_job('cards.post.stamp').id)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True
    )
    job_id = done.stdout.strip()
    from drawscape.job_manager import get_job

    # The worker was started before the project named the package.
    assert get_job(job_id).wait(60) == "stamped"


@pytest.mark.slow
def test_a_huey_of_the_projects_own_is_the_one_that_runs(project):
    (project / "workers" / "__init__.py").write_text(
        "from drawscape import settings\n"
        "from drawscape.queue.huey import JobHuey\n"
        "huey = JobHuey('background', filename=settings.queue_file(), home=settings.home())\n"
        "@huey.on_startup()\n"
        "def begun():\n    (settings.home() / 'begun').touch()\n"
    )
    worker = start_worker(1)
    try:
        assert Path(enqueue_background_job(SPIRAL, width=50, height=50).wait(60)).exists()
        assert (project / "begun").exists()
    finally:
        worker.stop()


@pytest.mark.parametrize("path", ["nope.huey", "nope", "drawscape.tasks.hui"])
def test_a_huey_that_is_not_there_is_a_sentence(project, path):
    done = run("worker", "--huey", path)
    assert done.code == 2
    assert path in done.err
    assert "drawscape.tasks.huey" in done.err

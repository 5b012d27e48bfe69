"""Which folder is the home: a project says so, a stranger's repository never becomes one by accident."""

import pytest

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

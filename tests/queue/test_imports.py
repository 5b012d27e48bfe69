"""What an import may load: a caller of jobs pays for jobs alone."""

import subprocess
import sys

import pytest

HEAVY = (
    "numpy",
    "scipy",
    "shapely",
    "ipywidgets",
    "IPython",
    "huey",
    "cloudpickle",
    "asyncio",
    "rich",
    "logging",
    "subprocess",
)


def loaded_by(statement):
    script = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["drawscape", "drawscape.job_manager", "drawscape.errors"])
def test_a_light_import_stays_light(module):
    assert not loaded_by(f"import {module}") & set(HEAVY)


def test_the_task_packages_huey_is_made_when_asked_for():
    assert "huey" not in loaded_by("import workers")
    assert "huey" in loaded_by("import workers; workers.huey")


def test_the_command_loads_only_what_its_subcommand_needs():
    loaded = loaded_by("from drawscape.cli import main")
    assert not loaded & {"numpy", "scipy", "rich", "flask", "huey"}

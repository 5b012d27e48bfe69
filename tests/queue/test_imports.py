"""What an import may load: a caller of jobs pays for jobs alone."""

import ast
import re
from pathlib import Path

import pytest
from support import python

import drawscape

PACKAGES = sorted(Path(drawscape.__file__).parent.glob("queue/**/__init__.py"))

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
    done = python("-c", script)
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


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.parent.name)
def test_what_a_package_says_of_its_modules_is_there(package):
    words = ast.get_docstring(ast.parse(package.read_text())) or ""
    for name in re.findall(r"\b[a-z_]+\.py\b", words):
        assert (package.parent / name).exists(), f"{package}: {name}"
